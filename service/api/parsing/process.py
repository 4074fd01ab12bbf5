"""The parsing process: ``python -m service.api.parsing.process DESCRIPTOR``.

It ends when the service closes the socket or dies, and is the first that the kernel takes when memory runs out.
"""

from __future__ import annotations

import os
import socket
import sys

from service.web.hardening import harden
from service.web.parentage import die_first, die_with

_KINDER = 5  # steps of niceness: whoever answers small requests goes first


def main() -> None:
    """Serve errands from the socket that was inherited."""
    die_with(os.getppid())
    die_first()
    harden()
    os.nice(_KINDER)
    from service.api.lean_scipy import import_scipy

    import_scipy()  # before the core, which imports scipy whole
    from service.api.parsing.answering import serve
    from service.api.parts import calibration_parts
    from service.api.settings import read_settings

    serve(socket.socket(fileno=int(sys.argv[1])), calibration_parts().computations, read_settings(os.environ).limits)


if __name__ == "__main__":
    main()
