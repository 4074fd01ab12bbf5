"""What an answer says of its transport: balance of every source, tipping of every estimate, doubts about the weights.

Shapes: one balance per arm and per pool with LLM-only units. Units: none.
Raises: nothing. Source: see ``balance`` and ``tipping``.
Differs: the balance is that of the first outcome's units, who differ between outcomes only where answers are missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.calibration import pools
from service.calibration.answer import Balance, Tipping, Transport
from service.calibration.effects import Analysis
from service.calibration.errors import Warned
from service.calibration.sample import Sample, Units
from service.calibration.transport.balance import Source, balance, joined
from service.calibration.transport.tipping import tipping_gamma
from service.calibration.transport.weighting import method

POOR = 0.5  # overlap below which half of the target's weight is on units that stand for too few
HEAVY = 0.1  # share of an arm's weight on one human


def transport(sent: Sample, made: Sample, analyses: Sequence[Analysis]) -> tuple[Transport | None, list[Warned]]:
    """Transport of a sample as sent and as weighted, and warnings; None without a target."""
    margins = sent.margins
    if margins is None:
        return None, []
    arms = [_source(s, m) for s, m in zip(sent.human, made.human, strict=True)]
    only = [None if m is None else _source(s, m) for s, m in zip(sent.llm_only, made.llm_only, strict=True)]
    people = tuple(balance(margins, source, name) for name, source in zip(sent.arms, arms, strict=True))
    named = (None,) if sent.shared else sent.arms
    found = Transport(
        method=method(margins),
        humans=balance(margins, joined(arms), None),
        arms=people,
        llm_only=tuple(balance(margins, s, name) for name, s in zip(named, only, strict=True) if s is not None),
        tipping=tuple(t for analysis in analyses for t in _tipping(analysis)),
        n_target=None if margins.rows is None else int(margins.rows.shape[1]),
    )
    return found, [w for b, place in zip(people, sent.pointers, strict=True) for w in _doubts(b, place)]


def _source(sent: object, made: object) -> Source:
    assert isinstance(sent, Units)
    assert isinstance(made, Units)
    assert sent.x is not None
    return Source(sent.x, pools.weight(sent), pools.weight(made))


def _tipping(analysis: Analysis) -> list[Tipping]:
    """Every estimate's tipping point; one per estimate of the analysis."""
    resolved, null = analysis.resolved, analysis.resolved.settings.null_value or 0.0
    return [
        Tipping(e.name, e.outcome, e.component, tipping_gamma(fit, resolved.cells(c.weights), e.result.estimate - null))
        for e, fit, c in zip(analysis.estimates, analysis.fits, resolved.contrasts, strict=True)
    ]


def _doubts(of: Balance, place: str) -> list[Warned]:
    found = []
    if of.overlap < POOR:
        text = f"the humans of arm {of.name!r} overlap with the target by {of.overlap:.2g} only: few of them count"
        found.append(Warned("poor_overlap", text, place))
    if of.largest_share > max(HEAVY, 3.0 / of.n):
        text = (
            f"one human of arm {of.name!r} carries {of.largest_share:.2g} of the arm's weight; weights are not trimmed"
        )
        found.append(Warned("extreme_weight", text, place))
    return found
