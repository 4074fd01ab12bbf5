"""What promtool says of the rules, of their cases and of the metrics: `python -m tests.observability.promtool`.

promtool comes with Prometheus (Debian package `prometheus`); .ci/run calls this where it can be had.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.observability.cases import CASES, Case
from tests.observability.exposition import calibration, gateway
from tests.observability.rules import ALERTS, SPEC

RULES = "rules.yaml"


def unit_test(case: Case) -> dict[str, Any]:
    """One case in promtool's words."""
    rule, expected = ALERTS[case.alert], []
    if case.summary:
        annotations = {"summary": case.summary, "runbook": rule["annotations"]["runbook"]}
        expected = [{"exp_labels": case.labels | rule["labels"], "exp_annotations": annotations}]
    return {
        "interval": f"{case.step}m",
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
        "alert_rule_test": [{"eval_time": f"{case.minute}m", "alertname": case.alert, "exp_alerts": expected}],
    }


def ran(arguments: Sequence[str], given: str | None = None, folder: str | None = None) -> bool:
    """Whether promtool is content; what it says is shown."""
    print("promtool", *arguments, flush=True)
    done = subprocess.run(
        ["promtool", *arguments],
        check=False,
        input=given,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(done.stdout, flush=True)
    return done.returncode == 0


def checked(spec: dict[str, Any] = SPEC, cases: Sequence[Case] = CASES) -> bool:
    """Whether every case comes out as it says under these rules."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, RULES).write_text(yaml.safe_dump(spec))
        files = []
        for step in sorted({case.step for case in cases}):
            tests = [unit_test(case) for case in cases if case.step == step]
            # In no order, alerts come before their recordings now and then, and a step of 30 minutes finds none.
            order = [group["name"] for group in spec["groups"]]
            plan = {"rule_files": [RULES], "evaluation_interval": f"{step}m", "group_eval_order": order, "tests": tests}
            files.append(f"cases_{step}.yaml")
            Path(folder, files[-1]).write_text(yaml.safe_dump(plan))
        return all([ran(["check", "rules", RULES], folder=folder), ran(["test", "rules", *files], folder=folder)])


def main() -> int:
    """0 when promtool is content with rules, cases and metrics."""
    return int(not all([checked(), *(ran(["check", "metrics"], text) for text in (calibration(), gateway()))]))


if __name__ == "__main__":
    sys.exit(main())
