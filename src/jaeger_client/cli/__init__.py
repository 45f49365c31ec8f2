"""The command line: `jaeger-client` and `python -m jaeger_client`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from jaeger_client.constants import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command in *arguments*, by default those of the process.

    Returns the exit code. An invalid command line exits with 2.
    """
    parser = _make_parser()
    options = parser.parse_args(arguments)
    return _demo(requests=options.requests, use_jaeger=not options.no_jaeger)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jaeger-client",
        description="Tools for the Jaeger tracer for Python.",
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"jaeger-client {__version__}",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    demo = commands.add_parser(
        "demo",
        help="run three small services and show their trace",
        description="Runs three small services that call each other, and shows "
        "their traces. Spans are sent to Jaeger if it runs on this machine.",
    )
    demo.add_argument(
        "--no-jaeger",
        action="store_true",
        help="use the demo's own receiver even if Jaeger runs",
    )
    demo.add_argument(
        "--requests",
        type=_count,
        default=1,
        metavar="N",
        help="number of requests to trace (default: 1)",
    )
    return parser


def _count(text: str) -> int:
    # argparse prints the message with the name of the option.
    if not text.isdecimal() or not int(text):
        msg = f"must be a whole number of at least 1, got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _demo(*, requests: int, use_jaeger: bool) -> int:
    # Loaded on demand: `--version` needs none of it.
    from jaeger_client.cli.demo.run import find_jaeger, run_demo  # noqa: PLC0415

    return run_demo(
        requests=requests,
        backend=find_jaeger() if use_jaeger else None,
        out=sys.stdout,
    )
