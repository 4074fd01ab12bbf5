"""Requests to a service while its pods are replaced: `python -m tests.k8s.rolling http://ADDRESS SECONDS STOP_FILE`.

A few clients ask one after the other, each answer read and compared, half of them with a new connection every time and
half with one that is kept and, as HTTP clients do, asked again on a new one when it was closed before an answer began.
They stop when the file is there, or after so many seconds. Prints what was answered and fails if anything was not.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

BODY = (Path(__file__).parents[2] / "service/api/example.json").read_bytes()
HEADERS = {"Content-Type": "application/json"}
PAUSE = 0.02


class Client(threading.Thread):
    """One after the other, until told to stop."""

    def __init__(self, host: str, keep: bool, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.host, self.keep, self.stop = host, keep, stop
        self.seen: Counter[str] = Counter()
        self.answers: set[str] = set()
        self.slowest = 0.0
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        while not self.stop.is_set():
            began = time.perf_counter()
            self.seen[self._ask()] += 1
            self.slowest = max(self.slowest, time.perf_counter() - began)
            time.sleep(PAUSE)
        self._drop()

    def _ask(self) -> str:
        """The status of an answer, or what happened instead."""
        again = self._connection is not None
        self._connection = self._connection or http.client.HTTPConnection(self.host, timeout=30)
        try:
            return self._answer(self._connection)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self._drop()
            if not again:
                return type(error).__name__
            self.seen["(a kept connection had been closed)"] += 1
            return self._ask()
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            return type(error).__name__

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _answer(self, connection: http.client.HTTPConnection) -> str:
        connection.request("POST", "/v1/calibrations", BODY, HEADERS)
        response = connection.getresponse()
        body = response.read()
        if response.status == 200:
            self.answers.add(json.dumps(json.loads(body)["summary"], sort_keys=True))
        if not self.keep or response.will_close:
            self._drop()
        return str(response.status)


def main(address: str, seconds: str, stop_file: str) -> int:
    """0 when every request was answered with 200 and all answers agree."""
    stop = threading.Event()
    clients = [Client(urlsplit(address).netloc, keep, stop) for keep in (False, False, True, True)]
    for client in clients:
        client.start()
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until and not Path(stop_file).exists():
        time.sleep(0.1)
    stop.set()
    for client in clients:
        client.join(60)
    answers = set().union(*(client.answers for client in clients))
    for keep in (False, True):
        seen = sum((client.seen for client in clients if client.keep == keep), Counter())
        print("connection", "kept:" if keep else "new: ", dict(seen))
    print(f"slowest {max(c.slowest for c in clients):.2f} s, {len(answers)} different answer(s)")
    statuses = {status for client in clients for status in client.seen if not status.startswith("(")}
    return int(statuses != {"200"} or len(answers) != 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
