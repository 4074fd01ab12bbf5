"""The workbench and columns: what is told of them, how many there are, which is what."""

from __future__ import annotations

from tests.acceptance.browser import Open, violations
from tests.acceptance.workbench_page import TWINS, calibrated, example, upload

HEADER, *ROWS = TWINS.splitlines()


def test_people_who_stand_in_a_row_for_every_model_are_told_of(opened: Open) -> None:
    page = opened()
    example(page)
    assert page.is_hidden("#doubt")
    rows = [f"p{i},{model},{i % 5},{(i + j) % 5}" for i in range(60) for j, model in enumerate(("gpt", "claude"))]
    upload(page, "\n".join(["person,model,trust,llm", *rows]))
    told = page.inner_text("#doubt")
    assert "120 rows repeat the human answers of 60 people" in told
    assert "one row per “person”, with a column of LLM answers for each “model” (gpt, claude)" in told
    page.select_option("#role-2", "ignore")
    assert page.is_hidden("#doubt")


def test_one_arm_under_two_names_is_told_of(opened: Open) -> None:
    page = opened()
    upload(page, TWINS)
    assert page.is_hidden("#doubt")
    upload(page, TWINS.replace("control,", "Control,", 3))
    assert "“Control” and “control” are read as two arms" in page.inner_text("#doubt")


def test_a_weight_of_0_is_not_left_out_in_silence(opened: Open) -> None:
    page = opened()
    rows = [f"{row},{'' if row.startswith(',') else i % 3}" for i, row in enumerate(ROWS)]
    upload(page, "\n".join([f"{HEADER},weight", *rows]))
    page.click("#go")
    page.wait_for_selector("#refusal")
    assert "column weight" in page.inner_text("#refusal")


def test_columns_that_are_not_used_are_folded_where_there_are_many(opened: Open) -> None:
    page = opened()
    more = range(40)
    rows = [",".join([row, *(f"{(i * j) % 7}" for j in more)]) for i, row in enumerate(ROWS)]
    upload(page, "\n".join([",".join([HEADER, *(f"q{j}" for j in more)]), *rows]))
    used = page.locator("#columns > table tbody tr")
    assert used.count() == HEADER.count(",") + 1
    assert page.inner_text("#columns summary") == "40 columns that are not used"
    assert not page.is_visible("#role-43")
    page.click("#columns summary")
    assert violations(page) == []
    page.select_option("#role-43", "covariate")
    assert used.count() == HEADER.count(",") + 2
    assert page.is_visible("#role-42")
    assert page.evaluate("document.activeElement.id") == "role-43"
    calibrated(page)
