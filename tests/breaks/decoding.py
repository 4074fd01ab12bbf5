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
             "if batch.place(_COMPRESSION):", "if False:",
             "tests/api/reading/test_arrow_scan.py::test_compressed_buffers_are_refused_before_they_are_read"),
    Mutation("write out a name for every row of a dictionary", "service/api/reading/table_request.py",
             "msgspec.convert(tree, self._kind, strict=True)",
             "msgspec.msgpack.decode(msgspec.msgpack.encode(tree), type=self._kind)",
             "tests/api/reading/test_arrow_request.py::test_a_long_name_in_every_row_is_held_once"),
    Mutation("merge ids that are the same number", "service/api/reading/cells.py",
             "if not (distinct and absent):", "if not absent:",
             "tests/api/reading/test_csv_file.py::test_different_ids_stay_different"),
    Mutation("take an id that its neighbours are rounded to", "service/api/wire/layouts/table.py",
             ">= LARGEST_ID", "> LARGEST_ID",
             "tests/api/wire/layouts/test_table.py::test_ids_that_are_rounded_to_one_number_are_refused"),
    Mutation("count a string like a number", "service/api/reading/media.py",
             "Reader(b',\"',", "Reader(b',',",
             "tests/api/reading/test_media.py::test_a_string_counts_as_three_values"),
    Mutation("let any number of different names through", "service/api/parsing/shipping.py",
             "_bound(before + len(index) - 1, max_names)", "_bound(0, max_names)",
             "tests/api/parsing/test_shipping.py::test_more_different_names_than_may_be_are_refused"),
    Mutation("whole numbers are compared after they were rounded", "service/api/wire/columns.py",
             "Integral = Annotated[int, msgspec.Meta(ge=0, le=2**53)] | Annotated",
             "Integral = Annotated",
             "tests/api/wire/test_plan.py::"
             "test_a_whole_number_beyond_its_limit_is_not_taken_for_its_neighbour_in_double_precision"),
)  # fmt: skip
