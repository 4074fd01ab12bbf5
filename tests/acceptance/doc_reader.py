"""A reader who follows a page of the documentation: one shell that stays, in a folder of its own.

Blocks are executed as they are written; only the addresses of services are those of the services that run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.acceptance.doc_blocks import Block
from tests.acceptance.node import free_port
from tests.shape.sources import ROOT

PROGRAMS = {"python": ("python3", "py"), "js": ("node", "mjs"), "r": ("Rscript", "R")}
IMPORTS = re.compile(r"^(?:import |from \w+ import |library\(|const .*= await import\()", re.MULTILINE)
STANDS = re.compile(r"^(?:make|rectifier) (?:serve|gateway)\b.*$", re.MULTILINE)
"""What the running services stand for."""
END = "\036"
TELL = {"python": f"print({END!r}, flush=True)", "js": f"console.log({json.dumps(END)})", "r": f"cat('{END}\\n')"}
SECONDS = 60.0


def decimals(text: str) -> Any:
    """JSON with every number as it is written."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@dataclass
class Reader:
    """``printed`` is what the last block printed; ``scripts`` are the programs that later blocks go on with."""

    folder: Path
    addresses: Mapping[str, str]
    printed: str = ""
    scripts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lab = free_port()
        tools = self.folder / ".tools"
        tools.mkdir()
        (self.folder / ".library").mkdir()
        for entry in ROOT.iterdir():
            if not entry.name.startswith("."):
                (self.folder / entry.name).symlink_to(entry)
        for name, command in {"python3": "", "python": "", "rectifier": " -m service.cli"}.items():
            (tools / name).write_text(f'#!/bin/sh\nexec {sys.executable}{command} "$@"\n')
            (tools / name).chmod(0o755)
        self.shell = subprocess.Popen(
            ["/bin/sh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self.folder,
            env=self._environment(tools),
            text=True,
            start_new_session=True,
        )

    def _environment(self, tools: Path) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if not name.startswith(("RECTIFIER_", "COLUMNS"))}
        return given | {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "R_LIBS": str(self.folder / ".library"),
            "RECTIFIER_URL": f"http://{self.addresses['localhost:8000']}",
            "RECTIFIER_GATEWAY_URL": f"http://{self.addresses.get('127.0.0.1:8001', '')}",
            "LAB_URL": f"http://127.0.0.1:{self.lab}",
            "PORT": str(self.lab),
        }

    def close(self) -> None:
        """End the shell and everything it started."""
        os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.communicate()

    def here(self, text: str) -> str:
        """The text with the addresses of the services that run."""
        for written, real in {**self.addresses, "localhost:3000": f"127.0.0.1:{self.lab}"}.items():
            text = text.replace(written, real)
        return STANDS.sub(":", text)

    def run(self, block: Block) -> None:
        """Execute a block; AssertionError when it fails, tells of a refusal, or is not done in time."""
        file = self.folder / f".block-{block.line}"
        if block.language == "sh":
            file.write_text(self.here(block.text) + "\n")
            self._shell(file, f'. "{file}"')
        else:
            self._program(block, file)

    def _program(self, block: Block, file: Path) -> None:
        """A program that imports stands alone; any other goes on where the last one of its language ended."""
        program, ending = PROGRAMS[block.language]
        before = "" if IMPORTS.search(block.text) else self.scripts.get(block.language, "")
        self.scripts[block.language] = f"{before}{block.text}\n"
        file = file.with_suffix(f".{ending}")
        file.write_text(self.here(f"{before}{TELL[block.language]}\n{block.text}\n"))
        self._shell(file, f'{program} "{file}"')
        self.printed = self.printed.partition(f"{END}\n")[2]

    def _shell(self, file: Path, command: str) -> None:
        """Feed the shell a command and wait until it has come to its end."""
        out, err = file.with_suffix(".out"), file.with_suffix(".err")
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(f"{command} </dev/null >{out} 2>{err}; echo {END}$?\n")
        self.shell.stdin.flush()
        timer = threading.Timer(SECONDS, self.shell.kill)
        timer.start()
        status = self.shell.stdout.readline()
        timer.cancel()
        self.printed = out.read_text()
        assert status == f"{END}0\n", (status, self.printed[-2000:], err.read_text()[-4000:])
        if re.search(r"&\s*$", file.read_text()):
            self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.lab), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("what was started in the background does not listen")


def missing(language: str) -> str | None:
    """The program that a language needs and this machine does not have."""
    program = PROGRAMS.get(language, ("sh", ""))[0]
    return None if language == "python" or shutil.which(program) else program
