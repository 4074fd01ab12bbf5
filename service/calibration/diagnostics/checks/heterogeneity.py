"""Heterogeneity: whether the LLM errs alike for all subgroups; errors that cancel in the whole do not in its parts.

Name: bias and PPI correlation by subgroup; Welch's test of equal biases.
Formula: bias_g = mean of f - y over a subgroup's pairs. Of everyone: Q and I^2 of the biases with Welch's p-value (see
``heterogeneity``), the largest |bias_g|, and Q of atanh r_g with weights n_g - 3. Of a subgroup: bias and r with
intervals, and the test that its bias is that of the other subgroups together (Welch).
Shapes: one entry per outcome, model and arm of everyone, and one per subgroup with ``min_cell`` pairs.
Units: those of the outcome.
Assumes: independent units or clusters that do not span subgroups. Breaks: nothing is seen inside subgroups.
Raises: nothing.
Source: Welch (1951), Biometrika 38:330-336; Cochran (1954), Biometrics 10:101-129.
Differs: the bias of everyone is no fault: calibration removes it; that it differs is what this check looks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atanh, inf

from service.calibration.card import Card
from service.calibration.diagnostics.check import Check, Settings
from service.calibration.diagnostics.correlation import correlation, vary
from service.calibration.diagnostics.finding import Alarm, Entry, Measure, Place, Verdict, not_testable
from service.calibration.diagnostics.means import Mean, combined, mean
from service.calibration.diagnostics.study import Pairs, Study, View, cells
from service.calibration.heterogeneity import differences

NEAR_ONE = 1.0 - 1e-9
FEWEST = 4
CARD = Card(
    name="heterogeneity",
    title="Heterogeneity of the LLM's errors between subgroups",
    formula="bias and PPI correlation by subgroup; Welch's test of equal biases; each subgroup against the others",
    assumptions=("independent units or clusters that do not span subgroups",),
    limits=("sees the subgroups that are sent, nothing inside them", "needs pairs in every subgroup"),
    sources=("Welch (1951), Biometrika 38:330-336", "Cochran (1954), Biometrics 10:101-129"),
)
SEND = "send subgroup with the data, and pairs of human and LLM answers in at least two of them"
APART = "calibrate inside subgroups (subgroup, or subgroups as strata), and read no LLM-only comparison of them"
FINE = "one calibration may serve all these subgroups"


def run(study: Study, settings: Settings) -> list[Entry]:
    """The entries of every outcome, model and arm: of everyone, then of every subgroup."""
    found = []
    for whole in study.whole:
        parts = [v for v in study.views if v.subgroup is not None and v.outcome == whole.outcome]
        for model, arm in cells(whole):
            found += _entries(whole, parts, model, arm, settings)
    return found


def _entries(whole: View, parts: Sequence[View], model: str, arm: int, settings: Settings) -> list[Entry]:
    name = whole.arms[arm]
    place = Place(whole.outcome, model, name)
    there = [v for v in parts if name in v.arms]
    gaps = {v: mean(p.f - p.y, p.cluster) for v in there if (p := _pairs(v, model, name, settings)) is not None}
    biases = {v: gap for v, gap in gaps.items() if gap is not None and gap.error > 0.0}
    if len(biases) < 2:
        return [not_testable(place, "fewer than two subgroups have enough pairs whose errors vary", SEND)]
    found = [_of_everyone(place, biases, model, settings)]
    return found + [_of_subgroup(v, biases, model, name, settings) for v in biases]


def _pairs(view: View, model: str, arm: str, settings: Settings) -> Pairs | None:
    pairs = view.pairs(model, view.arms.index(arm))
    return pairs if pairs is not None and pairs.n >= max(FEWEST, settings.min_cell) else None


def _of_everyone(place: Place, biases: dict[View, Mean], model: str, settings: Settings) -> Entry:
    means = list(biases.values())
    test = differences([m.value for m in means], [m.error for m in means], [m.df for m in means])
    worst = max(biases, key=lambda v: abs(biases[v].value))
    assert place.arm is not None
    measures = [
        Measure("bias_q", test.q, None, test.p_value),
        Measure("bias_i_squared", test.i_squared),
        Measure("largest_subgroup_bias", biases[worst].value),
        *_correlations(biases, model, place.arm, settings),
    ]
    size = biases[worst].value
    text = f"the LLM's bias differs between subgroups; it is largest in {worst.subgroup!r} ({size:.3g})"
    quiet = "the LLM's bias is the same in all subgroups, as far as this many units can tell"
    return Entry(
        place,
        Verdict("pass", quiet, FINE),
        tuple(measures),
        (Alarm("bias_q", test.p_value, Verdict("warn", text, APART)),),
    )


def _correlations(biases: dict[View, Mean], model: str, arm: str, settings: Settings) -> list[Measure]:
    """Q of the correlations of all subgroups, on Fisher's scale."""
    found = {v: m for v in biases if (m := _correlation(v, model, arm, settings)) is not None}
    known = {v: m for v, m in found.items() if abs(m.value) < NEAR_ONE}
    if len(known) < 2:
        return []
    sizes = [(p.n - 3.0) ** -0.5 for v in known if (p := v.pairs(model, v.arms.index(arm))) is not None]
    test = differences([atanh(m.value) for m in known.values()], sizes, [inf] * len(sizes))
    return [Measure("correlation_q", test.q, None, test.p_value)]


def _correlation(view: View, model: str, arm: str, settings: Settings) -> Measure | None:
    index = view.arms.index(arm)
    joint = view.joint(model, index)
    if joint is None or not vary(joint):
        return None
    return correlation(view.pairs(model, index), joint, settings.confidence_level)


def _of_subgroup(view: View, biases: dict[View, Mean], model: str, arm: str, settings: Settings) -> Entry:
    """One subgroup, against the mean of the biases of the others by their numbers of pairs."""
    own = biases[view]
    others = [(n, biases[v]) for v in biases if v is not view and (n := _size(v, model, arm))]
    total = sum(n for n, _ in others)
    gap = combined([(1.0, own), *((-n / total, m) for n, m in others)])
    r = _correlation(view, model, arm, settings)
    measures = [
        Measure("bias", own.value, own.interval(settings.confidence_level), own.p_value),
        Measure("bias_against_others", gap.value, gap.interval(settings.confidence_level), gap.p_value),
        *([] if r is None else [r]),
    ]
    text = f"the LLM's bias in this subgroup is {gap.value:+.3g} from that in the others"
    quiet = "the LLM's bias in this subgroup is that in the others, as far as this many units can tell"
    return Entry(
        Place(view.outcome, model, arm, view.subgroup),
        Verdict("pass", quiet, FINE),
        tuple(measures),
        (Alarm("bias_against_others", gap.p_value, Verdict("warn", text, APART)),),
    )


def _size(view: View, model: str, arm: str) -> int:
    pairs = view.pairs(model, view.arms.index(arm))
    return 0 if pairs is None else pairs.n


CHECK = Check(CARD, run, needs_pairs=True)
