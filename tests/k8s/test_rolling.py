from __future__ import annotations

import itertools
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.k8s import rolling


@pytest.fixture
def served():
    """A server on this machine; its `bad` says of the count of a request what is wrong with its answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        count = itertools.count(1)
        bad = staticmethod(lambda _n: None)

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            wrong = self.bad(next(self.count))
            if wrong == "gone":
                self.close_connection = True
                return
            body = b'{"summary": {"estimate": %d}}' % (wrong == "other")
            self.send_response(503 if wrong == "refused" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_all_answered_and_alike_is_good(served, tmp_path, capsys):
    _, address = served
    assert rolling.main(address, "0.3", str(tmp_path / "stop")) == 0
    assert "1 different answer(s)" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", ["refused", "gone", "other"])
def test_one_request_that_is_not_answered_well_is_seen(served, tmp_path, wrong):
    handler, address = served
    handler.bad = staticmethod(lambda n: wrong if n in {3, 4, 5, 6, 7, 8} else None)
    assert rolling.main(address, "0.3", str(tmp_path / "stop")) == 1


def test_it_stops_when_told(served, tmp_path):
    _, address = served
    (tmp_path / "stop").touch()
    began = time.monotonic()
    rolling.main(address, "60", str(tmp_path / "stop"))
    assert time.monotonic() - began < 50
