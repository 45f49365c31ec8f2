"""
One HTTP request or WebSocket connection of ASGI, and its span.

The messages of the ASGI specification, "HTTP & WebSocket ASGI Message Format", that
are significant to the span; `more_body` and `more_trailers` are false by default:

    message                         sent by       effect on the span
    http.response.start             application   status
    http.response.body              application   ends it, without `more_body`
    http.response.zerocopysend      application   the same (extension)
    http.response.pathsend          application   ends it (extension)
    http.response.trailers          application   ends it, without `more_trailers`
    http.disconnect                 server        log, ends it
    websocket.accept                application   status 101
    websocket.http.response.start   application   status (extension)
    websocket.http.response.body    application   ends it, without `more_body`
    websocket.close                 application   status 403 before `accept`, ends it
    websocket.disconnect            server        log, ends it

With `trailers` in `http.response.start`, the body does not end it. It ends at the
latest when the application returns or raises, and not before if the status is that of
an error. All messages are passed on unchanged,
except for the response header that the middleware may add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from jaeger_client.instrumentation._request import (
    WEBSOCKET,
    Request,
    encoded_path,
    url_of,
)
from jaeger_client.instrumentation._server_span import ServerSpan, never_raises

if TYPE_CHECKING:
    from jaeger_client.instrumentation._lifespan import (
        Application,
        Message,
        Receive,
        Scope,
        Send,
    )

_SWITCHING_PROTOCOLS: Final = 101
_FORBIDDEN: Final = 403
"""Status with which servers respond to `websocket.close` before `accept`."""
_INTERNAL_ERROR: Final = 1011
"""Close code of a server that has failed (RFC 6455, section 7.4.1)."""

_STARTS: Final = {"http.response.start", "websocket.http.response.start"}
_WITH_HEADERS: Final = {*_STARTS, "websocket.accept"}
_BODIES: Final = {
    "http.response.body",
    "http.response.zerocopysend",
    "websocket.http.response.body",
}
_DISCONNECTS: Final = {"http.disconnect", "websocket.disconnect"}


def read_request(scope: Scope, *, query_in_url: bool) -> Request:
    """Return what the span shows of a request."""
    is_websocket = scope.get("type") == "websocket"
    headers = _headers_of(scope)
    raw_path = scope.get("raw_path")
    path = (
        _text_of(raw_path).partition("?")[0]
        if raw_path
        else encoded_path(_text_of(scope.get("path", "")))
    )
    return Request(
        method_of(scope),
        url_of(
            _text_of(scope.get("scheme") or ("ws" if is_websocket else "http")),
            headers.get("host") or _server_of(scope),
            path,
            _text_of(scope.get("query_string", b"")) if query_in_url else "",
        ),
        headers,
    )


def method_of(scope: Mapping[str, object]) -> str:
    """Return the HTTP method; `WEBSOCKET` for a connection, whose scope has none."""
    if scope.get("type") == "websocket":
        return WEBSOCKET
    return _text_of(scope.get("method", ""))


def _headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers; values of the same name are joined (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for header in cast("Iterable[tuple[object, object]]", scope.get("headers") or ()):
        name, value = (_text_of(part) for part in header)
        name = name.lower()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _server_of(scope: Scope) -> str:
    server = scope.get("server")
    if not isinstance(server, (list, tuple)):
        return ""
    return ":".join(str(part) for part in cast("Iterable[object]", server) if part)


def _text_of(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


class Exchange:
    """
    The messages between one server and one application, which its span records.

    Args:
        span: The span.
        receive: Receives from the server.
        send: Sends to the server.
        find_name: Finds the operation name once the application has run.
        response_header: Name of the response header for the trace id.
    """

    def __init__(
        self,
        span: ServerSpan,
        receive: Receive,
        send: Send,
        find_name: Callable[[], str | None],
        response_header: str | None,
    ) -> None:
        self._span = span
        self._receive_from_server = receive
        self._send_to_server = send
        self._find_name = find_name
        self._response_header = response_header
        self._is_accepted = False
        """Whether `websocket.accept` was sent."""
        self._has_trailers = False
        """Whether the response has trailers after its body."""

    async def run(self, app: Application, scope: Scope) -> None:
        """Call the application; finish the span, at the latest when it returns."""
        span = self._span
        try:
            with span.running():
                await app(scope, self._receive, self._send)
        except BaseException as error:
            span.record(error)
            raise
        finally:
            self._finish()

    def _finish(self) -> None:
        if not self._span.is_finished:
            self._span.name_after(self._find_name)
            self._span.finish()

    async def _receive(self) -> Message:
        message = await self._receive_from_server()
        self._notice_received(message)
        return message

    async def _send(self, message: Message) -> None:
        ends: list[Message] = []
        self._notice_sent(message, ends)
        message = self._with_trace_id(message)
        try:
            await self._send_to_server(message)
        except OSError as error:
            # By the specification, the client has disconnected.
            self._span.log("client disconnected", message=error)
            self._finish()
            raise
        # After the response to an exception, frameworks raise it again.
        if ends and not self._span.has_failed:
            self._finish()

    @never_raises
    def _notice_received(self, message: Message) -> None:
        kind = message.get("type")
        if kind not in _DISCONNECTS:
            return
        if kind == "websocket.disconnect":
            self._span.log("client disconnected", code=message.get("code", 1005))
        else:
            self._span.log("client disconnected")
        self._finish()

    @never_raises
    def _notice_sent(self, message: Message, ends: list[Message]) -> None:
        """Read the status; add *message* to *ends* if it is the last one."""
        kind = message.get("type")
        if kind in _STARTS:
            self._span.set_status(message.get("status"))
            self._has_trailers = bool(message.get("trailers"))
        elif kind == "websocket.accept":
            self._is_accepted = True
            self._span.set_status(_SWITCHING_PROTOCOLS)
        elif kind == "websocket.close":
            self._notice_close(message)
        if self._is_last(message):
            ends.append(message)

    def _notice_close(self, message: Message) -> None:
        if not self._is_accepted:
            self._span.set_status(_FORBIDDEN)
            return
        code = message.get("code", 1000)
        self._span.log("connection closed", code=code)
        if code == _INTERNAL_ERROR:
            self._span.set_failed()

    def _is_last(self, message: Message) -> bool:
        kind = message.get("type")
        if kind in _BODIES:
            return not (message.get("more_body") or self._has_trailers)
        if kind == "http.response.trailers":
            return not message.get("more_trailers")
        return kind in {"http.response.pathsend", "websocket.close"}

    def _with_trace_id(self, message: Message) -> Message:
        name, trace_id = self._response_header, self._span.trace_id
        if not name or not trace_id:
            return message
        # In lower case, as the specification requires.
        header = (name.lower().encode(), trace_id.encode())
        # The server decides about an odd message.
        with suppress(Exception):
            if message.get("type") in _WITH_HEADERS:
                headers = cast("Iterable[Any]", message.get("headers") or ())
                return {**message, "headers": [*headers, header]}
        return message
