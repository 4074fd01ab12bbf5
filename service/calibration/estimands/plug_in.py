"""Named plug-in statistics: any of a closed list, one file of ``plug_in`` each.

Formula: each statistic's own, see ``GET /v1/methods`` under statistics; calibrated through influence values.
Shapes: one estimate per arm, or per arm but the first where arms are compared; component null.
Units: each statistic's own. Assumes: as its card says. Breaks: as its card says.
Raises: ``too_few_arms``, ``with_required``, ``not_binary`` and what ``linearised`` raises.
Source: Zrnic 2405.18379 (plug-in statistics); Kluger et al. 2501.18577 (predict-then-debias).
Differs: influence values in place of the bootstrap, so that weights, clusters and small samples are corrected for.
"""

from __future__ import annotations

from service.calibration.card import Card
from service.calibration.plug_in import STATISTICS as NAMED

CARD = Card(
    name="plug_in",
    title="A named statistic of the outcome",
    formula=f"statistic: {', '.join(NAMED)}; each calibrated through its influence values",
    assumptions=("humans are a random sample of the population", "as the statistic's own card says"),
    limits=("as the statistic's own card says",),
    sources=("Zrnic 2405.18379", "Kluger, Lu, Zrnic, Wang & Bates 2501.18577"),
)
STATISTICS = NAMED
