"""What an LLM-only effect is worth by the record of past studies: intervals over tasks and over studies."""

from __future__ import annotations

from service.calibration.card import Card

CARDS = (
    Card(
        name="conformal",
        title="Conformal interval over tasks",
        formula=(
            "the new LLM effect's interval, moved by the k-th smallest lower and k-th largest upper limit of the gaps "
            "human - LLM of past studies, k = floor((T + 1) a3/2)"
        ),
        assumptions=("the new study is exchangeable with the past ones", "known standard errors"),
        limits=(
            "needs 28 past studies at level .90 and 57 at .95, and is conservative",
            "a record of chosen studies breaks it, unseen",
        ),
        sources=("Tan & Zrnic, arXiv 2606.13629", "Lee, Barber & Willett, arXiv 2306.06342"),
    ),
    Card(
        name="random_effects",
        title="Random-effects prediction of a human effect",
        formula=(
            "REML meta-regression of human on LLM effects with known sampling covariances and LLM errors, "
            "Hartung-Knapp standard errors, the variance between studies averaged over its restricted likelihood"
        ),
        assumptions=(
            "exchangeable studies with normal effects about a straight line in the LLM effects",
            "known sampling covariances",
        ),
        limits=(
            "with fewer than 10 studies the variance between them is hardly known",
            "beyond the range of past LLM effects the line is extrapolated",
        ),
        sources=(
            "Partlett & Riley (2017), Statistics in Medicine 36:301-317",
            "Burzykowski & Buyse (2006), Pharmaceutical Statistics 5:173-186",
        ),
    ),
    Card(
        name="correlation",
        title="Correlation of human and LLM effects over studies",
        formula="Pearson's; of the true effects, by REML of their covariance; about zero, free of orientation",
        assumptions=("corrected: normal effects, known sampling covariances",),
        limits=("raw and corrected depend on which arm of each contrast counts as treatment",),
        sources=("Hewitt, Ashokkumar, Ghezae & Willer, 70 survey experiments",),
    ),
)
