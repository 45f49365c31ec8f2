"""The hook for `redis`: a client span for each command outside a pipeline."""

from __future__ import annotations

import functools
import re
from contextvars import ContextVar
from typing import Final

from opentracing.ext import tags

from jaeger_client.instrumentation.legacy.client_hooks._current_span import (
    current_span_func,
)
from jaeger_client.instrumentation.legacy.client_hooks._patcher import (
    Library,
    Patcher,
    attempt,
    functions_of,
    imported,
)
from jaeger_client.instrumentation.legacy.utils import start_child_span

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]

IPV4_RE: Final = re.compile(r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$")
METHOD_NAMES: Final = ["execute_command", "get", "set", "setex", "setnx"]

_IS_TRACED: Final[ContextVar[bool]] = ContextVar(
    "jaeger_client.legacy_command_is_traced", default=False
)
"""Whether the command that is being executed has a span already."""


class RedisPatcher(Patcher):
    """Replaces the methods `METHOD_NAMES` of `redis.Redis`."""

    module_name = "redis"

    def _install_patches(self) -> None:
        redis = imported(self.module_name)
        pipeline = imported("redis.client").Pipeline
        for name in METHOD_NAMES:
            self.replace(redis.Redis, name, functools.partial(_traced, name, pipeline))


def _traced(method: str, pipeline: type, original: Library) -> Library:
    @functools.wraps(original)
    def traced(client: Library, *args: object, **kwargs: object) -> Library:
        if _IS_TRACED.get() or isinstance(client, pipeline):
            return original(client, *args, **kwargs)
        span = attempt(_start, method, client, args, kwargs)
        if span is None:
            return original(client, *args, **kwargs)
        _IS_TRACED.set(True)
        try:
            with span:
                return original(client, *args, **kwargs)
        finally:
            _IS_TRACED.set(False)

    return traced


def _start(
    method: str, client: Library, args: tuple[Library, ...], kwargs: dict[str, Library]
) -> Library:
    """Start the span of a call; only keys and times to live are recorded of it."""
    is_any = method == "execute_command"
    command = (args[0] if args else "") if is_any else method.upper()
    if isinstance(command, bytes):
        command = command.decode("ascii", "replace")
    connection = client.connection_pool.connection_kwargs
    host, port = connection.get("host"), connection.get("port")
    found: dict[str, object] = {
        tags.SPAN_KIND: tags.SPAN_KIND_RPC_CLIENT,
        tags.PEER_SERVICE: "redis",
    }
    if host:
        is_ip = IPV4_RE.match(str(host))
        found[tags.PEER_HOST_IPV4 if is_ip else tags.PEER_HOSTNAME] = host
    if port:
        found[tags.PEER_PORT] = port
    if not is_any:
        found["redis.key"] = str(args[0] if args else kwargs.get("name"))
    if method == "setex":
        found["redis.ttl"] = args[1] if args[1:] else kwargs.get("time")
    parent = current_span_func()
    return start_child_span(f"redis:{command}", parent=parent, tags=found)


patcher = RedisPatcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
