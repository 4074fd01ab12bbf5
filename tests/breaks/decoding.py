from __future__ import annotations

from tests.breaks.mutation import Mutation

FAST, SCAN = "service/web/columns_json.py", "service/api/reading/arrow_scan.py"
MUTATIONS = (
    Mutation("flatten a list inside a column", FAST,
             "strict=True) if has_lists(body, walk.lists) else None", "strict=True)",
             "tests/web/test_columns_json.py::test_what_is_no_column_of_numbers_is_left_to_the_strict_decoder"),
    Mutation("take the first of two keys alike", FAST,
             'len(set(keys)) < len(keys) or any("\\0" in key for key in keys)', 'any("\\0" in key for key in keys)',
             "tests/web/test_columns_json.py::test_doubts_are_left_to_the_strict_decoder"),
    Mutation("look up keys that hold a NUL", FAST,
             ' or any("\\0" in key for key in keys)', "",
             "tests/web/test_columns_json.py::test_a_key_with_a_nul_is_not_looked_up"),
    Mutation("read an Arrow stream without its end", SCAN,
             "if at != len(body):", "if at > len(body):",
             "tests/api/reading/test_arrow_scan.py::test_a_stream_that_is_cut_off_anywhere_or_goes_on_is_refused"),
    Mutation("decompress the buffers of an Arrow stream", SCAN,
             "if table.place(_COMPRESSION):", "if False:",
             "tests/api/reading/test_arrow_scan.py::test_compressed_buffers_are_refused_before_they_are_read"),
)  # fmt: skip
