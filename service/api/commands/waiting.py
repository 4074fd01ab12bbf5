"""What is going on, on standard error while one waits at a terminal: a spinner, the time, and what the work may take.

The core tells no progress, so none is shown: seconds are estimated from the work before it begins.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WORTH_TELLING = 1.0  # seconds
Tell = Callable[[str], object]


@contextmanager
def waiting(first: str) -> Iterator[Tell]:
    """A function that changes what is said to be going on; without a terminal, or without rich, nothing is shown."""
    if not sys.stderr.isatty():
        yield str
        return
    try:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    except ImportError:
        yield str
        return
    console = Console(stderr=True)
    spinner = SpinnerColumn("line" if console.options.ascii_only else "dots")
    columns = (spinner, TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task(first)
        yield lambda text: shown.update(task, description=text)


def estimated(seconds: float) -> str:
    """The work in words."""
    return f"computing, about {seconds:.0f} s of work" if seconds >= _WORTH_TELLING else "computing"
