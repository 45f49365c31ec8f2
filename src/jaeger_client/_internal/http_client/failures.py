"""
Maps what ended an exchange to an error of this library.

A connection that fails (end of file, reset, broken pipe, timeout) may work a
moment later, so its request may be sent again. A protocol that fails (a
certificate that is not trusted, a server that speaks neither TLS nor HTTP) fails
until a setting is changed, so repeating the request is of no use.

`ssl` reports both by subclasses of `SSLError`, which itself is an `OSError`, so
these two types do not tell one from the other.
"""

from __future__ import annotations

import enum
import http.client
import ssl
from collections.abc import Mapping
from typing import Final

import urllib3.exceptions

from jaeger_client._internal.http_client.response import without_credentials
from jaeger_client._internal.resolver import is_unresolved
from jaeger_client._internal.shown import excerpt_of
from jaeger_client.errors import RefusedError, RetryableSendError, SendError

FOREIGN_ERRORS: Final = (
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    UnicodeError,  # a host name that IDNA cannot encode
)
"""Everything an exchange may raise."""

_RETRYABLE: Final = (
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.TimeoutError,
    OSError,
)

_RESETS: Final = (ConnectionResetError, ConnectionAbortedError, ssl.SSLSyscallError)
_ENDS: Final = (BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)

_WHAT_HAPPENED: Final = (
    (_RESETS, "the connection was reset {}"),
    (_ENDS, "the server closed the connection {}"),
    ((http.client.IncompleteRead,), "the response is incomplete"),
)

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
"""Reasons of OpenSSL, by its version, if the first answer is not a TLS record."""

_UNKNOWN_AUTHORITY: Final = frozenset({18, 19, 20, 21})
"""Codes of X509_verify_cert() for a chain that ends at no trusted authority."""


_GRPC_PORTS: Final = {
    4317: "4318",
    14250: "14268 for spans, 5778 for sampling strategies",
}
"""Ports of gRPC in Jaeger and OpenTelemetry, with the HTTP ports to use instead."""

_HTTP2_SETTINGS: Final = "\x04\x00\x00\x00\x00\x00"
"""
Type, flags and stream of the frame that an HTTP/2 server sends first.

A length of three bytes comes before them (RFC 9113, sections 3.4 and 4.1).
"""


class Stage(enum.Enum):
    """The part of an exchange that failed, in the words of error messages."""

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
    Stage.RESPONSE: "no answer within {:g} s",
}


def refused_tunnel(request: str, status: int) -> SendError:
    """Return the error for a proxy that answered CONNECT with *status*."""
    message = f"{request} failed: the proxy refused the tunnel with status {status}"
    if status in _TEMPORARY_PROXY_STATUSES:
        return RetryableSendError(message)
    return SendError(message)


def is_hang_up(error: BaseException) -> bool:
    """Return whether *error* means that the peer ended the connection."""
    return isinstance(_innermost(error), _RESETS + _ENDS)


def map_error(
    request: str,
    error: BaseException,
    stage: Stage,
    timeout: float,
    port: int,
    *,
    sent_headers: Mapping[str, str],
) -> SendError:
    """
    Return our error for *error*, which ended *request* to *port* at *stage*.

    Credentials among *sent_headers* are hidden in what it quotes.
    """
    cause = _innermost(error)
    if isinstance(cause, ConnectionRefusedError):
        return RefusedError(f"{request} failed: connection refused")
    message = f"{request} failed: {_describe(cause, stage, timeout, sent_headers)}"
    if stage is not Stage.CONNECT and port in _GRPC_PORTS:
        message = (
            f"{message}; port {port} is for gRPC, which is not supported: use the HTTP "
            f"port, {_GRPC_PORTS[port]}"
        )
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


def _describe(
    cause: BaseException,
    stage: Stage,
    timeout: float,
    sent_headers: Mapping[str, str],
) -> str:
    if isinstance(cause, (TimeoutError, urllib3.exceptions.TimeoutError)):
        return _TIMEOUTS[stage].format(timeout)
    # It is a ConnectionResetError, but its text says more than "reset".
    if not isinstance(cause, http.client.RemoteDisconnected):
        for kinds, phrase in _WHAT_HAPPENED:
            if isinstance(cause, kinds):
                return phrase.format(stage.value)
    if isinstance(cause, ssl.SSLError):
        return _describe_tls(cause)
    if _is_http2(cause):
        return (
            "the server speaks HTTP/2 at this port, as for gRPC, which is not "
            "supported: use its port for HTTP/1.1"
        )
    name = "the name does not resolve" if is_unresolved(cause) else type(cause).__name__
    # A server that does not speak HTTP may send back what it has received.
    return f"{name}: {excerpt_of(without_credentials(str(cause), sent_headers))}"


def _is_http2(cause: BaseException) -> bool:
    # The status line is the first line of the response, whatever that was.
    is_line = isinstance(cause, http.client.BadStatusLine)
    return is_line and str(cause)[3:].startswith(_HTTP2_SETTINGS)


def _describe_tls(cause: ssl.SSLError) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        message = f"certificate verify failed: {cause.verify_message}"
        if cause.verify_code in _UNKNOWN_AUTHORITY:
            message = f"{message}; ca_file names a private authority to trust"
        return message
    message = f"TLS failed: {cause}"
    if cause.reason in _NOT_TLS:
        message = (
            f"{message}; the server does not speak TLS at this port; "
            "use http:// or another port"
        )
    return message
