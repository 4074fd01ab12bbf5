from __future__ import annotations

from service.api.commands.refused import told
from service.api.commands.requests.document import Document, Rows
from service.web.problems import FieldError, ProblemError, from_errors

DOCUMENT = Document(b"", {"data": {"outcomes": {"y": "trust"}}})


def na(row: int) -> FieldError:
    hint = (
        f"Leave the field empty (R: write.csv(x, na = ''); pandas: na_rep=''). This is row {row + 1} below the header."
    )
    return FieldError(f"/data/outcomes/y/{row}", "r_na_string", "Expected number or null, got string.", hint)


def test_alike_problems_of_a_column_stand_together_with_what_to_do():
    text = told(from_errors([na(i) for i in range(7)], 900), DOCUMENT)
    assert text == (
        "refused (r_na_string): 900 problems\n"
        "  column trust, rows 1, 2, 3, 4, 5 and 2 more below the header: Expected number or null, got string. "
        "[r_na_string]\n"
        "     -> Leave the field empty (R: write.csv(x, na = ''); pandas: na_rep=''). Or say what means "
        "missing: --na NA.\n"
        "  and 893 more"
    )


def test_a_problem_of_the_whole_says_what_the_catalogue_advises():
    text = told(ProblemError("malformed_csv", "The quotes of line 3 do not match."), DOCUMENT)
    assert text.startswith("refused (malformed_csv): The quotes of line 3 do not match.\n     -> ")


def test_an_option_is_called_by_its_name_and_a_code_without_a_hint_gets_the_catalogues():
    text = told(from_errors([FieldError("/plan/estimator", "unknown_value", "No.")]), DOCUMENT, ("estimator",))
    assert text.startswith("refused (unknown_value): one problem\n  --estimator: No. [unknown_value]\n     -> ")


def test_a_row_of_effects_gets_no_hint_about_outcomes():
    rows = Document(b"", {}, Rows("/studies", (4,), {}))
    text = told(from_errors([FieldError("/studies/0/human", "wrong_type", "No.", "Do.")]), rows)
    assert "human, row 4 below the header: No. [wrong_type]" in text
    assert "--estimand" not in text
    whole = told(from_errors([FieldError("/studies/0", "wrong_type", "No.", "Do.")]), rows)
    assert "\n  row 4 below the header: No." in whole


def test_an_unknown_code_without_a_hint_says_just_what_is_wrong():
    assert told(from_errors([FieldError("", "no_such_code", "No.")]), DOCUMENT).endswith("\n  No. [no_such_code]")
