"""Real web servers in processes of their own."""

from __future__ import annotations

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from tests.integration.span_sink import SpanSink

PROGRAMS = Path(__file__).parent / "programs"
TIMEOUT = 45.0


class Agent(Protocol):
    """What receives the spans, a sink or a Jaeger."""

    @property
    def port(self) -> int:
        """Its UDP port on 127.0.0.1."""
        ...


class ServerLog:
    """The output of a server, read by a thread until all its processes have ended."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output
        self._text = ""
        self._grown = threading.Condition()
        self._thread = threading.Thread(target=self._read, name="server log")
        self._thread.start()

    def _read(self) -> None:
        for line in self._output:
            with self._grown:
                self._text += line.decode(errors="replace")
                self._grown.notify_all()

    @property
    def text(self) -> str:
        """Everything that was printed so far."""
        with self._grown:
            return self._text

    def wait_for(self, text: str, timeout: float = TIMEOUT) -> bool:
        """Wait until *text* was printed; return whether it was within *timeout*."""
        with self._grown:
            return self._grown.wait_for(lambda: text in self._text, timeout)

    def join(self) -> None:
        """Wait until the output has ended."""
        self._thread.join(TIMEOUT)


class OpenRequest:
    """A request whose response has begun; it ends when its body was sent."""

    def __init__(self, port: int, path: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        head = f"POST {path} HTTP/1.1", "Host: test", "Content-Length: 1"
        self._socket.sendall("\r\n".join([*head, "", ""]).encode())
        self._response = self._socket.makefile("rb")
        status = self._response.readline()
        assert b" 200 " in status, status
        while self._response.readline().strip():
            pass
        self.pid = int(self._response.read(10))
        """The process that responds."""

    def finish(self) -> None:
        """Send the body and read the rest of the response."""
        self._socket.sendall(b".")
        assert b"." == self._response.read(1)

    def close(self) -> None:
        """Close the connection."""
        self._response.close()
        self._socket.close()


@dataclass
class Server:
    """A running server, and the requests that it has responded to."""

    process: subprocess.Popen[bytes]
    port: int
    log: ServerLog
    paths: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def get(self, path: str | None = None) -> int:
        """Request a new path; return the pid of the process that responded."""
        path = path or f"/{next(self._numbers)}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            assert 200 == response.status
            pid = int(response.read())
        finally:
            connection.close()
        self.paths.append(path)
        return pid

    def get_or_retry(self) -> int:
        """
        Request until there is a response.

        A server that stops may close a connection on which it has read no request yet.
        """
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            with suppress(ConnectionError):
                return self.get()
        msg = f"no response on port {self.port}"
        raise TimeoutError(msg)

    @contextmanager
    def open_request(self, path: str = "/open") -> Generator[OpenRequest]:
        """Begin a request, which the server's process has received in the block."""
        request = OpenRequest(self.port, path)
        try:
            yield request
        finally:
            request.close()

    @contextmanager
    def under_requests(self, clients: int = 2) -> Generator[None]:
        """Send requests, several at a time, until the block ends."""
        is_over = threading.Event()

        def send() -> None:
            while not is_over.is_set():
                self.get_or_retry()

        with ThreadPoolExecutor(clients) as pool:
            sending = [pool.submit(send) for _ in range(clients)]
            try:
                yield
            finally:
                is_over.set()
            for each in sending:
                each.result()

    def get_from_both_workers(self) -> set[int]:
        """Send requests to two workers, to the second while the first is stopped."""
        first = self.get()
        os.kill(first, signal.SIGSTOP)
        try:
            wait_until_stopped(first)
            second = self.get()
        finally:
            os.kill(first, signal.SIGCONT)
        assert first != second
        return {first, second}

    def get_from_other_than(self, *pids: int) -> int:
        """Send requests until a process other than *pids* has responded."""
        deadline = time.monotonic() + TIMEOUT
        while (pid := self.get_or_retry()) in pids:
            assert time.monotonic() < deadline, f"only {pids} respond"
        return pid

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process that was started, usually a master."""
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal, and wait until the server has ended."""
        self.send_signal(number)
        self.wait()

    def wait(self) -> None:
        """Wait until the server has ended."""
        self.process.wait(TIMEOUT)


def wait_until_stopped(pid: int) -> None:
    """Wait until a process has received SIGSTOP; it accepts nothing from then on."""
    deadline = time.monotonic() + TIMEOUT
    while "T (stopped)" not in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < deadline, f"{pid} goes on"


def wait_for_ends(pids: Iterable[int]) -> None:
    """Wait until processes have ended, which need not be children of this one."""
    for pid in pids:
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            try:
                ended, _, _ = select.select([descriptor], [], [], TIMEOUT)
            finally:
                os.close(descriptor)
            assert ended, f"{pid} has not ended"


@contextmanager
def serving(
    agent: Agent,
    *arguments: str,
    environ: Mapping[str, str] | None = None,
    python: str = sys.executable,
) -> Generator[Server]:
    """
    Run *python* `-m` with *arguments* in `programs/`, with *agent* as its agent.

    "{fd}" in the arguments is the number of a socket that listens already, so requests
    wait until the server accepts them.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JAEGER_", "OTEL_", "GUNICORN_"))
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # A server may stop between accepting a connection and reading the request, and
        # then closes it. So connections without a request are not accepted.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, int(TIMEOUT))
        with subprocess.Popen(
            [
                python,
                "-m",
                *(argument.format(fd=listener.fileno()) for argument in arguments),
            ],
            cwd=PROGRAMS,
            env={
                **inherited,
                "JAEGER_AGENT_PORT": str(agent.port),
                "PYTHONUNBUFFERED": "1",
                **(environ or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            log = ServerLog(process.stdout)
            try:
                yield Server(process, listener.getsockname()[1], log)
            finally:
                # The remaining processes of the group, including the workers.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(TIMEOUT)
                log.join()
                sys.stdout.write(log.text)  # shown if the test fails


def assert_all_arrive(sink: SpanSink, server: Server, *more: str) -> None:
    """Check that the spans of all requests and *more* arrive once, with own ids."""
    expected = sorted([*server.paths, *more])
    assert sink.wait_for(len(expected)), f"{sink.names} of {expected}"
    assert expected == sink.names
    assert len(expected) == len({span.spanId for span in sink.spans})
