"""The hook for redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis
import redis.backoff
import redis.retry

from jaeger_client.instrumentation.legacy.client_hooks import strict_redis
from jaeger_client.testing import MemoryTracer
from tests.unit.instrumentation.legacy.conftest import (
    Install,
    names_of,
    tags_of,
)
from tests.unit.spans import Anything


@pytest.fixture
def client(ports: Callable[[str], int]) -> Iterator[Anything]:
    """Return a client of the server."""
    with redis.Redis(host="127.0.0.1", port=ports("Redis")) as client:
        yield client


@pytest.mark.filterwarnings("ignore:Call to deprecated setex")
def test_a_command_has_one_span(
    tracer: MemoryTracer, install: Install, client: Anything
) -> None:
    """With the key, and without the value."""
    install("strict_redis")

    client.setex("cake", 60, "secret value")

    assert ["redis:SETEX"] == names_of(tracer)
    tags = tags_of(tracer.spans[0])
    assert ("cake", 60, "redis") == (
        tags["redis.key"],
        tags["redis.ttl"],
        tags["peer.service"],
    )
    assert "secret value" not in str(tags)


def test_other_commands_have_no_key(
    tracer: MemoryTracer, install: Install, client: Anything
) -> None:
    """Their name may be bytes."""
    install("strict_redis")

    client.execute_command(b"GET", "cake")

    assert ["redis:GET"] == names_of(tracer)
    assert "redis.key" not in tags_of(tracer.spans[0])


def test_a_client_of_a_socket_file_has_no_peer(
    tracer: MemoryTracer, install: Install
) -> None:
    """Neither host nor port."""
    install("strict_redis")
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)

    with (
        redis.Redis(unix_socket_path="/no/such/socket", retry=retry) as client,
        pytest.raises(redis.ConnectionError),
    ):
        client.get("cake")

    peer = {name for name in tags_of(tracer.spans[0]) if name.startswith("peer")}
    assert {"peer.service"} == peer


def test_a_pipeline_has_no_spans(
    tracer: MemoryTracer, install: Install, client: Anything
) -> None:
    """As in 3.3.1."""
    install("strict_redis")

    client.pipeline().set("cake", "1").get("cake").execute()

    assert [] == tracer.spans


def test_an_error_is_recorded_and_raised(
    tracer: MemoryTracer, install: Install, client: Anything
) -> None:
    """The next command has a span again."""
    install("strict_redis")

    with pytest.raises(redis.ResponseError):
        client.incr("cake")
    client.get("cake")

    assert ["redis:INCRBY", "redis:GET"] == names_of(tracer)
    assert [True, None] == [tags_of(span).get("error") for span in tracer.spans]


def test_a_fault_of_the_hook_does_not_prevent_the_command(
    tracer: MemoryTracer,
    install: Install,
    client: Anything,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command is executed without a span."""
    install("strict_redis")
    monkeypatch.setattr(strict_redis, "start_child_span", None)

    client.set("cake", "tart")

    assert b"tart" == client.get("cake")
    assert [] == tracer.spans


def test_the_hook_can_be_removed(
    tracer: MemoryTracer, install: Install, client: Anything
) -> None:
    """Methods that the class inherits are inherited again."""
    before = dict(vars(redis.Redis))
    hook = install("strict_redis")
    hook.reset_patches()

    client.get("cake")

    assert [] == tracer.spans
    assert before == dict(vars(redis.Redis))
