"""Files that may change while the service runs: read again every second, taken when their contents are new and good.

Contents are compared, not dates: Kubernetes changes a mounted secret by swapping a symbolic link, editors rename, some
tools write in place. New contents are taken when two looks in a row find the same, so that a file which is still being
written is not; a file that cannot be used changes nothing, and that is said once in the log and as long as it lasts in
the metric.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Generic, TypeVar

from service.web.access.key_file import AccessFileError

_MOST_BYTES: Final = 4 << 20
_SECONDS: Final = 1.0
T = TypeVar("T")


class Watched(Generic[T]):
    """What a file means; ``told`` hears of every change: None when it was taken, else why not."""

    def __init__(self, path: Path, parse: Callable[[bytes], T], told: Callable[[str | None], object]) -> None:
        self._path, self._parse, self._told = path, parse, told
        self._taken = self._seen = _contents(path)
        self.value: T = parse(self._taken)
        self._faulty: str | None = None
        told(None)

    def look(self) -> None:
        """Look at the file once."""
        try:
            contents = _contents(self._path)
            settled, self._seen = contents == self._seen, contents
            if contents == self._taken:
                self._say(None)
            elif settled:
                self.value, self._taken = self._parse(contents), contents
                self._faulty = None
                self._told(None)
        except AccessFileError as error:
            self._say(str(error))
        except Exception as error:  # noqa: BLE001 - whatever the file holds, later ones must be looked at
            self._say(f"cannot be read ({type(error).__name__})")

    def _say(self, fault: str | None) -> None:
        if fault != self._faulty:
            self._faulty = fault
            self._told(fault)


class Watch:
    """A thread that looks at files every second."""

    def __init__(self, files: Sequence[Watched[object]], seconds: float = _SECONDS) -> None:
        self._files, self._seconds = files, seconds
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, where there is anything to look at."""
        if self._files and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="access-files", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End; the thread is gone when this returns."""
        self._end.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(self._seconds):
            for file in self._files:
                file.look()


def _contents(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            contents = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise AccessFileError(f"cannot be read ({error.strerror or type(error).__name__})") from None
    if len(contents) > _MOST_BYTES:
        raise AccessFileError(f"larger than {_MOST_BYTES} bytes")
    return contents
