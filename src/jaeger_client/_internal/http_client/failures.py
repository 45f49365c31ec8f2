"""
Maps the error that ended an exchange to a `SendError`.

A failed connection (end of file, reset, broken pipe, timeout) may work a moment later,
so the request may be sent again. A violated protocol (an untrusted certificate, a
server that uses neither TLS nor HTTP) fails until a setting is changed, so there is no
retry.

`ssl` reports both by subclasses of `SSLError`, which is itself a subclass of `OSError`,
so these two types do not distinguish them.
"""

from __future__ import annotations

import enum
import http.client
import socket
import ssl
from typing import Final

import urllib3.exceptions

from jaeger_client._internal.http_client.messages import Request, grpc_hint
from jaeger_client.errors import RefusedError, RetryableSendError, SendError

FOREIGN_ERRORS: Final = (
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    UnicodeError,  # a host name that IDNA cannot encode
)
"""Everything that an exchange may raise."""

_RETRYABLE: Final = (
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.TimeoutError,
    http.client.IncompleteRead,
    OSError,
)

_HANG_UPS: Final = (
    ConnectionResetError,
    ConnectionAbortedError,
    BrokenPipeError,
    ssl.SSLSyscallError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)

_UNEXPECTED_EOF: Final = "UNEXPECTED_EOF_WHILE_READING"
"""Reason of the plain `SSLError` that replaces `SSLEOFError` with OpenSSL 3.5."""

_TEMPORARY_ALERTS: Final = frozenset({"TLSV1_ALERT_INTERNAL_ERROR"})
"""
The one alert that is "unrelated to the peer" (RFC 8446, section 6.2).

Load balancers send it while they have no backend or no certificate yet.
"""

_TEMPORARY_PROXY_STATUSES: Final = frozenset({429, 502, 503, 504})

_NOT_TLS: Final = frozenset(
    {
        "HTTP_REQUEST",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "UNKNOWN_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    },
)
"""Reasons of OpenSSL for bytes that are not a TLS record; they vary by version."""

_UNKNOWN_AUTHORITY: Final = frozenset({18, 19, 20, 21})
"""Codes of X509_verify_cert() for a chain that does not end at a trusted authority."""

_HTTP2_SETTINGS: Final = "\x04\x00\x00\x00\x00\x00"
"""
Type, flags and stream of the frame that an HTTP/2 server sends first.

They follow a length of three bytes (RFC 9113, sections 3.4 and 4.1).
"""


_TLS_ALERT: Final = "\x15\x03"
"""Type and version of a TLS record with an alert (RFC 8446, section 5.1)."""


class Stage(enum.Enum):
    """The stage of an exchange that failed, as messages name it."""

    CONNECT = "while connecting"
    TUNNEL = "while the proxy opened the tunnel"
    HANDSHAKE = "during the TLS handshake"
    REQUEST = "while the request was sent"
    RESPONSE = "before the response was complete"


_TIMEOUTS: Final = {
    Stage.CONNECT: "no connection within {:g} s",
    Stage.TUNNEL: "the proxy opened no tunnel within {:g} s",
    Stage.HANDSHAKE: "the TLS handshake took longer than {:g} s",
    Stage.REQUEST: "the request could not be sent within {:g} s",
    Stage.RESPONSE: "no response within {:g} s",
}


def refused_tunnel(request: Request, status: int) -> SendError:
    """Return the error for a proxy that responded to CONNECT with *status*."""
    message = f"{request} failed: the proxy refused the tunnel with status {status}"
    if status in _TEMPORARY_PROXY_STATUSES:
        return RetryableSendError(message)
    return SendError(message)


def is_hang_up(error: BaseException) -> bool:
    """Return whether *error* means that the peer ended the connection."""
    cause = _innermost(error)
    if isinstance(cause, ssl.SSLError) and cause.reason == _UNEXPECTED_EOF:
        return True
    return isinstance(cause, _HANG_UPS)


def map_error(request: Request, error: BaseException, stage: Stage) -> SendError:
    """Return the `SendError` for *error*, which ended *request* at *stage*."""
    cause = _innermost(error)
    if isinstance(cause, ConnectionRefusedError):
        return RefusedError(f"{request} failed: connection refused")
    message = f"{request} failed: {_describe(cause, stage, request)}"
    hint = grpc_hint(request.url)
    if hint and stage is not Stage.CONNECT:
        message = f"{message}; {hint}"
    if _is_retryable(error, cause):
        return RetryableSendError(message)
    return SendError(message)


def _innermost(error: BaseException) -> BaseException:
    """Return the error that urllib3 wrapped in *error*, if any."""
    while isinstance(error, urllib3.exceptions.HTTPError):
        # urllib3 1.26 passes the error as an argument only.
        inner = [error.__cause__, *error.args]
        cause = next((each for each in inner if isinstance(each, BaseException)), None)
        if cause is None:
            break
        error = cause
    return error


def _is_retryable(error: BaseException, cause: BaseException) -> bool:
    if isinstance(cause, ssl.SSLError):
        return is_hang_up(cause) or cause.reason in _TEMPORARY_ALERTS
    return isinstance(error, _RETRYABLE)


def _describe(cause: BaseException, stage: Stage, request: Request) -> str:
    match cause:
        case TimeoutError() | urllib3.exceptions.TimeoutError():
            description = _TIMEOUTS[stage].format(request.timeout)
        case http.client.RemoteDisconnected():
            # A subclass of ConnectionResetError whose own text is more specific.
            description = _quote(cause, request)
        case ConnectionResetError() | ConnectionAbortedError() | ssl.SSLSyscallError():
            description = f"the connection was reset {stage.value}"
        case _ if is_hang_up(cause):
            description = f"the server closed the connection {stage.value}"
        case http.client.IncompleteRead():
            description = "the response is incomplete"
        case ssl.SSLError():
            description = _describe_tls(cause)
        case http.client.BadStatusLine() if _is_http2(cause):
            description = (
                "the server uses HTTP/2 at this port, as for gRPC, which is not "
                "supported: use its port for HTTP/1.1"
            )
        case http.client.BadStatusLine() if str(cause).startswith(_TLS_ALERT):
            description = (
                "the server uses TLS at this port: use https:// or another port"
            )
        case _:
            description = _quote(cause, request)
    return description


def _quote(cause: BaseException, request: Request) -> str:
    is_unresolved = isinstance(cause, socket.gaierror)
    name = "the name does not resolve" if is_unresolved else type(cause).__name__
    # A server of another protocol may send back what it has received.
    return f"{name}: {request.excerpt_of(str(cause))}"


def _is_http2(error: http.client.BadStatusLine) -> bool:
    # http.client takes the first line of any response as the status line.
    return str(error)[3:].startswith(_HTTP2_SETTINGS)


def _describe_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        message = f"certificate verify failed: {error.verify_message}"
        if error.verify_code in _UNKNOWN_AUTHORITY:
            message = f"{message}; ca_file names a private authority to trust"
        return message
    message = f"TLS failed: {error}"
    if error.reason in _NOT_TLS:
        message = (
            f"{message}; the server does not use TLS at this port; "
            "use http:// or another port"
        )
    return message
