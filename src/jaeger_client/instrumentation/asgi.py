"""
ASGI middleware that closes the tracer when the server shuts down.

uvicorn raises SIGTERM again after its graceful shutdown, so Python's exit handlers do
not run, and the spans of the last second are lost. Before that, servers notify the
application with the lifespan protocol of ASGI. `TracerLifespan` closes the tracer then.

The messages of that protocol (ASGI specification, "Lifespan Protocol"):

    server sends                application replies
    lifespan.startup            lifespan.startup.complete or lifespan.startup.failed
    lifespan.shutdown           lifespan.shutdown.complete or lifespan.shutdown.failed

All messages are passed on unchanged. The tracer is closed before the replies to
shutdown and `lifespan.startup.failed` are passed on, because the server may end the
process as soon as it receives one. An application without lifespan support raises or
returns before it receives a message; the wrapper then replies in its place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Final, Protocol, TypeAlias, cast

import opentracing

from jaeger_client._internal.diagnostics import logger
from jaeger_client.reporter.base import DEFAULT_CLOSE_TIMEOUT

Scope: TypeAlias = MutableMapping[str, object]
Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
# `...`, because each framework has types of its own for scopes and messages.
Application: TypeAlias = Callable[..., Awaitable[None]]

_STARTUP_COMPLETE: Final = "lifespan.startup.complete"
_STARTUP_FAILED: Final = "lifespan.startup.failed"
_SHUTDOWN: Final = "lifespan.shutdown"
_SHUTDOWN_COMPLETE: Final = "lifespan.shutdown.complete"
_SHUTDOWN_FAILED: Final = "lifespan.shutdown.failed"
_FINAL: Final = {_STARTUP_FAILED, _SHUTDOWN_COMPLETE, _SHUTDOWN_FAILED}
"""Replies after which the server may end the process."""


class ClosableTracer(Protocol):
    """The part of `jaeger_client.Tracer` that is used here."""

    async def aclose(self, timeout: float = ...) -> bool:
        """Send what is queued and close, within *timeout* seconds."""
        ...


class TracerLifespan:
    """
    ASGI middleware that closes a tracer when the server shuts down.

    It works with any ASGI framework and server, also if the application does not
    support the lifespan protocol. The tracer is closed after the application's own
    shutdown, without blocking the event loop. Requests are passed on unchanged.

    Args:
        app: The application.
        tracer: The tracer to close; by default OpenTracing's global tracer at the
            time of the shutdown.
        timeout: Maximum number of seconds that the shutdown waits for spans to be
            sent.
    """

    def __init__(
        self,
        app: Application,
        tracer: ClosableTracer | None = None,
        *,
        timeout: float = DEFAULT_CLOSE_TIMEOUT,
    ) -> None:
        self._app = app
        self._tracer = tracer
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a connection or, once in the life of a server, its lifespan."""
        if scope["type"] == "lifespan":
            await _Lifespan(self._app, receive, send, self._close).run(scope)
        else:
            await self._app(scope, receive, send)

    async def _close(self) -> None:
        tracer = self._tracer
        if tracer is None:
            tracer = cast("ClosableTracer", opentracing.global_tracer())
        try:
            # OpenTracing's own tracer, which records nothing, has no such method.
            if hasattr(tracer, "aclose"):
                await tracer.aclose(self._timeout)
        except Exception:  # noqa: BLE001 - the server's shutdown must continue
            logger.exception("closing %r failed", tracer)

    def __repr__(self) -> str:
        return f"<TracerLifespan of {self._app!r}>"


class _Lifespan:
    """The exchange of messages between one server and one application."""

    def __init__(
        self,
        app: Application,
        receive: Receive,
        send: Send,
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self._app = app
        self._receive_from_server = receive
        self._send_to_server = send
        self._close_tracer = close
        self._received: object = None
        """Type of the last message that the server sent."""
        self._is_started = False
        """Whether `lifespan.startup.complete` was sent to the server."""
        self._is_closed = False
        """Whether closing the tracer has begun."""

    async def run(self, scope: Scope) -> None:
        try:
            await self._run(scope)
        except BaseException:
            # The server cancelled this, or the application raised. If the startup was
            # not complete, the server may then serve requests without lifespan.
            if self._is_started:
                await self._close()
            raise

    async def _run(self, scope: Scope) -> None:
        try:
            await self._app(scope, self._receive, self._send)
        except Exception as error:
            if self._received is not None:
                if self._is_started:
                    # The server may continue to serve until it shuts down.
                    await self._wait_for_shutdown()
                raise
            logger.info("%r does not support ASGI lifespan: %r", self._app, error)
        await self._reply()

    async def _receive(self) -> Message:
        message = await self._receive_from_server()
        self._received = message["type"]
        return message

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind in _FINAL:
            await self._close()
        await self._send_to_server(message)
        if kind == _STARTUP_COMPLETE:
            self._is_started = True

    async def _reply(self) -> None:
        """Send the replies that the application has not sent."""
        if self._is_closed:
            return
        if not self._is_started:
            if self._received is None:
                await self._receive()
            await self._send({"type": _STARTUP_COMPLETE})
        await self._wait_for_shutdown()
        await self._send({"type": _SHUTDOWN_COMPLETE})

    async def _wait_for_shutdown(self) -> None:
        while self._received != _SHUTDOWN and not self._is_closed:
            await self._receive()

    async def _close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            await self._close_tracer()
