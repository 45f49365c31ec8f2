"""
The lifespan protocol of ASGI, by which servers announce their shutdown.

uvicorn raises SIGTERM again after its graceful shutdown, so Python's exit handlers do
not run, and the spans of the last second would be lost. `Lifespan` sends them before.

The messages of that protocol (ASGI specification, "Lifespan Protocol"):

    server sends                application replies
    lifespan.startup            lifespan.startup.complete or lifespan.startup.failed
    lifespan.shutdown           lifespan.shutdown.complete or lifespan.shutdown.failed

All messages are passed on unchanged. The tracer is closed or flushed before the replies
to shutdown and `lifespan.startup.failed` are passed on, because the server may end the
process as soon as it receives one. An application without lifespan support raises or
returns before it receives a message; the wrapper then replies in its place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Final, TypeAlias

from jaeger_client._internal.diagnostics import logger

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


class Lifespan:
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
