"""The paragraph for a methods section, written from one screening's numbers and nothing else.

Shapes: text. Units: none. Assumes: nothing. Breaks: nothing. Raises: nothing.
Source: the procedures it names. Differs: in nothing.
"""

from __future__ import annotations

from service.calibration.screenings.answer import Applied, Screened

PROCEDURES = {
    "benjamini_hochberg": "the weighted Benjamini-Hochberg procedure (Genovese, Roeder & Wasserman 2006), controlling "
    "the false discovery rate",
    "holm": "the weighted Holm procedure, controlling the familywise error rate",
}


def paragraph(screened: Screened) -> str:
    """A paragraph with how many hypotheses were weighted, tested and rejected, by what, and what it assumes."""
    applied, judged = screened.applied, screened.hypotheses
    run = [one for one in judged if one.p_value is not None]
    found = sum(bool(one.rejected) for one in run)
    opening = (
        f"Of {_many(len(judged), 'hypothesis', 'hypotheses')}, {len(run)} had human results and {found} "
        f"{'was' if found == 1 else 'were'} rejected by {PROCEDURES[applied.multiplicity]} at {applied.error_rate:g}."
    )
    sentences = [
        opening,
        _weighted(applied),
        f"By the LLM evidence alone, {screened.expected_discoveries:.3g} discoveries were to be expected.",
        f"Assumed: {', '.join(a.name.replace('_', ' ') for a in screened.assumptions)}.",
    ]
    if screened.next:
        sentences.append(
            f"{_many(len(screened.next), 'hypothesis', 'hypotheses')} proposed for human testing next "
            f"({screened.next[0].n_human} humans each); that choice is exploratory."
        )
    return " ".join(sentences)


def _weighted(applied: Applied) -> str:
    calibration = applied.calibration
    how = (
        "fixed from LLM effects alone, before any human result,"
        if applied.folds is None
        else f"learned in {applied.folds} folds, each from LLM effects and the human results of the other folds,"
    )
    return (
        f"Weights (mean 1, least {applied.least_weight:g}) were {how} taking human effects to be "
        f"{calibration.intercept:.4g} + {calibration.slope:.4g} times the LLM effect, with standard deviation "
        f"{calibration.residual_sd:.4g}."
    )


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
