"""
Sends requests when they are due, whether or not earlier ones have completed.

Strategy: an open loop in one thread over persistent connections. The time of a request
counts from when it was due, not from when it was sent: a server that stalls for 100 ms
then shows 50 slow requests, as its users would see, and not one.

Run as a program, with the fields of `Load` as JSON, it prints the times of all requests
as JSON. Uses only the standard library.
"""

from __future__ import annotations

import gc
import json
import re
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

TIMEOUT = 10.0
"""Maximum delay in seconds of a response after the last request was due."""

# Eight headers of any request, and one for each tracer, to continue a trace.
REQUEST = (
    b"GET /customers/17 HTTP/1.1\r\n"
    b"Host: shop.example\r\n"
    b"User-Agent: benchmark\r\n"
    b"Accept: */*\r\n"
    b"Accept-Encoding: gzip\r\n"
    b"Connection: keep-alive\r\n"
    b"Cookie: session=b1946ac92492d234\r\n"
    b"X-Request-Id: b1946ac9\r\n"
    b"uber-trace-id: 463ac35c9f6413ad48485a3953bb6124:53ce929d0e0e4736:0:1\r\n"
    b"traceparent: 00-463ac35c9f6413ad48485a3953bb6124-53ce929d0e0e4736-01\r\n"
    b"\r\n"
)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class LoadError(Exception):
    """The server did not respond as the measurement requires."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send."""

    port: int
    rate: float
    """Requests a second."""
    seconds: float
    """Seconds that count."""
    warm_up: float
    """Seconds before them that do not count."""
    connections: int = 32

    @property
    def warm_up_requests(self) -> int:
        """Number of requests at the beginning that do not count."""
        return round(self.rate * self.warm_up)

    @property
    def requests(self) -> int:
        """Number of requests in all."""
        return self.warm_up_requests + round(self.rate * self.seconds)


@dataclass(frozen=True, slots=True)
class Times:
    """Results of the requests that count, in the order of their responses."""

    latencies_us: list[int]
    """From when each was due to the last byte of its response."""
    late_us: list[int]
    """From when each was due, and a connection was free, to when it was sent."""


class Connection:
    """One persistent connection; has at most one request in progress."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        """When the request in progress was due."""
        self._response = b""

    def send(self, due: float) -> None:
        """Send the request that was due at *due*."""
        self.due = due
        self._response = b""
        self.socket.sendall(REQUEST)

    def receive(self) -> bool:
        """
        Read what has arrived; return whether the response is complete.

        Raises:
            LoadError: If the server closed the connection, or the status is not 200.
        """
        part = self.socket.recv(65_536)
        if not part:
            msg = "the server closed a connection that should stay open"
            raise LoadError(msg)
        self._response += part
        return is_complete(self._response)


def is_complete(response: bytes) -> bool:
    """
    Return whether *response* has all of its body.

    Raises:
        LoadError: If it is not a response with status 200 and a length.
    """
    head, separator, body = response.partition(b"\r\n\r\n")
    if not separator:
        return False
    length = _LENGTH.search(head)
    if b" 200 " not in head[:16] or length is None:
        msg = f"expected status 200 with a length, got {head!r}"
        raise LoadError(msg)
    return len(body) >= int(length[1])


class OpenLoop:
    """Sends requests when they are due, and measures the time of their responses."""

    def __init__(self, load: Load, connections: Sequence[Connection]) -> None:
        self._load = load
        self._idle = list(connections)
        self._busy: dict[int, Connection] = {}
        self._due: deque[float] = deque()
        self._warm_at = 0.0
        self._free_at = 0.0
        """When a connection became free again."""
        self.times = Times([], [])

    def run(self) -> Times:
        """
        Send every request and wait for every response.

        Raises:
            LoadError: If one does not come.
        """
        start = time.monotonic()
        self._due.extend(
            start + number / self._load.rate for number in range(self._load.requests)
        )
        self._warm_at = self._due[self._load.warm_up_requests]
        give_up_at = self._due[-1] + TIMEOUT
        while self._due or self._busy:
            if time.monotonic() > give_up_at:
                msg = f"{len(self._due) + len(self._busy)} requests had no response"
                raise LoadError(msg)
            self._send_due()
            self._receive_responses(self._seconds_to_wait())
        return self.times

    def _send_due(self) -> None:
        while self._due and self._idle and self._due[0] <= time.monotonic():
            connection = self._idle.pop()
            connection.send(self._due.popleft())
            self._busy[connection.socket.fileno()] = connection
            due = connection.due
            self._note(self.times.late_us, due, since=max(due, self._free_at))

    def _seconds_to_wait(self) -> float:
        if not self._due or not self._idle:
            return 0.1
        return max(0.0, self._due[0] - time.monotonic())

    def _receive_responses(self, timeout: float) -> None:
        # select, because epoll waits for whole milliseconds only.
        readable, _, _ = select.select(list(self._busy), (), (), timeout)
        for descriptor in readable:
            connection = self._busy[descriptor]
            if connection.receive():
                due = connection.due
                self._note(self.times.latencies_us, due, since=due)
                self._free(self._busy.pop(descriptor))

    def _free(self, connection: Connection) -> None:
        if not self._idle:
            self._free_at = time.monotonic()
        self._idle.append(connection)

    def _note(self, times: list[int], due: float, *, since: float) -> None:
        if due >= self._warm_at:
            times.append(round((time.monotonic() - since) * 1e6))


def run_load(load: Load) -> Times:
    """
    Send *load* and return the results.

    Raises:
        LoadError: If a request had no response, or a wrong one.
    """
    connections: list[Connection] = []
    try:
        for _ in range(load.connections):
            connections.append(Connection(load.port))  # noqa: PERF401 - to close them
        return OpenLoop(load, connections).run()
    except OSError as exc:
        msg = f"lost the server at port {load.port}: {exc}"
        raise LoadError(msg) from exc
    finally:
        close_all(connections)


def close_all(connections: Iterable[Connection]) -> None:
    """Close every connection."""
    for connection in connections:
        connection.socket.close()


def main() -> None:
    """Send the load of the command line, and print the times."""
    load = Load(**json.loads(sys.argv[1]))
    # A garbage collection would delay requests, which would look like a delay of the
    # server.
    gc.disable()
    print(json.dumps(asdict(run_load(load))))


if __name__ == "__main__":
    main()
