from __future__ import annotations

import re
import subprocess

import pytest

from tests.shape.sources import ROOT


def run_steps(script: str) -> subprocess.CompletedProcess[str]:
    lines = f"set -euo pipefail; . .ci/steps\n{script}\nreport"
    return subprocess.run(["bash", "-c", lines], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


SCRIPTS = ["run", "steps", "container", "kubernetes", "kubernetes-cluster"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_is_bash(script):
    subprocess.run(["bash", "-n", ROOT / ".ci" / script], check=True, timeout=30)


def swallowed(lines: list[str]) -> list[str]:
    """Checks that nobody hears fail: under set -e the false left side of && does not end a script."""
    checks = [line.strip() for line in lines if re.match(r"\s*(\[|test |! )", line)]
    return [line for line in checks if "&&" in line and "||" not in line]


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_check_of_a_script_is_swallowed(script):
    assert swallowed((ROOT / ".ci" / script).read_text().splitlines()) == []


def test_a_swallowed_check_is_seen():
    assert swallowed(["  [ a = b ] && [ c = d ]", "[ a = b ]", "[ a ] && b || exit 1"]) == ["[ a = b ] && [ c = d ]"]


def test_a_failing_command_inside_a_step_fails_the_run_and_the_rest_still_runs():
    done = run_steps("broken() { false; echo never; }; step one broken; step two echo here")
    assert done.returncode == 1
    assert re.search(r"FAILED +one \(exit 1\)", done.stdout)
    assert re.search(r"passed +two", done.stdout)
    assert "never" not in done.stdout


def test_good_steps_pass_and_the_tests_are_summed_up_at_the_end():
    done = run_steps("step test echo '12 passed in 3.40s'")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "12 passed in 3.40s"


def test_what_could_not_run_is_said_and_is_not_passed():
    done = run_steps("unable() { echo 'no tool'; exit 75; }; step image unable; leave_out more 'not asked'")
    assert done.returncode == 0
    assert re.search(r"NOT RUN +image: no tool\nNOT RUN +more: not asked", done.stdout)
    assert not re.search(r"passed +image", done.stdout)


def test_steps_in_the_background_count_like_all_others():
    lane = "lane() { step one true; step two false; step three exit 75; leave_out four 'no tool'; }"
    done = run_steps(f"{lane}; beside lane; step zero echo here; together")
    assert done.returncode == 1
    kinds = [line.split()[0:2] for line in done.stdout.partition("==> result")[2].splitlines()[1:]]
    assert kinds == [["passed", "zero"], ["passed", "one"], ["NOT", "RUN"], ["NOT", "RUN"], ["FAILED", "two"]]
    assert "==> two" in done.stdout


def test_steps_in_the_background_that_break_off_fail_the_run():
    done = run_steps("lane() { step one true; exit 3; }; beside lane; together")
    assert done.returncode == 1
    assert "FAILED   steps in the background (exit 3)" in done.stdout
