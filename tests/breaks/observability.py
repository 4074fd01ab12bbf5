"""Breaks of what the services tell of themselves."""

from __future__ import annotations

from tests.breaks.mutation import Mutation

MUTATIONS = (
    Mutation("a known answer that is not a number taken for right", "service/web/canary.py",
             "math.inf if math.isnan(error) else error", "error",
             "tests/web/test_canary.py::test_what_cannot_be_computed_is_as_wrong_as_can_be"),
    Mutation("a known answer that could not be computed taken for right", "service/web/canary.py",
             "error = math.inf", "error = 0.0",
             "tests/web/test_canary.py::test_what_cannot_be_computed_is_as_wrong_as_can_be"),
    Mutation("the best of the known answers for the worst", "service/api/golden.py",
             "return max(max(", "return min(max(",
             "tests/api/test_golden.py::test_the_largest_error_of_any_number_is_told"),
    Mutation("known answers that are never shipped", "service/api/golden.py",
             "            wire = shipping.read(", "            shipping.read(",
             "tests/api/test_golden.py::test_a_number_that_is_read_wrongly_on_the_way_is_seen"),
    Mutation("known answers whose bounds nobody looks at", "service/api/golden.py",
             '        (first["interval"]["upper"], golden.upper),\n', "",
             "tests/api/test_golden.py::test_the_largest_error_of_any_number_is_told"),
    Mutation("any word as a label", "service/web/http_metrics.py",
             'line.problem if line.problem in self._codes else "other"', "line.problem",
             "tests/web/test_http_metrics.py::test_a_request_is_counted_once_in_each_metric"),
    Mutation("a trace that is all noughts", "service/web/trace_context.py",
             " or not (int(trace_id, 16) and int(span_id, 16))", "",
             "tests/web/test_trace_context.py::test_what_breaks_the_rules_is_as_if_it_had_not_come"),
    Mutation("a span with the callers' paths", "service/web/telemetry.py",
             'route=scope.get("path_template") or "unmatched"', 'route=scope["path"]',
             "tests/web/test_otel.py"),
    Mutation("a collector that is gone breaks the stop", "service/web/otel.py",
             "except Exception:  # noqa: BLE001 - whatever a collector answers, requests go on",
             "except ZeroDivisionError:",
             "tests/web/test_otel.py::test_an_exporter_that_raises_loses_its_spans"),
    Mutation("verdicts that nobody counts", "service/api/tally.py",
             "        self._verdicts.add_all(facts.verdicts)\n", "",
             "tests/api/routes/test_calibrations.py::test_an_answer_is_counted_and_a_validation_is_work_only"),
)  # fmt: skip
