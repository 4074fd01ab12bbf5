"""The workbench as its users meet it: in a real browser, by mouse and by keyboard."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.browser import Open
from tests.acceptance.conftest import Server
from tests.acceptance.talk import post
from tests.acceptance.workbench_page import (
    EXAMPLE,
    PLAN,
    TWINS,
    api,
    calibrated,
    example,
    numbers,
    saved,
    upload,
    wanted,
)


def test_an_example_by_mouse_is_the_answer_of_the_service(server: Server, opened: Open) -> None:
    page = opened()
    example(page)
    assert "720 rows, 4 columns, separated by commas" in page.inner_text("#read")
    answer = calibrated(page)
    assert numbers(answer) == numbers(wanted(server))
    first = answer["estimates"][0]
    assert f"{first['estimate']:.3g}" in page.inner_text("#result-body .headline")
    assert "LLM answers used" in page.inner_text(".card.llm_used")
    assert page.locator("#forest svg .calibrated").count() >= 3
    card = api(server, {"data": EXAMPLE["data"]}, "/v1/diagnostics").json
    shown = page.inner_text("#card-body")
    assert "with care" in shown
    assert all(f"({sum(c['status'] == s for c in card['checks'])})" in shown for s in ("pass", "warn"))


def test_everything_that_is_taken_along_is_what_the_service_says(server: Server, opened: Open, tmp_path: Path) -> None:
    page = opened()
    example(page)
    answer = calibrated(page)
    sent = saved(page, "#save-request")
    assert saved(page, "#save-json") == post(server, sent).body
    assert saved(page, "#save-csv") == post(server, sent, Accept="text/csv").body
    assert saved(page, "#save-report") == post(server, sent, Accept="text/html").body
    (tmp_path / "study.csv").write_bytes(saved(page, "#save-study"))
    assert (tmp_path / "study.csv").read_text() == TWINS
    for button in ("#save-svg", "#save-frontier"):
        picture = ET.fromstring(saved(page, button))
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"
        assert picture[0].tag.endswith("title")
    page.click("#take-body summary:text-is('curl')")
    command = page.inner_text("#take-body details[open] code")
    curl = shutil.which("curl")
    assert curl is not None
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=True, timeout=30)
    assert numbers(json.loads(done.stdout)) == numbers(answer)


def test_prices_and_budget_move_the_design(server: Server, opened: Open) -> None:
    page = opened()
    example(page)
    calibrated(page)
    basis = {"kind": "pilot", "data": EXAMPLE["data"], "plan": PLAN}
    with page.expect_response("**/v1/designs") as response:
        page.fill("#price-budget", "500")
        page.locator("#price-budget").press("Tab")
    asked = {"basis": basis, "costs": {"human": 5, "llm": 0.02}, "objective": {"kind": "budget", "budget": 500}}
    assert json.loads(response.value.request.post_data) == asked
    page.wait_for_selector("#design-body .headline:has-text('For 500')")
    for none in ("0", "-3", ""):
        page.fill("#price-human", none)
        page.locator("#price-human").press("Tab")
        page.wait_for_selector("#design-body > .notice:has-text('numbers above 0')")
        assert page.get_attribute("#price-human", "aria-invalid") == "true"
        assert page.query_selector("#frontier svg") is None
        page.fill("#price-human", "5")
        page.locator("#price-human").press("Tab")
        page.wait_for_selector("#design-body .headline:has-text('For 500')")
    with page.expect_response("**/v1/designs") as response:
        page.locator("#slide-llm").press("ArrowRight")
    assert json.loads(response.value.request.post_data)["costs"]["llm"] > 0.02
    assert float(page.input_value("#price-llm")) > 0.02
    page.wait_for_selector("#design-body:not([aria-busy]) #frontier svg")
    page.click("#ratio-ask")
    page.wait_for_selector("#ratio svg", timeout=60_000)
    assert "standard error is least" in page.inner_text("#ratio-body")


def test_the_design_says_whom_to_ask_and_for_which_outcome(server: Server, opened: Open) -> None:
    page = opened()
    people = [f"{'ab'[i % 2]},{i % 7},{i % 5},{i % 7 + i % 3},{i % 5 + i % 3}" for i in range(80)]
    rows = [*people, *(f"{'ab'[i % 2]},,,{i % 7 + i % 3},{i % 5 + i % 3}" for i in range(220))]
    upload(page, "\n".join(["arm,trust,liking,gpt_trust,gpt_liking", *rows]))
    with page.expect_response("**/v1/designs") as response:
        calibrated(page)
    asked = json.loads(response.value.request.post_data)["basis"]["data"]
    assert (list(asked["outcomes"]), len(asked["predictions"])) == (["trust"], 1)
    with page.expect_response("**/v1/designs") as response:
        page.select_option("#design-outcome", "liking")
    asked = json.loads(response.value.request.post_data)["basis"]["data"]
    assert (list(asked["outcomes"]), asked["predictions"][0]["outcome"]) == (["liking"], "liking")
    groups = response.value.json()["design"]["groups"]
    page.wait_for_selector("#design-body:not([aria-busy]) #frontier svg")
    rows = page.locator("#design-body table").first.locator("tbody tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == [f"{group['n']:,}" for group in groups]
    assert any(row.split("\t")[1:3] == ["human + gpt", "a"] for row in rows)


def test_a_ratio_that_does_not_matter_is_no_curve(opened: Open) -> None:
    page = opened()
    example(page)
    page.uncheck("#set-pool")
    calibrated(page)
    assert page.is_hidden("#field-design-outcome")
    page.click("#ratio-ask")
    page.wait_for_selector("#ratio-body > p:has-text('every sampling ratio comes to the same design')")
    assert "are used where “The LLM-only personas come from the same" in page.inner_text("#ratio-body")
    assert page.query_selector("#ratio svg") is None


def test_on_paper_stands_the_result_and_nothing_folded_away(opened: Open) -> None:
    page = opened(color_scheme="dark")
    example(page)
    calibrated(page)
    unfolded = "document.querySelectorAll('#result-body details[open]').length"
    page.evaluate(f"addEventListener('beforeprint', () => (window.seen = {unfolded}))")
    page.pdf(format="A4")
    assert page.evaluate("window.seen") > 0
    assert page.evaluate(unfolded) == 0
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for gone in ("#plan-part", "#columns-part", "#take-part", "#go", "#slide-human"):
        assert page.is_hidden(gone), gone
    for there in ("#forest svg", "#card-body .headline", "#frontier svg", "#price-human"):
        assert page.is_visible(there), there


def test_with_the_keyboard_alone(server: Server, opened: Open) -> None:
    page = opened()

    def to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"{selector} is not reached with Tab")

    to(".skip")
    page.keyboard.press("Enter")
    to("#example")
    page.keyboard.press("ArrowDown")
    to("#example-use")
    page.keyboard.press("Enter")
    page.wait_for_selector("#plan-part:not([hidden])")
    to("#role-0")
    page.keyboard.press("n")  # "not used": the covariate is left out
    assert page.evaluate("document.activeElement.id") == "role-0"
    to("#go")
    page.keyboard.press("Space")
    page.wait_for_selector("#result-part:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "result-title"
    assert page.input_value("#example") == "survey"
    assert "mean" not in page.inner_text("#refused")
    page.wait_for_selector("#card-body .headline")


def test_a_spreadsheet_with_semicolons_and_decimal_commas(server: Server, opened: Open) -> None:
    page = opened()
    upload(page, ("\ufeff" + TWINS.replace(",", ";").replace(".", ",").replace("\n", "\r\n")).encode(), "étude.csv")
    assert "separated by semicolons" in page.inner_text("#read")
    page.check("#set-pool")
    page.select_option("#set-control", "control")
    page.click("#go")
    assert "Say what the comma is" in page.inner_text("#refused")
    assert page.get_attribute("#comma", "aria-invalid") == "true"
    page.select_option("#comma", "decimal")
    assert numbers(calibrated(page)) == numbers(wanted(server))
    assert saved(page, "#save-study").decode() == TWINS


def test_what_r_writes_is_pasted(server: Server, opened: Open) -> None:
    page = opened()
    header, *rows = TWINS.splitlines()
    lines = [f'"",{",".join(chr(34) + name + chr(34) for name in header.split(","))}']
    for i, row in enumerate(rows, 1):
        arm, trust, *llm = row.split(",")
        lines.append(",".join([f'"{i}"', f'"{arm}"' if arm else "NA", trust or "NA", *llm]))
    page.click("summary:text-is('Or paste it')")
    page.fill("#paste", "\n".join(lines))
    page.click("#paste-use")
    page.wait_for_selector("#plan-part:not([hidden])")
    assert page.is_checked("#na")
    page.check("#set-pool")
    assert numbers(calibrated(page)) == numbers(wanted(server, {"identification": "exchangeability"}))
    page.uncheck("#na")
    page.click("#go")
    page.wait_for_selector("#refusal")
    assert "column trust, row 121 (line 122 of the file)" in page.inner_text("#refusal")


def test_a_file_of_qualtrics_is_dropped_anywhere(server: Server, opened: Open) -> None:
    page = opened()
    header, *rows = TWINS.splitlines()
    ids = ",".join(f'"{{""ImportId"":""{name}""}}"' for name in header.split(","))
    text = "\n".join([header, "Condition,Do you trust it?,What it said,What it said", ids, *rows])
    page.evaluate(
        """text => {
          const carried = new DataTransfer();
          carried.items.add(new File([text], "export.csv", { type: "text/csv" }));
          document.querySelector("h1").dispatchEvent(
            new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
        }""",
        text,
    )
    page.wait_for_selector("#plan-part:not([hidden])")
    assert "export.csv: 720 rows" in page.inner_text("#read")
    assert page.is_checked("#labels")
    page.check("#set-pool")
    assert numbers(calibrated(page)) == numbers(wanted(server, {"identification": "exchangeability"}))


def test_rows_stay_on_the_machine(server: Server, opened: Open) -> None:
    page = opened()
    example(page)
    page.check("#set-local")
    answer = calibrated(page)
    sent = json.loads(saved(page, "#save-request"))
    assert sent["data"]["layout"] == "moments"
    of_rows = wanted(server)
    for part in (lambda a: a["estimate"], lambda a: a["human_only"]["estimate"], lambda a: a["llm_only"]["estimate"]):
        assert part(answer["estimates"][0]) == pytest.approx(part(of_rows["estimates"][0]), rel=1e-10, abs=1e-10)
    for ours, theirs in zip(answer["arms"], of_rows["arms"], strict=True):
        assert ours["mean"]["estimate"] == pytest.approx(theirs["mean"]["estimate"], rel=1e-10)
        assert ours["r_squared"] == pytest.approx(theirs["r_squared"], rel=1e-10)
    p_values = [a["assumptions"][-1]["p_value"] for a in (answer, of_rows)]
    assert p_values[0] == pytest.approx(p_values[1], rel=1e-10)
    assert "could not be made" in page.inner_text("#card-body")
    assert "treatment − control on trust" in page.inner_text("#result-body .headline")
    page.select_option("#role-0", "subgroup")
    assert "changed since" in page.inner_text("#result-part")
    page.click("#go")
    assert "Moments do not carry: subgroup" in page.inner_text("#refused")


def test_a_key_is_sent_and_not_written_into_code(opened: Open) -> None:
    page = opened()
    example(page)
    page.click("summary:text-is('API key')")
    page.fill("#key", "rk_secret")
    with page.expect_request("**/v1/calibrations") as sent:
        page.click("#go")
    assert sent.value.headers["authorization"] == "Bearer rk_secret"
    page.wait_for_selector("#take-part:not([hidden])")
    assert "$RECTIFIER_KEY" in page.text_content("#take-body")
    assert "rk_secret" not in page.content()


def test_behind_a_path_prefix(browser: Any, server: Server) -> None:
    context = browser.new_context()
    page = context.new_page()
    inner = f"http://{server.host}:{server.port}"

    def forward(route: Any) -> None:
        path = route.request.url.removeprefix("http://lab.test/rectifier")
        route.fulfill(response=route.fetch(url=inner + path))

    page.route("http://lab.test/rectifier/**", forward)
    page.goto("http://lab.test/rectifier/")
    page.wait_for_selector("html.ready")
    example(page)
    page.click("#go")
    page.wait_for_selector("#card-body .headline")
    page.wait_for_selector("#frontier svg")
    assert "http://lab.test/rectifier/v1/calibrations" in page.text_content("#take-body")
    context.close()
