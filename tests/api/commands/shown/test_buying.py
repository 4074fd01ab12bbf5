from __future__ import annotations

import io

from service.api.commands.shown.buying import bought
from service.api.commands.terminal import show

GROUP = {"arm": None, "human": True, "models": ["a", "b"], "n": 12, "unit_cost": 5.5}
DESIGN = {
    "groups": [GROUP, GROUP | {"human": False, "models": [], "arm": "x"}],
    "n_human": 12,
    "n_llm_only": 24,
    "sampling_ratio": 2.0,
    "cost": 99.0,
    "standard_error": 0.1,
    "interval_width": 0.4,
    "effective_sample_size": 30.0,
    "mde": 0.3,
}


def text(design) -> str:
    out = io.StringIO()
    show(list(bought(design)), out)
    return out.getvalue()


def test_groups_and_figures_are_shown_where_they_apply():
    whole = text(DESIGN | {"power": 0.8, "draws_per_persona": 3})
    assert "   12   human + a + b   -            5.500" in whole
    assert "   12   -               x" in whole
    assert "power                       0.8000" in whole
    assert "draws per persona           3" in whole
    short = text(DESIGN | {"power": None, "draws_per_persona": 1})
    assert "power" not in short
    assert "draws" not in short
