"""A process that must not outlive the one that started it."""

from __future__ import annotations

import os
import signal
import sys

SCORE = "/proc/self/oom_score_adj"
_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the parent (its process id) ends; only Linux can."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel knew
        os._exit(1)


def die_first() -> None:
    """When memory runs out, let the kernel take this process before any other; a hint only Linux takes."""
    try:
        with open(SCORE, "w", encoding="ascii") as score:  # noqa: PTH123 - a kernel's switch
            score.write("1000")
    except OSError:
        pass
