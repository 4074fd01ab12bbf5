"""The command line and a running service: the same bytes for the same request, in every form of the answer."""

from __future__ import annotations

import shlex
import shutil

import pytest

from service import cli
from tests.acceptance.talk import post
from tests.shape.sources import ROOT

TWINS = "twins.csv --outcome trust --arm arm --prediction g@control=llm_control --prediction g@treatment=llm_treatment"
ASKED = {
    "/v1/calibrations": f"calibrate {TWINS} --compare --costs human=5,llm=0.02",
    "/v1/diagnostics": f"diagnose {TWINS} --check leakage --seed 3",
    "/v1/designs": f"design {TWINS} --costs human=5,llm=0.02 --standard-error 0.1",
    "/v1/track-records": "track-record record.csv",
    "/v1/screenings": "screen hypotheses.csv --seed 1",
}
RECORD = (
    "name,human,human_se,llm,llm_se\ns1,0.1,0.05,0.31,0.01\ns2,0.2,0.06,0.3,0.01\ns3,0,0.1,0.1,0.01\nB,,,0.25,0.01\n"
)
HYPOTHESES = "name,llm,llm_se,human,human_se,p_value\nh1,0.5,0.02,,,0.004\nh2,0.3,0.02,0.2,0.14,\nh3,-0.4,0.02,,,\n"


@pytest.fixture
def rectifier(tmp_path, monkeypatch, capfdbinary):
    """The command, run in a folder with files of its own."""
    shutil.copy(ROOT / "service/api/workbench/twins.csv", tmp_path)
    (tmp_path / "record.csv").write_text(RECORD)
    (tmp_path / "hypotheses.csv").write_text(HYPOTHESES)
    monkeypatch.chdir(tmp_path)

    def run(command: str) -> bytes:
        assert cli.main(shlex.split(command)) == 0
        said = capfdbinary.readouterr()
        assert said.err == b""
        return said.out

    return run


@pytest.mark.parametrize(("path", "command"), ASKED.items())
def test_the_answer_is_a_running_services_byte_for_byte(server, rectifier, path, command):
    request = rectifier(f"{command} --request")
    assert post(server, request, path).body == rectifier(f"{command} --json")
    if path != "/v1/track-records":
        assert post(server, request, path, Accept="text/csv").body == rectifier(f"{command} --csv")


def test_reports_and_figures_are_the_services(server, rectifier, tmp_path):
    request = rectifier(f"{ASKED['/v1/designs']} --request")
    rectifier(f"{ASKED['/v1/designs']} --json --report r.html --figure f.svg")
    for name, media_type in (("r.html", "text/html"), ("f.svg", "image/svg+xml")):
        assert post(server, request, "/v1/designs", Accept=media_type).body == (tmp_path / name).read_bytes()
