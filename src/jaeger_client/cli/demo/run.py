"""Runs the demo: starts the services, sends requests, shows the spans that arrive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any, Final, TextIO

from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client.cli.demo.backend import Backend, DemoSpan
from jaeger_client.cli.demo.customers import CUSTOMERS
from jaeger_client.cli.demo.frontend import get_json
from jaeger_client.cli.demo.jaeger import QUERY_PORT, Jaeger
from jaeger_client.cli.demo.processes import ServiceError, ServiceProcess
from jaeger_client.cli.demo.terminal import Terminal, terminal_of
from jaeger_client.cli.demo.tree import draw

SPANS_IN_TRACE: Final = 15
"""Spans of one request: two for each call, and those of the work inside."""

INTERRUPTED: Final = 130
"""Exit code of a program that was ended by Ctrl-C."""

_MISSING_EXTRA: Final = (
    "demo: Jaeger is not running here, and the demo's own receiver needs thriftpy2:\n"
    "  pip install 'jaeger-client[allinone]'"
)


def run_demo(
    *,
    requests: int = 1,
    backend: Backend | None = None,
    out: TextIO,
) -> int:
    """
    Run the whole demo; return the exit code.

    Args:
        requests: Number of requests to the frontend; each is a trace.
        backend: Receives the spans; by default the demo's own receiver. Closed at
            the end.
        out: Where to print.
    """
    backend = backend or make_receiver()
    if backend is None:
        print(_MISSING_EXTRA, file=out)
        return 1
    try:
        with closing(backend):
            return _Demo(backend, out).run(requests)
    except KeyboardInterrupt:
        print("\ndemo: interrupted, all services have ended", file=out)
        return INTERRUPTED
    except (ServiceError, OSError) as error:
        print(f"demo: failed, {error}", file=out)
        return 1


def find_jaeger(query_port: int = QUERY_PORT) -> Backend | None:
    """Return Jaeger as a backend if it runs on this machine."""
    jaeger = Jaeger(query_port=query_port)
    return jaeger if jaeger.is_running() else None


def make_receiver() -> Backend | None:
    """Return the demo's own receiver; `None` if the extra `allinone` is missing."""
    try:
        # Not at the top, because a Jaeger can be used without the extra.
        from jaeger_client.cli.demo.own_receiver import OwnReceiver  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "thriftpy2":
            raise
        return None
    return OwnReceiver()


class _Demo:
    """One run."""

    def __init__(self, backend: Backend, out: TextIO) -> None:
        self._backend = backend
        self._out = out
        self._terminal: Terminal = terminal_of(out)

    def run(self, requests: int) -> int:
        start = SYSTEM_CLOCK.monotonic()
        self._print("demo: three services call each other, jaeger-client traces them")
        self._print(f"  spans are sent to {self._backend.description}")
        # list() returns when all services have ended, and so have sent their spans.
        trace_ids = list(self._send_requests(requests))
        arrived = [self._show(trace_id) for trace_id in trace_ids]
        expected = SPANS_IN_TRACE * requests
        seconds = SYSTEM_CLOCK.monotonic() - start
        self._print()
        self._print(self._result(sum(arrived), expected, seconds))
        return 0 if sum(arrived) == expected else 1

    def _send_requests(self, requests: int) -> Iterator[str]:
        environment = self._backend.environment
        with ExitStack() as running:

            def start(name: str, *arguments: str) -> ServiceProcess:
                service = ServiceProcess(name, *arguments, environment=environment)
                return running.enter_context(closing(service))

            backends = [start("customers"), start("routes")]
            ports = [str(service.port) for service in backends]
            frontend = start("frontend", *ports)
            for service in (frontend, *backends):
                self._print(_introduction(service))
            for number in range(requests):
                customer = CUSTOMERS[number % len(CUSTOMERS)][0]
                yield self._request(frontend.port, f"/dispatch?customer={customer}")

    def _request(self, port: int, url: str) -> str:
        status, body = get_json(port, url, {})
        self._print(f"  GET {url} returned {status}: {_sentence(body)}")
        return str(body["trace_id"])

    def _show(self, trace_id: str) -> int:
        """Print a trace; return the number of spans that arrived."""
        spans = self._backend.trace(trace_id, SPANS_IN_TRACE)
        self._print()
        self._print(_headline(trace_id, spans))
        for line in draw(spans, self._terminal):
            self._print(line)
        if (link := self._backend.link(trace_id)) is not None:
            self._print(f"open it: {link}")
        return len(spans)

    def _result(self, arrived: int, expected: int, seconds: float) -> str:
        summary = f"{arrived} of {expected} spans arrived, {seconds:.1f} s"
        if arrived == expected:
            return self._terminal.colour("green", f"demo: passed, {summary}")
        return self._terminal.colour("red", f"demo: failed, {summary}")

    def _print(self, line: str = "") -> None:
        print(line, file=self._out, flush=True)


def _introduction(service: ServiceProcess) -> str:
    return f"  {service.name:<9} on port {service.port}, pid {service.pid}"


def _sentence(body: dict[str, Any]) -> str:
    return f"{body['vehicle']} to {body['name']}, {body['seconds']} s"


def _headline(trace_id: str, spans: Sequence[DemoSpan]) -> str:
    if not spans:
        return f"trace {trace_id}: nothing arrived"
    services = len({span.service for span in spans})
    errors = sum(span.error is not None for span in spans)
    return (
        f"trace {trace_id}: {len(spans)} spans of {services} services, "
        f"{errors} with an error"
    )
