"""What option probabilities and repeated draws are worth in effective humans, through gateway and calibration.

python -m benchmarks.elicited [studies]. People answer a five-point item as the embedded LLM would with a temper of
their own: one draw from its distribution for their persona and arm, under another seed. 40 humans per arm, 300
personas, both arms predicted; the effective number of humans of the calibrated difference (`auto`,
exchangeability), mean over studies with its Monte Carlo error. Human-only is 80.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from statistics import fmean, stdev

import msgspec

from service.api.wire import calibration
from service.gateway.app import create_gateway
from service.gateway.routes.generations import _prompts, _run
from service.gateway.settings import Settings
from service.gateway.wire.generation import GenerationRequest, to_study
from service.gateway.wire.records import CellRecord, EndRecord

HUMANS, PERSONAS = 80, 300
SCALE = ("Not at all", "A little", "Somewhat", "Mostly", "Completely")
ASKED = (
    ("option probabilities (decision)", {"method": "decision"}),
    ("1 draw", {"method": "sample"}),
    ("5 draws", {"method": "sample", "replicates": 5}),
    ("20 draws", {"method": "sample", "replicates": 20}),
)


def request(number: int, elicitation: dict[str, object], seed: int) -> dict[str, object]:
    """The study: its people differ from one study to the next."""
    arms = ("control", "treatment")
    people = [
        {"unit_id": f"u{k}", "attributes": {"who": f"{number}.{k}"}}
        | ({"human": True, "arm": arms[k % 2]} if k < HUMANS else {})
        for k in range(HUMANS + PERSONAS)
    ]
    options = [{"code": code, "label": label} for code, label in enumerate(SCALE, 1)]
    return {
        "personas": people,
        "arms": [{"name": "control", "text": "A plain notice."}, {"name": "treatment", "text": "A warm letter."}],
        "items": [{"name": "trust", "type": "likert", "text": "Do you trust the sender?", "options": options}],
        "models": [{"name": "simulated"}],
        "elicitation": elicitation,
        "template": {"system": "You are person {who}.", "user": "{arm}\n{item}"},
        "seed": seed,
        "output": "calibration",
    }


async def generated(body: dict[str, object]) -> tuple[list[CellRecord], EndRecord]:
    """The cells and the end of a run."""
    gateway = create_gateway(Settings(cache="off"), write_log=None)
    study = to_study(msgspec.convert(body, GenerationRequest))
    prompts = _prompts(study, gateway.desk, {"headers": []})  # type: ignore[arg-type,typeddict-item]
    run = _run(prompts, gateway.desk, {})
    cells: list[CellRecord] = []
    async with aclosing(run.records()) as records:
        async for record in records:
            if isinstance(record, CellRecord):
                cells.append(record)
            elif isinstance(record, EndRecord):
                return cells, record
    raise AssertionError("a run ends with its end")


async def worth(number: int, elicitation: dict[str, object]) -> float:
    """Effective humans of one study."""
    people, _ = await generated(request(number, {"method": "sample"}, seed=10_000 + number))
    _, end = await generated(request(number, elicitation, seed=number))
    data = msgspec.to_builtins(end.data)
    said = {(cell.unit_id, cell.arm): cell.value for cell in people}
    for row, (unit, arm) in enumerate(zip(data["unit"], data["arm"], strict=True)):
        if arm is not None:
            data["outcomes"]["trust"][row] = said[unit, arm]
    plan = {"control": "control", "identification": "exchangeability"}
    job = calibration.to_core(msgspec.convert({"plan": plan, "data": data}, calibration.CalibrationRequest))
    return float(msgspec.json.decode(calibration.run(job))["summary"]["effective_sample_size"])


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    print("| asked for | LLM answers per unit and arm | effective humans |\n|---|---|---|")
    for words, elicitation in ASKED:
        found = [asyncio.run(worth(number, elicitation)) for number in range(studies)]
        error = stdev(found) / studies**0.5
        print(f"| {words} | {elicitation.get('replicates', 1)} | {fmean(found):.0f} (error {error:.0f}) |", flush=True)


if __name__ == "__main__":
    main()
