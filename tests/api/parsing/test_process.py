from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from service.api.lean_scipy import UNUSED
from service.api.parsing.errand import MESSAGE_BYTES, REPLIES, Reply
from service.api.parsing.parser import COMMAND


def test_it_is_ready_without_what_nobody_uses_and_ends_with_the_socket(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command, told = (*COMMAND, str(theirs.fileno())), tmp_path / "imports"
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    with ours, told.open("w") as stderr:
        process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), env=environment, stderr=stderr)
        theirs.close()
        ours.settimeout(60)
        assert REPLIES.decode(ours.recv(MESSAGE_BYTES)) == Reply(0)
    assert process.wait(60) == 0
    loaded = {line.rpartition("|")[2].strip() for line in told.read_text().splitlines()}
    assert "scipy.special" in loaded
    assert not loaded & {f"numpy.{name}" for name in UNUSED}
