"""The workbench as its users meet it: in a real browser, by mouse, by keyboard, with errors, without a network."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.browser import chromium, violations
from tests.acceptance.conftest import Server
from tests.acceptance.talk import post, request, say

EXAMPLE = json.loads(files("service.api").joinpath("example.json").read_bytes())
PLAN = {name: EXAMPLE["plan"][name] for name in ("control", "identification")}
TWINS = files("service.api").joinpath("workbench", "twins.csv").read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


Open = Callable[..., Any]


@pytest.fixture
def opened(browser: Any, server: Server) -> Iterator[Open]:
    """Opens the page: ``opened(width=..., color_scheme=...)``. Afterwards: nothing failed, nobody else was asked."""
    contexts, failures, asked = [], [], set()

    def begin(width: int = 1280, path: str = "/", **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda said: failures.append(said.text) if "Content Security" in said.text else None)
        page.on("request", lambda sent: asked.add(sent.url.split("/")[2] if "//" in sent.url else sent.url[:5]))
        page.goto(f"http://{server.host}:{server.port}{path}")
        page.wait_for_selector("html.ready")
        return page

    yield begin
    kept = [context.storage_state() for context in contexts]
    for context in contexts:
        context.close()
    assert failures == []
    assert asked - {"blob:", "data:"} == {f"{server.host}:{server.port}"}
    assert all(state == {"cookies": [], "origins": []} for state in kept)


def example(page: Any, name: str = "twins") -> None:
    page.select_option("#example", name)
    page.click("#example-use")
    page.wait_for_selector("#plan-part:not([hidden])")


def upload(page: Any, text: str | bytes, name: str = "study.csv") -> None:
    content = text if isinstance(text, bytes) else text.encode()
    page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": content})
    page.wait_for_selector("#plan-part:not([hidden])")


def calibrated(page: Any) -> dict[str, Any]:
    """The answer, once the page shows it; with card and design."""
    page.click("#go")
    page.wait_for_selector("#card-body .headline")
    page.wait_for_selector("#frontier svg")
    return json.loads(saved(page, "#save-json"))


def saved(page: Any, button: str) -> bytes:
    with page.expect_download() as download:
        page.click(button)
    return Path(download.value.path()).read_bytes()


def api(server: Server, body: Any, path: str = "/v1/calibrations", **headers: str) -> Any:
    reply = post(server, json.dumps(body).encode(), path, **headers)
    assert reply.status == 200, reply.body
    return reply


def wanted(server: Server, plan: Any = PLAN, data: Any = EXAMPLE["data"]) -> dict[str, Any]:
    return api(server, {"plan": plan, "data": data}).json


def numbers(answer: dict[str, Any]) -> Any:
    return answer["estimates"], answer["arms"], answer["assumptions"]


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
    with page.expect_response("**/v1/designs") as response:
        page.locator("#slide-llm").press("ArrowRight")
    assert json.loads(response.value.request.post_data)["costs"]["llm"] > 0.02
    assert float(page.input_value("#price-llm")) > 0.02
    page.wait_for_selector("#design-body:not([aria-busy]) #frontier svg")
    page.click("#ratio-ask")
    page.wait_for_selector("#ratio svg")
    assert "standard error is least" in page.inner_text("#ratio-body")


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
    assert "decimal comma" in page.inner_text("#refused")
    page.check("#comma")
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


def test_a_refusal_stands_beside_the_cell_it_is_about(server: Server, opened: Open) -> None:
    page = opened()
    rows = TWINS.splitlines()
    rows[5] = rows[5].replace(rows[5].split(",")[2], "4 stars")
    upload(page, "\n".join(rows))
    page.click("summary:text-is('More settings')")
    page.fill("#set-extra", '{"estimator": "magic"}')
    page.click("#go")
    page.wait_for_selector("#refusal")
    told = page.inner_text("#refusal")
    assert "column llm_control, row 5 (line 6 of the file)" in told
    assert "setting estimator" in told
    assert "The cell says “4 stars”." in told
    assert "Row 5" in page.inner_text("#role-2-problem")
    assert page.get_attribute("#set-extra", "aria-invalid") == "true"
    assert "What to do:" in told
    assert page.evaluate("document.activeElement.id") == "refusal"
    links = {link.get_attribute("href") for link in page.query_selector_all("#refusal a")}
    assert {"#role-2", "#set-extra"} < links
    links = {link for link in links if not link.startswith("#")}
    assert len(links) == 2
    assert all(say(server, request("GET", f"/{link}", Accept="text/html")).status == 200 for link in links)
    assert page.is_hidden("#result-part")


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
    page.select_option("#role-0", "subgroup")
    assert "changed since" in page.inner_text("#result-part")
    page.click("#go")
    assert "Moments do not carry: subgroup" in page.inner_text("#refused")


@pytest.mark.parametrize(
    ("status", "headers", "body", "words"),
    [
        (503, {"Retry-After": "7"}, {"title": "The service is busy", "code": "overloaded"}, "Try again in 7 seconds"),
        (429, {"Retry-After": "300"}, {"title": "The quota is used up", "code": "quota_exceeded"}, "in 5 minutes"),
        (401, {}, {"title": "This path needs a key", "code": "unauthenticated"}, "write it under “API key”"),
        (502, {}, None, "Your data are still"),
    ],
)
def test_what_a_person_can_do_about_it(
    opened: Open, status: int, headers: dict[str, str], body: dict[str, str] | None, words: str
) -> None:
    page = opened()
    example(page)
    content = "<html>bad gateway</html>" if body is None else json.dumps(body)
    page.route("**/v1/calibrations", lambda route: route.fulfill(status=status, headers=headers, body=content))
    page.click("#go")
    page.wait_for_selector("#refusal")
    if status == 502:
        assert "answered 502" in page.inner_text("#refusal")
    else:
        assert words in page.inner_text("#refusal")


def test_without_a_network_what_can_go_on_goes_on(server: Server, opened: Open) -> None:
    page = opened()
    example(page)
    calibrated(page)
    page.context.set_offline(True)
    assert ET.fromstring(saved(page, "#save-svg")) is not None
    assert json.loads(saved(page, "#save-json"))["estimates"]
    upload(page, TWINS, "mine.csv")
    assert "mine.csv: 720 rows" in page.inner_text("#read")
    page.click("#go")
    page.wait_for_selector("#refusal")
    assert "cannot be reached" in page.inner_text("#refusal")
    assert "your data are still in this page" in page.inner_text("#refusal")
    page.context.set_offline(False)
    page.click("#go")
    page.wait_for_selector("#card-body .headline")


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
    assert "http://lab.test/rectifier/v1/calibrations" in page.text_content("#take-body")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_inaccessible(opened: Open, scheme: str) -> None:
    """axe-core finds nothing at the start, with an answer and everything unfolded, or an error; nothing is too wide."""
    page = opened(width=390, color_scheme=scheme)

    def found() -> list[str]:
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return violations(page) + ([f"{wide} px too wide"] if wide > 0 else [])

    assert found() == []
    example(page, "vote")
    calibrated(page)
    assert found() == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert found() == []
    page.fill("#set-extra", '{"estimator": "magic"}')
    page.click("#go")
    page.wait_for_selector("#refusal")
    assert found() == []
    page.fill("#set-extra", "")
    page.click("#go")
    page.wait_for_selector("#result-part:not([hidden])")
