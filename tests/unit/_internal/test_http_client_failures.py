"""What the error says that ended an exchange; pure."""

from __future__ import annotations

import http.client

import pytest

from jaeger_client._internal.http_client.failures import Stage, map_error


@pytest.mark.parametrize(
    ("port", "hint"),
    [
        (4317, "use the HTTP port, 4318"),
        (14250, "use the HTTP port, 14268 for spans, 5778 for sampling strategies"),
    ],
)
@pytest.mark.parametrize("stage", [Stage.HANDSHAKE, Stage.REQUEST, Stage.RESPONSE])
def test_a_failure_at_a_grpc_port_names_the_http_port(
    port: int, hint: str, stage: Stage
) -> None:
    """Whatever the failure, for servers of gRPC end such exchanges in several ways."""
    error = map_error(
        "POST url", ConnectionResetError(), stage, 5.0, port, sent_headers={}
    )

    assert f"port {port} is for gRPC, which is not supported: {hint}" in str(error)


@pytest.mark.parametrize(
    ("port", "stage"), [(4318, Stage.RESPONSE), (4317, Stage.CONNECT)]
)
def test_other_failures_have_no_hint_at_grpc(port: int, stage: Stage) -> None:
    """Neither at other ports nor where no server was reached."""
    assert "gRPC" not in str(
        map_error("POST url", TimeoutError(), stage, 5.0, port, sent_headers={})
    )


def test_a_refused_connection_has_no_hint_at_grpc() -> None:
    """It says nothing of what the port is for."""
    error = ConnectionRefusedError()

    assert "gRPC" not in str(
        map_error("POST url", error, Stage.CONNECT, 5.0, 4317, sent_headers={})
    )


def test_a_line_that_is_no_frame_is_quoted() -> None:
    """Only HTTP/2 is known by its first bytes."""
    error = map_error(
        "POST url",
        http.client.BadStatusLine("SSH-2.0"),
        Stage.RESPONSE,
        5.0,
        22,
        sent_headers={},
    )

    assert "SSH-2.0" in str(error)
