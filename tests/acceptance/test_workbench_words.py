"""The workbench and words that may mean something else: None, NA, percentages."""

from __future__ import annotations

from tests.acceptance.browser import Open
from tests.acceptance.conftest import Server
from tests.acceptance.workbench_page import TWINS, calibrated, upload, wanted


def test_none_among_words_is_a_question_and_not_a_guess(server: Server, opened: Open) -> None:
    page = opened()
    upload(page, TWINS.replace("control", "None"))
    assert "60 cells of “arm” say None" in page.inner_text("#read-ways")
    page.click("#go")
    assert "“arm” has cells that say None" in page.inner_text("#refusal")
    page.click("#refusal a")
    assert page.evaluate("document.activeElement.id") == "none"
    for said, levels in (("missing", "1 value: treatment"), ("word", "2 values: ")):
        page.select_option("#none", said)
        assert levels in page.inner_text("table.columns")
    assert page.input_value("#role-0") == "arm", "guessed anew"
    page.select_option("#set-control", "None")
    page.check("#set-pool")
    found, same = calibrated(page)["estimates"][0], wanted(server)["estimates"][0]
    assert [found[name] for name in ("estimate", "interval", "human_only")] == [
        same[name] for name in ("estimate", "interval", "human_only")
    ]


def test_words_that_are_read_as_missing_change_what_columns_are(opened: Open) -> None:
    page = opened()
    rows = [f"{'NA' if i % 2 else 'news'},{i % 7 if i < 60 else ''},{i % 5},{i % 3}" for i in range(200)]
    upload(page, "\n".join(["condition,trust,llm,age", *rows]))
    assert page.input_value("#role-0") != "arm"
    page.select_option("#role-3", "ignore")
    page.uncheck("#na")
    assert page.input_value("#role-0") == "arm"
    assert page.input_value("#role-3") == "ignore", "what was said stays"
    page.check("#na")
    page.select_option("#role-0", "arm")
    page.click("#go")
    page.wait_for_selector("#refusal")
    assert "The cell says “NA”." in page.inner_text("#refusal")
    assert "This is read as missing: untick that" in page.inner_text("#refusal")


def test_percentages_are_not_words_without_a_word(opened: Open) -> None:
    page = opened()
    upload(page, "\n".join(["trust,llm", *(f"{40 + i % 9}%,{40 + i % 5}" for i in range(30))]))
    page.select_option("#role-0", "outcome")
    assert "percentages such as 40%" in page.inner_text("table.columns")
    page.click("#go")
    assert "has percentages such as 40%. Write numbers without “%”: 40" in page.inner_text("#refusal")
    page.select_option("#role-0", "arm")
    page.click("#go")
    assert "percentages" not in page.inner_text("#refusal"), "doses are names of arms"
