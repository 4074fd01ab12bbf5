"""Breaks of placement, the parsing process, the supervisor and the bounds under load."""

from __future__ import annotations

from tests.breaks.mutation import Mutation

MUTATIONS = (
    Mutation("a body is lost with the process that parsed it", "service/api/parsing/parser.py",
             "for _ in range(2):", "for _ in range(1):",
             "tests/api/parsing/test_parser.py::test_a_process_killed_with_a_body_is_replaced_and_the_body_answered"),
    Mutation("a place is free while its thread still works", "service/api/placement.py",
             "if future is None or future.done() or future.cancel():", "if future is None or True:",
             "tests/api/test_placement.py::test_work_past_its_deadline_keeps_its_thread"),
    Mutation("all small work in one round of the event loop", "service/api/placement.py",
             "        if self._taken:\n            turn:", "        if False:\n            turn:",
             "tests/api/test_placement.py::test_between_two_pieces_of_small_work_the_network_is_looked_at"),
    Mutation("ready again as soon as one place is free", "service/api/placement.py",
             "self.occupied > self._low_mark or", "self.full() or",
             "tests/api/test_placement.py::test_ready_again_only_when_half_of_the_queue_is_free"),
    Mutation("bodies are read although there is no room for them", "service/web/body.py",
             "if self._held.bytes + more > self._held.max_bytes:", "if False:",
             "tests/web/test_body.py::test_there_is_room_for_a_body_before_it_is_read_and_while_it_grows"),
    Mutation("a killed worker has no successor", "service/web/supervisor.py",
             "if ended >= 0 or self._stopping:", "if ended or self._stopping:",
             "tests/web/test_supervisor.py::test_a_killed_worker_is_replaced_and_who_connects_meanwhile_is_answered"),
    Mutation("names that were shipped are refused in other words", "service/api/wire/columns.py",
             "        column = names_of(column)\n", "        pass\n",
             "tests/api/parsing/test_shipping.py::test_broken_at_random_it_is_answered_and_refused_word_for_word_alike"),
    Mutation("a refusal keeps what was decoded", "service/api/routes/working.py",
             "raise refusal.with_traceback(None) from None", "raise refusal from None",
             "tests/api/routes/test_working.py::test_a_refusal_lets_go_of_what_was_decoded"),
    Mutation("whoever waits in the socket is reset at the end", "service/web/serving.py",
             "        waiting = list(_waiting(door))\n", "        waiting = []\n",
             "tests/web/test_serving.py::test_whoever_was_let_in_by_the_kernel_is_answered"),
)  # fmt: skip
