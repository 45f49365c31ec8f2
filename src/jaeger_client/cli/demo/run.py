"""Runs the demo: starts the services, asks the frontend, shows what arrived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any, Final, TextIO

from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client.cli.demo.backend import Backend
from jaeger_client.cli.demo.customers import CUSTOMERS
from jaeger_client.cli.demo.frontend import ask
from jaeger_client.cli.demo.jaeger import QUERY_PORT, Jaeger
from jaeger_client.cli.demo.processes import ServiceError, ServiceProcess
from jaeger_client.cli.demo.seen import SeenSpan
from jaeger_client.cli.demo.terminal import Terminal, look_at
from jaeger_client.cli.demo.tree import draw

SPANS_IN_TRACE: Final = 15
"""What one request makes: a span for each call, both sides, and the work in them."""

INTERRUPTED: Final = 130
"""What a shell expects of a program that Ctrl-C ended."""

_MISSING_EXTRA: Final = (
    "demo: no Jaeger runs here, and the demo's own receiver needs thriftpy2:\n"
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
        requests: How often the frontend is asked; each makes a trace.
        backend: Where the spans go, if not to the demo's own receiver. Closed
            at the end.
        out: Where it is told.
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
    """Return the Jaeger that runs on this machine, if one does."""
    jaeger = Jaeger(query_port=query_port)
    return jaeger if jaeger.answers() else None


def make_receiver() -> Backend | None:
    """Return the demo's own receiver; `None` if the extra `allinone` is missing."""
    try:
        # Here, for a Jaeger can be used without the extra.
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
        self._terminal: Terminal = look_at(out)

    def run(self, requests: int) -> int:
        start = SYSTEM_CLOCK.monotonic()
        self._say("demo: three services call each other, jaeger-client traces them")
        self._say(f"  spans go to {self._backend.description}")
        # Asking ends all services, so what they traced has left them.
        trace_ids = list(self._ask_services(requests))
        arrived = [self._show(trace_id) for trace_id in trace_ids]
        expected = SPANS_IN_TRACE * requests
        seconds = SYSTEM_CLOCK.monotonic() - start
        self._say()
        self._say(self._result(sum(arrived), expected, seconds))
        return 0 if sum(arrived) == expected else 1

    def _ask_services(self, requests: int) -> Iterator[str]:
        environment = self._backend.environment
        with ExitStack() as running:

            def start(name: str, *arguments: str) -> ServiceProcess:
                service = ServiceProcess(name, *arguments, environment=environment)
                return running.enter_context(service)

            behind = [start("customers"), start("routes")]
            ports = [str(service.port) for service in behind]
            frontend = start("frontend", *ports)
            for service in (frontend, *behind):
                self._say(_introduction(service))
            for number in range(requests):
                customer = CUSTOMERS[number % len(CUSTOMERS)][0]
                yield self._ask(frontend.port, f"/dispatch?customer={customer}")

    def _ask(self, port: int, url: str) -> str:
        status, answer = ask(port, url, {})
        self._say(f"  GET {url} was answered {status}: {_sentence(answer)}")
        return str(answer["trace_id"])

    def _show(self, trace_id: str) -> int:
        """Show a trace; return how many spans of it arrived."""
        spans = self._backend.trace(trace_id, SPANS_IN_TRACE)
        self._say()
        self._say(_headline(trace_id, spans))
        for line in draw(spans, self._terminal):
            self._say(line)
        if (link := self._backend.link(trace_id)) is not None:
            self._say(f"look at it: {link}")
        return len(spans)

    def _result(self, arrived: int, expected: int, seconds: float) -> str:
        told = f"{arrived} of {expected} spans arrived, {seconds:.1f} s"
        if arrived == expected:
            return self._terminal.colour("green", f"demo: passed, {told}")
        return self._terminal.colour("red", f"demo: failed, {told}")

    def _say(self, line: str = "") -> None:
        print(line, file=self._out, flush=True)


def _introduction(service: ServiceProcess) -> str:
    return f"  {service.name:<9} on port {service.port}, pid {service.pid}"


def _sentence(answer: dict[str, Any]) -> str:
    return f"{answer['vehicle']} to {answer['name']}, {answer['seconds']} s"


def _headline(trace_id: str, spans: Sequence[SeenSpan]) -> str:
    if not spans:
        return f"trace {trace_id}: nothing arrived"
    services = len({span.service for span in spans})
    errors = sum(span.error is not None for span in spans)
    return (
        f"trace {trace_id}: {len(spans)} spans of {services} services, "
        f"{errors} with an error"
    )
