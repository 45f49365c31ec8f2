"""
Uses servers that misbehave or respond differently each time; prints memory growth.

The arguments are the name of one of the functions in `SCENES`, and the number of
operations of each block.
"""

from __future__ import annotations

import atexit
import json
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from typing import Final

from jaeger_client import Config, RemoteControlledSampler, Tracer
from jaeger_client.reporter import NullReporter
from jaeger_client.throttler import RemoteThrottler
from tests.integration.programs.memory_meter import discarding_agent, measure

Block = Callable[[], None]

TIMEOUT: Final = 60.0
NUMBERS: Final = count()


def make_tracer(**settings: object) -> Tracer:
    """Return a tracer that samples everything."""
    config = {"sampler": {"type": "const", "param": 1}, **settings}
    return Config(config, service_name="memory").new_tracer()


def serve(talk: Callable[[socket.socket], None]) -> str:
    """Yield the URL of a server that calls *talk* for each connection."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def accept() -> None:
        while True:
            sock, _ = listener.accept()
            with sock, suppress(OSError):
                talk(sock)

    threading.Thread(target=accept, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/api/traces"


def hanging_flushes(operations: int) -> Block:
    """Flush after each span, with a timeout that is shorter than the server's."""
    silent = socket.create_server(("127.0.0.1", 0), backlog=128)
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/api/traces"
    tracer = make_tracer(collector={"endpoint": url}, reporter_timeout=TIMEOUT)
    tracer.start_span("first").finish()
    connection, _ = silent.accept()  # the worker hangs until the exit
    atexit.register(silent.close)
    atexit.register(connection.close)

    def block() -> None:
        for _ in range(operations):
            assert not tracer.flush(0)

    return block


def endless_bodies(operations: int) -> Block:
    """Send each batch to a server whose response never ends."""

    def talk(sock: socket.socket) -> None:
        sock.recv(65_000)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sock.sendall(bytes(1 << 16))

    tracer = make_tracer(collector={"endpoint": serve(talk)})

    def block() -> None:
        for _ in range(operations):
            tracer.start_span("request").finish()
            tracer.flush(TIMEOUT)

    return block


def resolver(operations: int) -> Block:
    """Resolve the agent's name for each datagram, to many other addresses."""
    port, system = discarding_agent(), socket.getaddrinfo

    def getaddrinfo(_host: str, *args: object, **options: object) -> object:
        number = next(NUMBERS)
        local = system("127.0.0.1", *args, **options)  # type: ignore[arg-type]  # as they came
        family, kind, protocol, _, _ = local[0]
        low, high = number % 250, number // 250 % 250
        others = [f"127.{high}.{low}.{each}" for each in range(1, 200)]
        return local + [(family, kind, protocol, "", (each, port)) for each in others]

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]  # a resolver of our own
    address = {
        "reporting_host": "agent.test",
        "reporting_port": port,
        "attempt_reconnect_interval": 1e-6,
    }
    tracer = make_tracer(local_agent=address)

    def block() -> None:
        before = next(NUMBERS)
        for _ in range(operations):
            tracer.start_span("request").finish()
            assert tracer.flush(TIMEOUT)
        assert next(NUMBERS) - before > operations

    return block


class Source:
    """
    Responds differently each time, and only while a block runs.

    Between blocks the worker waits for a response, so that memory is not measured while
    it processes one.
    """

    def __init__(self, respond: Callable[[int], object]) -> None:
        self._respond = respond
        self._requests = 0
        self._allowed = 0
        self._changed = threading.Condition()

    def _allow(self, requests: int) -> int:
        """Respond to *count* more requests; return the total number."""
        with self._changed:
            self._allowed += requests
            self._changed.notify_all()
            return self._allowed

    def poll(self) -> bytes:
        """Return the next response as soon as a block requests it."""
        with self._changed:
            self._requests += 1
            number = self._requests
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._allowed >= number, TIMEOUT)
        return json.dumps(self._respond(number)).encode()

    def process(self, responses: int) -> None:
        """Return when the worker has processed *count* more responses."""
        goal = self._allow(responses)
        with self._changed:
            assert self._changed.wait_for(lambda: self._requests > goal, TIMEOUT)

    def request_sampling_strategy(self, service_name: str) -> bytes:
        """Return the next strategy."""
        del service_name
        return self.poll()

    def request_throttling_credits(
        self, service_name: str, client_id: str, operations: Sequence[str]
    ) -> bytes:
        """Return the next credits."""
        del service_name, client_id, operations
        return self.poll()


def any_strategy(number: int) -> object:
    """Return a strategy unique to *number*, of another kind than the previous one."""
    if number % 3 == 0:
        rate = {"samplingRate": 1 / number}
        return {"strategyType": 0, "probabilisticSampling": rate}
    if number % 3 == 1:
        limit = {"maxTracesPerSecond": number % 500}
        return {"strategyType": 1, "rateLimitingSampling": limit}
    return strategy_of_operations(number)


def strategy_of_operations(number: int) -> object:
    """Return a strategy for operations that are unique to *number*."""
    listed = [
        {
            "operation": f"listed {number} {each}",
            "probabilisticSampling": {"samplingRate": 1 / number},
        }
        for each in range(50)
    ]
    return {
        "operationSampling": {
            "defaultSamplingProbability": 1 / number,
            "defaultLowerBoundTracesPerSecond": 1 / number,
            "perOperationStrategies": listed,
        }
    }


def operations_sampled(operations: int) -> Block:
    """Follow strategies whose operations never repeat."""
    return strategies(operations, strategy_of_operations)


def strategies(
    operations: int, respond: Callable[[int], object] = any_strategy
) -> Block:
    """Follow strategies of each kind that change with every poll."""
    source = Source(respond)
    sampler = RemoteControlledSampler(
        source, "memory", sampling_refresh_interval=1e-4, max_operations=100
    )
    tracer = Tracer("memory", NullReporter(), sampler)

    def block() -> None:
        for _ in range(operations):
            tracer.start_span(f"used {next(NUMBERS)}").finish()
        source.process(operations)

    return block


def credits_of_debug_traces(operations: int) -> Block:
    """Receive credits for operations that never repeat."""
    balances = Source(
        lambda number: {
            "balances": [
                {"operation": f"listed {number} {each}", "balance": 1}
                for each in range(50)
            ]
        }
    )
    throttler = RemoteThrottler(
        balances, "memory", refresh_interval=1e-4, max_operations=100
    )
    throttler.set_client_id(1)

    def block() -> None:
        for _ in range(operations):
            throttler.is_allowed(f"used {next(NUMBERS)}")
        balances.process(operations)

    return block


SCENES: Final[dict[str, Callable[[int], Block]]] = {
    scene.__name__: scene
    for scene in (
        hanging_flushes,
        endless_bodies,
        resolver,
        strategies,
        operations_sampled,
        credits_of_debug_traces,
    )
}

if __name__ == "__main__":
    size = int(sys.argv[2])
    measure(SCENES[sys.argv[1]](size), size)
