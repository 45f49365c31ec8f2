"""
Five services in processes of their own, each of which calls the next one.

Django calls Flask, which calls FastAPI, which calls a gRPC service, which sends a task
to a worker of Celery.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.integration.server_processes import PROGRAMS, serving
from tests.integration.web_servers import run

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from tests.integration.server_processes import Agent, Server

ROOT: Final = PROGRAMS.parents[2]
PATH: Final = "/cakes/7"
"""What is requested."""

EXPECTED: Final = [
    ("django", "GET /cakes/<int:number>"),
    ("django", "call /cakes/7"),
    ("flask", "GET /cakes/<int:number>"),
    ("flask", "call /cakes/7"),
    ("fastapi", "GET /cakes/{number}"),
    ("fastapi", "call /cakes/7"),
    ("fastapi", "/bakery/bake"),
    ("grpc", "/bakery/bake"),
    ("bakery", "deliver"),
    ("bakery", "drive"),
]
"""Service and operation of each span; each is the parent of the next one."""

WORKER: Final = (
    *("celery", "-A", "celery_tasks", "worker", "--loglevel=INFO"),
    *("--pool=prefork", "--concurrency=1"),
    *("--without-mingle", "--without-gossip", "--without-heartbeat"),
)


class SeenSpan(NamedTuple):
    """A span as its receiver has seen it."""

    trace_id: object
    span_id: object
    parent_id: object
    """Not the id of a span if it has no parent."""
    service: str
    operation: str


def chain_of(spans: Iterable[SeenSpan]) -> list[tuple[str, str]]:
    """Return service and operation of spans of one trace, each a child of the last."""
    by_id = {span.span_id: span for span in spans}
    assert 1 == len({span.trace_id for span in by_id.values()}), by_id
    children = {span.parent_id: span for span in by_id.values()}
    (current,) = (span for span in by_id.values() if span.parent_id not in by_id)
    chain = [current]
    while current.span_id in children:
        current = children[current.span_id]
        chain.append(current)
    assert len(by_id) == len(chain), by_id
    return [(span.service, span.operation) for span in chain]


@contextmanager
def five_services(agent: Agent, folder: Path) -> Generator[Server]:
    """Run the services during the block, and return the first one, that of Django."""
    environ = {
        "BROKER": str(folder / "broker.db"),
        "PYTHONPATH": f"{ROOT}:{ROOT / 'examples'}",
    }
    with ExitStack() as stack:
        worker = stack.enter_context(serving(agent, *WORKER, environ=environ))
        rpc = stack.enter_context(serving(agent, "grpc_tasks", environ=environ))
        assert rpc.log.wait_for("serves on port")
        (port,) = re.findall(r"serves on port (\d+)\.", rpc.log.text)
        servers: list[Server] = []
        following = f"grpc://127.0.0.1:{port}"
        for name in ("fastapi", "flask", "django"):
            server = stack.enter_context(run(agent, name, TEST_NEXT=following))
            servers.append(server)
            following = f"http://127.0.0.1:{server.port}"
        # So that no call waits for the start of the server.
        for server in servers:
            server.get("/health")
        # Otherwise two processes may create the tables of the broker at once.
        assert worker.log.wait_for(" ready.")
        yield servers[-1]
