"""Make the demonstration study that `rectifier demo` posts: a two-arm survey experiment with digital twins.

Truth, stated before any estimate: trust on a 1-7 scale rises by 0.5 scale points on average under treatment (before
rounding to the scale). The LLM tracks people (correlation about .6 with their answers) but exaggerates the effect
(about 1.1 points instead of 0.5). 60 humans per arm answered; 600 further personas, drawn from the same population,
were asked of the LLM only, under both conditions.

Run: python examples/make_demo.py   (writes service/api/example.json)
"""

import json
from pathlib import Path

import numpy as np

EFFECT, LLM_EFFECT = 0.5, 1.1
N_PER_ARM, N_LLM_ONLY = 60, 600


def main() -> None:
    rng = np.random.default_rng(20261121)
    total = 2 * N_PER_ARM + N_LLM_ONLY
    person = rng.normal(size=total)
    outcome = [3.6 + effect + 0.95 * person + rng.normal(0, 0.85, total) for effect in (0.0, EFFECT)]
    llm = [3.9 + effect + 0.6 * person + rng.normal(0, 0.35, total) for effect in (0.0, LLM_EFFECT)]
    scale = [np.clip(np.rint(y), 1, 7) for y in outcome]
    assigned = rng.permutation(np.repeat([0, 1], N_PER_ARM))
    names = ("control", "treatment")
    arm = [names[d] for d in assigned] + [None] * N_LLM_ONLY
    trust = [int(scale[d][i]) for i, d in enumerate(assigned)] + [None] * N_LLM_ONLY
    request = {
        "plan": {
            "control": "control",
            "identification": "exchangeability",
            "costs": {"human": 5.0, "llm": 0.02, "budget": 1000},
        },
        "data": {
            "layout": "table",
            "prediction_design": "shared",
            "arm": arm,
            "outcomes": {"trust": trust},
            "predictions": [
                {"model": "llm", "arm": name, "values": [round(float(v), 2) for v in values]}
                for name, values in zip(names, llm, strict=True)
            ],
        },
    }
    path = Path(__file__).parents[1] / "service" / "api" / "example.json"
    path.write_text(json.dumps(request, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
