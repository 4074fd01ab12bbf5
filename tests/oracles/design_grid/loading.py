from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from service.calibration.designs.assumed import Assumed, assumed_basis
from service.calibration.designs.groups import Costs
from service.calibration.designs.joint import Basis

CASES = json.loads((Path(__file__).parent / "expected.json").read_text())["cases"]
BUDGETS = [case for case in CASES if "budget" in case]
TARGETS = [case for case in CASES if "effective_n_target" in case]


def basis(case: dict[str, float]) -> Basis:
    return assumed_basis(Assumed(("llm",), np.ones(1), np.array([[case["ppi_corr"]]]), np.ones((1, 1))))


def costs(case: dict[str, float]) -> Costs:
    return Costs(case["cost_Y"] + case["cost_X"], (case["cost_Yhat"],), case["cost_X"])
