"""Failing receivers, for the programs of event loops."""

from __future__ import annotations

import _socket
import _thread
import io
import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import opentracing

from tests.integration.programs.make_tracer import make_tracer

UNRESOLVABLE: Final = "hangs.test"


class Receiver:
    """The baseline: no tracing at all."""

    def __init__(self) -> None:
        self.tracer = opentracing.Tracer()

    def is_met(self) -> bool:
        """Return whether the tracer has detected the failure."""
        return True

    def close(self) -> None:
        """Close what was opened."""


class Refused(Receiver):
    """A port where nothing listens."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.tracer = tracer_to(listener)
        self._log = io.StringIO()
        self._handler = logging.StreamHandler(self._log)
        logging.getLogger("jaeger_tracing").addHandler(self._handler)

    def is_met(self) -> bool:
        return "cannot send" in self._log.getvalue()

    def close(self) -> None:
        logging.getLogger("jaeger_tracing").removeHandler(self._handler)


class Hanging(Receiver):
    """A server that accepts connections and never responds."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._accepted: list[socket.socket] = []
        self.tracer = tracer_to(self._listener)

    def is_met(self) -> bool:
        with suppress(BlockingIOError):
            self._accepted.append(self._listener.accept()[0])
        return bool(self._accepted)

    def close(self) -> None:
        for each in (self._listener, *self._accepted):
            each.close()


class Unresolvable(Receiver):
    """A name server that does not respond; the resolver waits for it."""

    def __init__(self) -> None:
        self._server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._server.bind(("127.0.0.1", 0))
        self._server.setblocking(False)
        self._hung: list[str] = []
        if "eventlet" in sys.modules:
            self._use_name_server()
        else:
            self._hang_in_resolver()
        self.tracer = make_tracer(
            local_agent={"reporting_host": UNRESOLVABLE}, reporter_flush_interval=0
        )

    def _hang_in_resolver(self) -> None:
        """Let the system's resolver, which releases the GIL, wait for ever."""
        resolve: Callable[..., Any] = _socket.getaddrinfo
        forever = _thread.allocate_lock()
        forever.acquire()

        def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
            if host not in {UNRESOLVABLE, UNRESOLVABLE.encode()}:
                return resolve(host, *arguments, **options)
            self._hung.append(host)
            return forever.acquire()

        _socket.getaddrinfo = getaddrinfo

    def _use_name_server(self) -> None:
        """Let eventlet's own resolver send requests to a socket that is never read."""
        greendns: Any = sys.modules["eventlet.support.greendns"]
        greendns.resolver._filename = io.StringIO("nameserver 127.0.0.1")
        resolver = greendns.resolver._resolver
        resolver.port = self._server.getsockname()[1]
        resolver.nameservers = ["127.0.0.1"]
        resolver.timeout = resolver.lifetime = 300

    def is_met(self) -> bool:
        with suppress(BlockingIOError):
            self._hung.append(str(self._server.recv(512)))
        return bool(self._hung)

    def close(self) -> None:
        self._server.close()


def tracer_to(listener: socket.socket) -> opentracing.Tracer:
    """Return a tracer that sends over HTTP and waits for as long as a test may take."""
    port = listener.getsockname()[1]
    return make_tracer(
        collector={"endpoint": f"http://127.0.0.1:{port}/v1/traces"},
        reporter_timeout=300,
        reporter_flush_interval=0,
    )


def make_receivers() -> dict[str, Receiver]:
    """Return the receivers by name, the baseline among them."""
    return {
        "none": Receiver(),
        "refused": Refused(),
        "hanging": Hanging(),
        "unresolvable": Unresolvable(),
    }
