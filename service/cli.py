"""The command ``rectifier``: serve, gateway, keys, demo, methods, openapi, and the computing commands."""

from __future__ import annotations

import argparse
import gc
import io
import os
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.util import find_spec

COMPUTING = {
    "calibrate": "calibrated estimates from a CSV file",
    "design": "how many humans to ask, which LLM answers to buy",
    "diagnose": "whether LLM answers may be relied on",
    "track-record": "the human effect behind an LLM-only one",
    "screen": "many hypotheses under one error rate",
}
ELSEWHERE = "rectifier {}: this installation has only the gateway; install rectifier where it is to compute"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; its exit status."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # more threads cost small matrices a hundredfold; read at import
    said = sys.argv[1:] if arguments is None else arguments
    if said and said[0] in COMPUTING:
        return _compute(said)
    chosen = _parser("").parse_args(said)
    if chosen.command in {"serve", "gateway"}:
        from service.web.supervisor import supervise

        gc.disable()  # a tenth of the start; the server turns it on when everything is built
        return supervise(_served if chosen.command == "serve" else _served_gateway, chosen.host, chosen.port)
    if chosen.command == "demo":
        from service.api.demo import demo

        return demo()
    if chosen.command == "methods":
        from service.api.parts import cards
        from service.api.render.methods import table

        print(table(cards()), end="")
        return 0
    if chosen.command == "keys":
        from service.web.access.command import run_keys

        return run_keys(chosen, datetime.now(UTC))
    sys.stdout.buffer.write(_document(chosen.deployable))
    return 0


def _compute(said: Sequence[str]) -> int:
    if sys.stderr is None:  # closed: what is said there is for nobody
        sys.stderr = io.StringIO()
    if find_spec("service.api") is None:
        print(ELSEWHERE.format(said[0]), file=sys.stderr)
        return 2
    try:
        chosen = _parser(said[0]).parse_args(said)
        from service.api.commands.running import run_command

        return run_command(chosen)
    except KeyboardInterrupt:
        print(f"rectifier {said[0]}: stopped", file=sys.stderr)
        return 130


def _served(listening: socket.socket) -> int:
    from service.api.lean_scipy import import_scipy

    import_scipy()
    from service.api.serving import serve

    return serve(listening)


def _served_gateway(listening: socket.socket) -> int:
    from service.gateway.serving import serve

    return serve(listening)


def _document(deployable: str) -> bytes:
    """The OpenAPI document of one of the two."""
    if deployable == "gateway":
        from service.gateway.openapi import build_document as gateway_document

        return gateway_document()
    from service.api.openapi import build_document
    from service.api.parts import calibration_parts

    return build_document(calibration_parts().computations)


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")
    return int(text)


class _Version(argparse.Action):
    """Looks the version up only where it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(parser.prog, version("rectifier"))
        parser.exit()


def _parser(asked: str) -> argparse.ArgumentParser:
    """The parser; of the computing commands only the one that is asked for gets its options."""
    from service.web.access.command import add_keys

    parser = argparse.ArgumentParser(prog="rectifier", description="Calibrated effects from human and LLM responses.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words, port in (("serve", "the calibration service", 8000), ("gateway", "the LLM gateway", 8001)):
        command = commands.add_parser(name, help=f"start {words}")
        command.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        command.add_argument("--port", type=_port, default=port, help="port to listen on (default: %(default)s)")
    for name, words in COMPUTING.items():
        command = commands.add_parser(name, help=words)
        if name == asked:
            from service.api.commands.arguments import fill

            fill(name, command)
    add_keys(commands)
    commands.add_parser("demo", help="start the service, calibrate the bundled example, print the answer, stop")
    commands.add_parser("methods", help="print the table of methods")
    document = commands.add_parser("openapi", help="print the OpenAPI document")
    document.add_argument("deployable", nargs="?", choices=("calibration", "gateway"), default="calibration")
    return parser


if __name__ == "__main__":
    sys.exit(main())
