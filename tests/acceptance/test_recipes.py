"""examples/recipes beyond what docs/recipes.md shows: keys, refusals, odd files, gaps in what platforms export."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import Server, ready
from tests.acceptance.recipes import KEY, RECIPES, http, keyed_service, recipe, run
from tests.acceptance.test_studies import post
from tests.clients.answering import Reply, answering

POSTING = ("from_otree otree.csv predictions.csv", "from_edsl edsl.csv people.csv", "prolific study.csv")


def rows(file: str) -> list[dict[str, str]]:
    with (RECIPES / file).open(newline="", encoding="utf-8-sig") as opened:
        return list(csv.DictReader(opened))


def predictions() -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in rows("predictions.csv")}


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with keyed_service(tmp_path_factory.mktemp("keys")) as running:
        yield running


def test_the_files_are_those_that_the_program_makes(tmp_path: Path) -> None:
    recipe("make_data").main(tmp_path)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert made == {name: (RECIPES / name).read_bytes() for name in made}
    assert {file.name for file in RECIPES.glob("*.csv")} == set(made)


def test_a_task_of_qualtrics_stays_within_its_limits(server: Server) -> None:
    """10,000 people and as many personas: far below 10 seconds and 1 MB; the paths are flat; again is the same."""
    ready(server)
    units = 20_000
    values = [3 + math.sin(k) for k in range(units)]
    arm = [("control", "treatment")[k % 2] if k < units // 2 else None for k in range(units)]
    columns = [
        {"arm": name, "values": [round(v + d, 3) for v in values]} for d, name in enumerate(("control", "treatment"))
    ]
    trust = [round(v + math.cos(7 * k), 3) if k < units // 2 else None for k, v in enumerate(values)]
    data = {
        "layout": "table",
        "prediction_design": "shared",
        "arm": arm,
        "outcomes": {"y": trust},
        "predictions": columns,
    }
    took = []
    for _ in range(2):
        begun = time.monotonic()
        first = post(server, "/v1/calibrations", {"plan": {"identification": "exchangeability"}, "data": data})
        took.append(time.monotonic() - begun)
    assert max(took) < 10
    assert min(took) < 5
    assert len(json.dumps(first)) < 100_000
    qualtrics = recipe("qualtrics")
    found = {field: qualtrics.at(path, first) for field, path in qualtrics.FIELDS.items()}
    assert all(isinstance(value, str | float) for value in found.values()), found
    assert post(server, "/v1/calibrations", {"plan": {"identification": "exchangeability"}, "data": data}) == first


def test_otree_leaves_out_who_was_not_asked() -> None:
    export = rows("otree.csv")
    left = [row["participant.label"] for row in export if row["trust.1.player.trust"] == ""]
    assert left == ["p900", "p901"]
    robot = export[0] | {"participant.label": "x100", "participant._is_bot": "1"}
    demo = export[0] | {"participant.label": "x101", "session.is_demo": "1"}
    away = export[0] | {"participant.label": "x102", "trust.1.player.trust": ""}
    data = recipe("from_otree").table([*export, robot, demo, away], predictions())
    assert sum(arm is not None for arm in data["arm"]) == 60
    assert len(data["arm"]) == 299  # x102 began the study: neither a human answer nor a persona
    assert data["outcomes"]["trust"].count(None) == 239
    with pytest.raises(SystemExit, match="no prediction for the participants p999"):
        recipe("from_otree").table([export[0] | {"participant.label": "p999"}], predictions())
    for label in ("", export[1]["participant.label"]):
        with pytest.raises(SystemExit, match="without a label, or with the same one"):
            recipe("from_otree").table([export[0] | {"participant.label": label}, *export[1:]], predictions())


def test_edsl_dictionaries_draws_and_gaps() -> None:
    edsl = recipe("from_edsl")
    person = {"traits": {}, "edsl_class_name": "Agent"}
    results = {
        "data": [
            {"agent": person | {"name": name}, "scenario": {"condition": arm}, "model": {"model": "m"}}
            | {"iteration": draw, "answer": {"trust": told}}
            for name, told in (("a", 4), ("b", None))
            for arm in ("control", "treatment")
            for draw in (0, 1)
        ]
    }
    data = edsl.table(edsl.rows_of(results), {"a": {"arm": "control", "trust": "5"}})
    assert [(c["arm"], c["draw"], c["values"]) for c in data["predictions"]] == [
        (arm, draw, [4.0, None]) for arm in ("control", "treatment") for draw in (0, 1)
    ]
    assert (data["arm"], data["outcomes"]) == (["control", None], {"trust": [5.0, None]})
    with pytest.raises(SystemExit, match="a answered twice as"):
        edsl.table([*edsl.rows_of(results), *edsl.rows_of(results)], {})
    with pytest.raises(SystemExit, match="no agent is named c"):
        edsl.table(edsl.rows_of(results), {"c": {"arm": "control", "trust": "5"}})
    assert [edsl.number(value) for value in (math.nan, "nan", "", None, "2.5")] == [None] * 4 + [2.5]


def test_llmr_replies_that_are_no_number(tmp_path: Path, server: Server) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    text = (RECIPES / "llmr.csv").read_text()
    told = re.compile(r"(?m)^(gpt,(\w+),(p00[02]),1,openai,gpt-4o,0,)([\d.]+)(?=,TRUE)")
    said = {("control", "p002"): "I would say 5", ("treatment", "p000"): " 5 "}
    spoiled = told.sub(lambda found: found[1] + said.get((found[2], found[3]), found[4]), text)
    assert all(words in spoiled for words in said.values())
    (tmp_path / "llmr.csv").write_text(spoiled)
    command = ("Rscript", str(RECIPES / "from_llmr.R"), str(tmp_path / "llmr.csv"), str(RECIPES / "people.csv"))
    done = run(*command, RECTIFIER_URL=http(server))
    assert done.stdout.splitlines()[:2] == [
        "gpt as control: 296 of 300 answered",
        "gpt as treatment: 299 of 300 answered",
    ]


def test_llmr_ids_that_look_like_numbers(tmp_path: Path, server: Server) -> None:
    """People 000 to 059 among personas x060 to x299 are found; who was never asked is told."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    for name in ("llmr.csv", "people.csv"):
        (tmp_path / name).write_text(re.sub(r"\bp(\d{3})\b", r"\1", (RECIPES / name).read_text()))
    command = ("Rscript", str(RECIPES / "from_llmr.R"), str(tmp_path / "llmr.csv"), str(tmp_path / "people.csv"))
    assert "calibrated 0.559" in run(*command, RECTIFIER_URL=http(server)).stdout
    with (tmp_path / "people.csv").open("a") as people:
        people.write("777,control,4\n")
    assert "no system_prompt_label is 777" in run(*command, RECTIFIER_URL=http(server)).stderr


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("a;b\nx\x0by;1,5\n", "a,b\nx\x0by,1.5\n"),
        ("a;b\n1.234,5;-0,25\n", "a,b\n1234.5,-0.25\n"),
        ("a\tb\nx, y\t1,5\n", 'a,b\n"x, y",1.5\n'),
        ('"a";"b"\r\n"M\xfcnchen; Ost";"3"\r\n', "a,b\nM\xfcnchen; Ost,3\n"),
        ("a;b\n1.234;2026-03-01\n", "a,b\n1.234,2026-03-01\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_of_spreadsheets(tmp_path: Path, file: str, told: str, encoding: str) -> None:
    (tmp_path / "in.csv").write_bytes(file.encode(encoding))
    done = run(sys.executable, str(RECIPES / "spreadsheet.py"), str(tmp_path / "in.csv"), PYTHONIOENCODING="cp1252")
    assert done.stdout == told


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_of_spreadsheets_in_r(tmp_path: Path, encoding: str) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    (tmp_path / "in.csv").write_bytes('"a b";"c"\r\n"M\xfcnchen, ""Ost""";"3,5"\r\n;\r\n'.encode(encoding))
    done = run("Rscript", str(RECIPES / "spreadsheet.R"), str(tmp_path / "in.csv"), LC_ALL="C.UTF-8")
    assert done.stdout == '"a b","c"\n"M\xfcnchen, ""Ost""","3.5"\n,\n'


def test_ids_and_words_of_spreadsheets_stay_in_r_too(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id;arm;trust\n007;T;4,5\n1e3;F;1.234,5\n")
    both = [
        run(program, str(RECIPES / script), str(tmp_path / "in.csv")).stdout
        for program, script in ((sys.executable, "spreadsheet.py"), ("Rscript", "spreadsheet.R"))
    ]
    assert both[1].replace('"', "") == both[0] == "id,arm,trust\n007,T,4.5\n1e3,F,1234.5\n"


SCRIPTS = {
    "curl.sh": ((), "study.csv"),
    "from_otree.py": ((sys.executable,), "otree.csv", "predictions.csv"),
    "from_edsl.py": ((sys.executable,), "edsl.csv", "people.csv"),
    "from_llmr.R": (("Rscript",), "llmr.csv", "people.csv"),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_effect_has_its_sign_whoever_comes_first(script: str, tmp_path: Path, server: Server) -> None:
    before, *files = SCRIPTS[script]
    for name in files:
        header, *lines = (RECIPES / name).read_text().splitlines(keepends=True)
        (tmp_path / name).write_text("".join([header, lines[1], lines[0], *lines[2:]]))
    done = run(*before, str(RECIPES / script), *(str(tmp_path / name) for name in files), RECTIFIER_URL=http(server))
    assert re.search(r'(calibrated |"estimate":)0\.55(9|8979)', done.stdout), done.stdout + done.stderr


@pytest.mark.parametrize("script", ["from_otree.py", "from_edsl.py", "from_llmr.R"])
def test_who_stands_twice_is_not_one_of_two(script: str, tmp_path: Path) -> None:
    before, *files = SCRIPTS[script]
    for name in files:
        (tmp_path / name).write_text((RECIPES / name).read_text())
    with (tmp_path / files[1]).open("a") as last:
        last.write((RECIPES / files[1]).read_text().splitlines(keepends=True)[3])
    done = run(
        *before, str(RECIPES / script), *(str(tmp_path / name) for name in files), RECTIFIER_URL="http://localhost:1"
    )
    assert done.returncode == 1
    assert "stands twice" in done.stderr


def test_a_file_with_commas_need_not_be_converted() -> None:
    done = run(sys.executable, str(RECIPES / "spreadsheet.py"), str(RECIPES / "study.csv"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "need not be converted" in done.stderr


def test_curl_shows_why_it_was_refused(server: Server, keyed: Server) -> None:
    script = str(RECIPES / "curl.sh")
    done = run("sh", script, str(RECIPES / "spreadsheet.csv"), RECTIFIER_URL=http(server))
    assert done.returncode == 1
    assert '"code":"wrong_delimiter"' in done.stderr
    assert run("sh", script, str(RECIPES / "study.csv"), RECTIFIER_URL=http(keyed)).returncode == 1
    done = run("sh", script, str(RECIPES / "study.csv"), RECTIFIER_URL=http(keyed), RECTIFIER_KEY=KEY)
    assert done.stdout.startswith('"estimate":0.5589793')


@pytest.mark.parametrize(
    "script",
    [
        "from_otree.py otree.csv predictions.csv",
        "from_edsl.py edsl.csv people.csv",
        "prolific.py study.csv",
        "from_llmr.R llmr.csv people.csv",
    ],
)
def test_the_key_goes_with_every_recipe(keyed: Server, script: str) -> None:
    program = shutil.which("Rscript") if ".R " in script else sys.executable
    if program is None:
        pytest.skip("Rscript is not installed")
    command = (program, *(str(RECIPES / file) for file in script.split()))
    assert run(*command, RECTIFIER_URL=http(keyed), RECTIFIER_KEY=KEY).returncode == 0
    refused = run(*command, RECTIFIER_URL=http(keyed))
    assert refused.returncode == 1
    assert "a key" in refused.stderr or "401" in refused.stderr


@pytest.mark.parametrize("script", POSTING)
def test_a_refusal_is_shown_whoever_wrote_it(script: str) -> None:
    name, *files = script.split()
    command = (sys.executable, str(RECIPES / f"{name}.py"), *(str(RECIPES / file) for file in files))
    for body in (b'{"code": "too_few_humans"}', b"<html>Bad gateway</html>"):
        with answering(Reply(422, body)) as service:
            done = run(*command, RECTIFIER_URL=service.url)
        assert done.returncode == 1
        assert done.stderr == f"HTTP Error 422: Unprocessable Entity\n{body.decode()}\n"


@pytest.mark.parametrize("script", POSTING)
def test_the_key_goes_nowhere_else(script: str) -> None:
    name, *files = script.split()
    command = (sys.executable, str(RECIPES / f"{name}.py"), *(str(RECIPES / file) for file in files))
    with answering(Reply(302, b"", {"Location": "/elsewhere"}), Reply(422)) as service:
        run(*command, RECTIFIER_URL=service.url, RECTIFIER_KEY=KEY)
    assert [(asked[":path"] == "/elsewhere", asked.get("x-api-key")) for asked in service.asked] == [
        (False, KEY),
        (True, None),
    ]


def test_places_are_added_to_those_that_the_study_has(server: Server) -> None:
    command = (sys.executable, str(RECIPES / "prolific.py"), str(RECIPES / "study.csv"))
    for places, total in (((), 95), (("--places", "70"), 105)):
        done = run(*command, *places, RECTIFIER_URL=http(server))
        assert f'{{"total_available_places": {total}}}' in done.stdout
        assert "60 people so far" in done.stdout


def test_enough_people_are_not_topped_up(server: Server) -> None:
    command = (sys.executable, str(RECIPES / "prolific.py"), str(RECIPES / "study.csv"), "--effect", "1.5")
    done = run(*command, RECTIFIER_URL=http(server))
    assert done.returncode == 0, done.stderr
    assert "Increase places: 0" in done.stdout
