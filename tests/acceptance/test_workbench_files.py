"""The workbench and files as they really are: what spreadsheets write, what is told, what is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.browser import Open
from tests.acceptance.conftest import Server
from tests.acceptance.workbench_page import (
    TWINS,
    calibrated,
    example,
    numbers,
    saved,
    upload,
    wanted,
)

SEMICOLONS = TWINS.replace(",", ";").replace(".", ",").replace("\n", "\r\n")
HEADER, *ROWS = TWINS.splitlines()


def active(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(("sep=;\r\n" + SEMICOLONS).encode("cp1252"), id="first line sep=;"),
        pytest.param(("\ufeff" + TWINS.replace(",", "\t")).encode("utf-16-le"), id="UTF-16 with tabs"),
        pytest.param((TWINS.replace(",,", ",n/a,") + ",,,\n\n , ,,\n").encode(), id="n/a and empty rows"),
        pytest.param(
            "\n".join([f'{HEADER},why,""', *(f'{row},"so, ""it""\nis",' for row in ROWS)]).encode(), id="quotes"
        ),
    ],
)
def test_the_same_study_in_other_files_is_the_same_answer(server: Server, opened: Open, content: bytes) -> None:
    page = opened()
    upload(page, content)
    if page.query_selector("#comma"):
        page.select_option("#comma", "decimal")
    page.check("#set-pool")
    assert page.input_value("#set-control") == "control"
    assert numbers(calibrated(page)) == numbers(wanted(server))
    assert saved(page, "#save-study").decode() == TWINS


def test_arms_with_decimal_commas_are_names_in_the_file_that_the_code_sends(opened: Open) -> None:
    page = opened()
    answers = [(f"{1 + i % 5},5" if i % 3 == 0 else "", f"{1 + i * 7 % 5},5") for i in range(120)]
    rows = [f"{('0,5', '1,0')[i % 2]};{human};{llm}" for i, (human, llm) in enumerate(answers)]
    upload(page, "\n".join(["arm;trust;llm_trust", *rows]))
    page.select_option("#comma", "decimal")
    page.click("#go")
    page.wait_for_selector("#take-part:not([hidden])")
    study = saved(page, "#save-study").decode().splitlines()
    assert study[1:3] == ['"0,5",1.5,1.5', '"1,0",,3.5']
    assert {arm["name"] for arm in json.loads(saved(page, "#save-json"))["arms"]} == {"0,5", "1,0"}


def test_a_file_is_not_replaced_by_what_was_asked_for_before_it(opened: Open) -> None:
    page = opened()
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/workbench/vote.csv", hold)
    page.select_option("#example", "vote")
    page.click("#example-use")
    page.wait_for_timeout(100)
    upload(page, TWINS.encode())
    said = page.inner_text("#read-said")
    held[0].continue_()
    page.wait_for_timeout(300)
    assert page.inner_text("#read-said") == said


def test_a_screen_of_320_pixels_is_wide_enough(opened: Open) -> None:
    page = opened(width=320)
    example(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_workbook_takes_the_place_of_nothing(opened: Open) -> None:
    page = opened()
    example(page)
    page.set_input_files("#file", {"name": "a.xlsx", "mimeType": "", "buffer": b"PK\x03\x04\x14\x00" + bytes(90)})
    page.wait_for_selector("#read-said .fail")
    assert "save the table as CSV" in page.inner_text("#read-said")
    assert page.is_hidden("#plan-part")
    assert page.inner_text("#read-ways") == ""


def test_how_a_file_is_read_is_said_without_losing_the_place(opened: Open) -> None:
    page = opened()
    upload(page, SEMICOLONS.replace(";;", ";n/a;"))
    for field, key in (("comma", "ArrowDown"), ("na", "Space"), ("separator", "ArrowUp")):
        page.focus(f"#{field}")
        page.keyboard.press(key)
        assert active(page) == field
        assert field == "separator" or page.input_value("#comma") == "decimal"
        assert field != "na" or not page.is_checked("#na")
    assert "0 rows, 1 column, separated by commas" in page.inner_text("#read-said[role=status]")


def test_thousands_are_told_from_decimals_by_the_person(opened: Open) -> None:
    page = opened()
    rows = [f'"{1 + i % 4},{100 + 7 * i}","{1 + i % 3},{900 - 7 * i}"' for i in range(80)]
    upload(page, "\n".join(["spending,llm", *rows]))
    options = page.locator("#comma option").all_text_contents()
    assert options[1:] == ["a decimal comma: 1,100 is 1.1", "between thousands: 1,100 is 1100"]
    page.select_option("#comma", "thousands")
    page.select_option("#role-0", "outcome")
    calibrated(page)
    sent = json.loads(saved(page, "#save-request"))["data"]
    assert (sent["outcomes"]["spending"][:2], sent["predictions"][0]["values"][0]) == ([1100, 2107], 1900)


def test_an_arm_that_is_said_brings_its_twins_along(server: Server, opened: Open) -> None:
    page = opened()
    upload(page, TWINS.replace("arm,", "version,", 1))
    page.select_option("#role-0", "ignore")
    assert page.input_value("#model-2") == "llm-control"
    page.select_option("#role-0", "arm")
    assert [page.input_value(f"#model-{j}") for j in (2, 3)] == ["llm", "llm"]
    assert [page.input_value(f"#arm-{j}") for j in (2, 3)] == ["control", "treatment"]
    page.check("#set-pool")
    assert page.is_checked("input[value=shared]")
    assert numbers(calibrated(page)) == numbers(wanted(server))


def test_draws_and_probabilities_of_a_category(opened: Open) -> None:
    page = opened()
    votes = ["no" if i % 3 == 0 else "yes" for i in range(60)] + [""] * 140
    rows = [f"{vote},{(i * 7 % 9 + 1) / 10},{(i * 5 % 9) / 10}" for i, vote in enumerate(votes)]
    upload(page, "\n".join(["vote,llm_draw1,llm_draw2", *rows]))
    assert page.is_visible("#draw-1")
    for j in (1, 2):
        page.select_option(f"#category-{j}", "yes")
    page.click("#go")
    page.wait_for_selector("#result-part:not([hidden])")
    sent = json.loads(saved(page, "#save-request"))["data"]["predictions"]
    assert [{k: v for k, v in p.items() if k != "values"} for p in sent] == [
        {"model": "llm", "category": "yes", "draw": 1},
        {"model": "llm", "category": "yes", "draw": 2},
    ]
    page.fill("#model-2", "other")
    page.fill("#draw-2", "")
    page.locator("#draw-2").press("Tab")
    assert page.is_hidden("#draw-2")


def test_a_study_is_saved_as_it_was_asked(opened: Open) -> None:
    page = opened()
    example(page, "survey")
    calibrated(page)
    before = saved(page, "#save-study")
    assert before.startswith(b"age,satisfaction,gpt,small_llm\n")
    page.select_option("#role-0", "ignore")
    assert saved(page, "#save-study") == before


def test_rows_that_are_to_stay_are_not_sent_again(opened: Open) -> None:
    page = opened()
    example(page)
    calibrated(page)
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.check("#set-local")
    page.fill("#price-budget", "500")
    page.locator("#price-budget").press("Tab")
    page.wait_for_selector("#design-body .notice")
    page.click("#save-csv")
    assert "Your rows stay" in page.inner_text("#take-problem")
    page.click("#save-frontier")
    assert "no design" in page.inner_text("#take-problem")
    assert [url for url in asked if "/v1/" in url] == []
    calibrated(page)
    saved(page, "#save-report")
    assert len(asked) >= 4
    assert b"values" not in saved(page, "#save-request")


def test_rows_stay_when_another_file_is_chosen(opened: Open) -> None:
    page = opened()
    example(page)
    page.check("#set-local")
    upload(page, "\n".join([HEADER, *ROWS[:-1]]), "corrected.csv")
    assert page.is_checked("#set-local")
    calibrated(page)
    assert json.loads(saved(page, "#save-request"))["data"]["layout"] == "moments"


def test_covariates_are_left_out_at_a_press_where_rows_stay(opened: Open) -> None:
    page = opened()
    example(page, "survey")
    page.check("#set-local")
    page.click("#go")
    assert "do not carry covariates: age" in page.inner_text("#refusal")
    page.click("#refusal button:text-is('Leave them out')")
    page.wait_for_selector("#card-body .headline")
    assert page.input_value("#role-0") == "ignore"
    assert json.loads(saved(page, "#save-request"))["data"]["layout"] == "moments"


def test_weighting_where_rows_stay_is_told_by_the_page(opened: Open) -> None:
    page = opened()
    upload(page, "\n".join([HEADER, "control,,4,5", *ROWS]))
    page.select_option("#set-unanswered", "response_propensity")
    page.check("#set-local")
    page.click("#go")
    assert "needs rows" in page.inner_text("#refusal")
    assert "human" not in page.inner_text("#refusal")
    page.select_option("#set-unanswered", "drop_unit")
    calibrated(page)


def test_pressing_twice_is_pressing_once(opened: Open) -> None:
    page = opened()
    example(page)
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url.rpartition("/")[2]))
    page.evaluate("document.querySelector('#go').click(); document.querySelector('#go').click()")
    page.wait_for_selector("#card-body .headline")
    page.wait_for_selector("#frontier svg")
    assert (asked.count("designs"), asked.count("diagnostics")) == (1, 1)
    assert page.inner_text("#status") == "Checked: Use the LLM answers with care."


def test_a_setting_that_is_folded_away_is_unfolded_when_it_is_wrong(opened: Open) -> None:
    page = opened()
    example(page)
    page.click("summary:text-is('More settings')")
    page.fill("#set-level", "95")
    page.click("summary:text-is('More settings')")
    assert page.is_hidden("#set-level")
    page.click("#go")
    page.wait_for_selector("#refusal")
    assert page.is_visible("#set-level[aria-invalid=true]")
    page.click("#refusal a[href='#set-level']")
    assert active(page) == "set-level"


@pytest.mark.parametrize("said", ["drop_unit", "personas"])
def test_rows_with_an_arm_and_no_answer_are_what_the_person_says(server: Server, opened: Open, said: str) -> None:
    page = opened()
    lost = [row.replace(row.split(",")[1], "", 1) if i in (3, 90) else row for i, row in enumerate(ROWS)]
    upload(page, "\n".join([HEADER, *lost]))
    page.check("#set-pool")
    page.click("#go")
    assert "Some rows have an arm and no answer" in page.inner_text("#refused")
    page.click("#refusal a[href='#set-unanswered']")
    assert active(page) == "set-unanswered"
    page.select_option("#set-unanswered", said)
    answer = calibrated(page)
    assert answer["estimates"][0]["human_sample_size"] == 118
    assert ("missing_human_dropped" in {each["code"] for each in answer["warnings"]}) is (said == "drop_unit")
    assert saved(page, "#save-study").decode().splitlines()[0] == HEADER + ",asked" * (said != "personas")
