"""Messages for errors that end an exchange; pure."""

from __future__ import annotations

import http.client
import ssl

import pytest

from jaeger_client._internal.http_client.failures import (
    Stage,
    is_hang_up,
    map_error,
)
from jaeger_client._internal.http_client.messages import Request, parse_url
from jaeger_client.errors import RetryableSendError, SendError


def request_to(port: int) -> Request:
    """Return a request to *port*."""
    return Request("POST", parse_url(f"http://server:{port}"), b"", {}, 5.0)


@pytest.mark.parametrize(
    ("port", "hint"),
    [
        (4317, "use the HTTP port, 4318"),
        (5779, "use the HTTP port, 5778"),
        (14250, "use the HTTP port, 14268 for spans, 5778 for sampling strategies"),
    ],
)
@pytest.mark.parametrize("stage", [Stage.HANDSHAKE, Stage.REQUEST, Stage.RESPONSE])
def test_a_failure_at_a_grpc_port_names_the_http_port(
    port: int, hint: str, stage: Stage
) -> None:
    """Whatever the failure, for servers of gRPC end such exchanges in several ways."""
    error = map_error(request_to(port), ConnectionResetError(), stage)

    assert f"port {port} is for gRPC, which is not supported: {hint}" in str(error)


@pytest.mark.parametrize(
    ("port", "stage"), [(4318, Stage.RESPONSE), (4317, Stage.CONNECT)]
)
def test_other_failures_have_no_hint_at_grpc(port: int, stage: Stage) -> None:
    """There is none at other ports, or if no server was reached."""
    assert "gRPC" not in str(map_error(request_to(port), TimeoutError(), stage))


def test_a_refused_connection_has_no_hint_at_grpc() -> None:
    """A refused connection does not show what the port is for."""
    error = ConnectionRefusedError()

    assert "gRPC" not in str(map_error(request_to(4317), error, Stage.CONNECT))


def test_a_line_that_is_no_frame_is_quoted() -> None:
    """Only HTTP/2 is known by its first bytes."""
    cause = http.client.BadStatusLine("SSH-2.0")
    error = map_error(request_to(22), cause, Stage.RESPONSE)

    assert "SSH-2.0" in str(error)


def test_an_unexpected_end_of_tls_is_a_hang_up() -> None:
    """Whatever its class, which depends on the version of OpenSSL."""
    cause = ssl.SSLError(1, "unexpected eof while reading")
    cause.reason = "UNEXPECTED_EOF_WHILE_READING"
    error = map_error(request_to(443), cause, Stage.REQUEST)

    assert is_hang_up(cause)
    assert isinstance(error, RetryableSendError)
    assert "the server closed the connection while the request was sent" in str(error)


def test_other_failures_of_tls_are_no_hang_ups() -> None:
    """A record that is not valid is sent again in vain."""
    cause = ssl.SSLError(1, "bad record")
    cause.reason = "BAD_RECORD_TYPE"

    assert not is_hang_up(cause)
    assert SendError is type(map_error(request_to(443), cause, Stage.REQUEST))
