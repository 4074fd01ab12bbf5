"""One computing command, from its options to its exit status: 0 answered, 1 refused, 2 not understood."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from service.api.commands.complaint import complain
from service.api.commands.drawn import refuse_undrawable, write_drawn
from service.api.commands.option_text import said
from service.api.commands.usage import RefusedError, UsageError
from service.api.commands.waiting import Tell, estimated, waiting

if TYPE_CHECKING:
    from service.api.commands.requests.document import Document

NO_RICH = "tables in the terminal need the package rich (pip install rich); --json and --csv work without it"
_NOT_OF_REQUESTS = frozenset({"command", "file", "output", "no_work_limit", "report", "figure"})


def run_command(chosen: Namespace) -> int:
    """Run it; the exit status. Answers go to standard output, everything else to standard error."""
    name = f"rectifier {chosen.command}"
    if sys.stdout is None:
        return _say(name, "standard output is closed", 2)
    try:
        if chosen.output is None and find_spec("rich") is None:
            return _say(name, NO_RICH, 2)
        refuse_undrawable(chosen)
        return _answered(chosen, name)
    except UsageError as error:
        return _say(name, str(error), 2)
    except BrokenPipeError:  # who read the output has enough of it
        _nowhere()
    except OSError as error:  # of a full disk, say; those of files that are read are usage errors
        _nowhere()
        return _say(name, f"standard output: {error.strerror}", 2)
    return 0


def _answered(chosen: Namespace, name: str) -> int:
    """Write the answer, or say why there is none: for programs, which asked for JSON, as the service does, too."""
    try:
        with waiting("loading") as tell:
            write = _outcome(chosen, tell)
    except RefusedError as refused:
        from service.api.catalogue import CATALOGUE
        from service.api.commands.refused import told
        from service.web.problems import document

        _say(name, told(refused.problem, refused.document, vars(chosen)), 1)
        if chosen.output == "json":
            _write(document(refused.problem, CATALOGUE, "")[1])
            sys.stdout.flush()
        return 1
    write()
    sys.stdout.flush()
    return 0


def _say(name: str, text: str, status: int) -> int:
    complain(name, text)
    return status


def _nowhere() -> None:
    """Standard output leads nowhere from here on: what is left in it is for nobody."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _outcome(chosen: Namespace, tell: Tell) -> Callable[[], object]:
    """What is to be written, once everything is computed."""
    from service.api.lean_scipy import import_scipy

    import_scipy()
    from service.api.commands.answering import answered
    from service.api.commands.registry import COMMANDS
    from service.api.render.media import CSV, forms

    command = COMMANDS[chosen.command]
    computation = command.computation()
    document = _document(chosen, command.asked, tell)
    if chosen.output == "request":
        return partial(_write, document.body)
    answer = answered(
        computation, document, unlimited=chosen.no_work_limit, tell=lambda seconds: tell(estimated(seconds))
    )
    offered = forms(computation.steps().answer, computation.lines, computation.report)
    write_drawn(chosen, offered, answer, tell)
    if chosen.output == "json":
        return partial(_write, answer)
    if chosen.output == "csv":
        return partial(_write, offered[CSV].render(answer))
    return partial(_show, answer, command.shown())


def _document(chosen: Namespace, asked: Callable[[Namespace, Any], Document], tell: Tell) -> Document:
    from service.api.commands.requests.document import Document
    from service.api.commands.source import read_source

    source = None
    if chosen.file is not None:
        tell(f"reading {chosen.file}")
        source = read_source(chosen.file, chosen.na)
    if source is None or not source.is_request:
        return asked(chosen, source)
    if extra := said({name: value for name, value in vars(chosen).items() if name not in _NOT_OF_REQUESTS}):
        text = f"{source.name} is a whole request; leave out {', '.join(extra)}, or say it there"
        raise UsageError(text)
    return Document(source.body)


def _write(body: bytes) -> None:
    sys.stdout.buffer.write(body)
    if sys.stdout.isatty() and not body.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")


def _show(answer: bytes, shown: Callable[[dict[str, Any]], list[Any]]) -> None:
    import msgspec

    from service.api.commands.terminal import show, tame

    show(shown(tame(msgspec.json.decode(answer))), sys.stdout)
