"""A provider of our own on OpenAI's chat wire: counts what it is asked, by prompt, and answers by chance."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Counting(ThreadingHTTPServer):
    """The server; ``asked`` is how often each prompt (system and user text) came, ``in_flight`` what is unanswered.

    ``keys`` are the authorization headers seen (None: none); ``location``: it redirects there instead.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, seconds: float) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.seconds = seconds
        self.location = ""
        self.asked: Counter[tuple[str, str]] = Counter()
        self.keys: set[str | None] = set()
        self.connections = self.in_flight = self.most_in_flight = 0
        self.random = random.Random(5)
        self.lock = threading.Lock()

    def offered(self, name: str = "counting", **more: Any) -> dict[str, dict[str, Any]]:
        """The provider under a name, with more members."""
        address = f"http://127.0.0.1:{self.server_port}/v1"
        return {name: {"codec": "openai_chat", "base_url": address, "local": True} | more}

    def get_request(self) -> Any:
        """A connection that somebody made, whether or not a request follows."""
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A gateway that is gone is no error here."""


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Counting

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.server.location:
            self._redirect()
            return
        system, user = ([""] + [message["content"] for message in body["messages"]])[-2:]
        with self.server.lock:
            self.server.keys.add(self.headers["authorization"])
            self.server.asked[system, user] += 1
            self.server.in_flight += 1
            self.server.most_in_flight = max(self.server.most_in_flight, self.server.in_flight)
            level = self.server.random.randint(1, 5)
        time.sleep(self.server.seconds)
        with self.server.lock:
            self.server.in_flight -= 1
        self._answer({"trust": level}, body["model"])

    def log_message(self, *_: Any) -> None:
        """Silence."""

    def _redirect(self) -> None:
        self.send_response(307)
        self.send_header("location", self.server.location)
        self.send_header("content-length", "0")
        self.end_headers()

    def _answer(self, said: dict[str, int], model: str) -> None:
        message = {"role": "assistant", "content": json.dumps(said), "refusal": None}
        choices = [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]
        usage = {"prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 55}
        whole = {"id": "c", "object": "chat.completion", "created": 1, "model": model, "choices": choices}
        content = json.dumps(whole | {"usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def counting(seconds: float = 0.02) -> Iterator[Counting]:
    """The server, which takes so long for every answer, in a thread."""
    with Counting(seconds) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
