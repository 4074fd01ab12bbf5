from __future__ import annotations

import pytest

from service.api.reading.table_file import refuse_duplicates
from service.web.problems import ProblemError


def test_only_columns_with_a_name_can_stand_twice() -> None:
    refuse_duplicates(["", "a", "", "A"])
    with pytest.raises(ProblemError, match="duplicate_header"):
        refuse_duplicates(["a", "b", "a"])
