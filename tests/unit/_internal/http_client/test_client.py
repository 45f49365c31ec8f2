"""What the HTTP client decides before it opens anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jaeger_client._internal.http_client.client import HttpClient
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.errors import ConfigError, SendError


@pytest.mark.parametrize("key", ["ca_file", "client_cert", "client_key"])
def test_a_missing_file_is_a_config_error(key: str, tmp_path: Path) -> None:
    """A missing TLS file is an error of the constructor that names its key."""
    there = tmp_path / "there.pem"
    there.touch()
    files = {"client_cert": str(there)} | {key: str(tmp_path / "gone.pem")}

    with pytest.raises(ConfigError, match=f"{key} must name a file .*gone.pem"):
        HttpClient(HttpOptions(**files))  # type: ignore[arg-type]  # text options only


def test_a_closed_client_sends_nothing() -> None:
    """A request after close is a SendError; close is idempotent."""
    with HttpClient() as client:
        pass
    client.close()

    with pytest.raises(SendError, match="the HTTP client is closed"):
        client.request("GET", "http://127.0.0.1:1/")
    assert "<HttpClient closed>" == repr(client)


def test_a_fork_before_the_first_request_changes_nothing() -> None:
    """A client without a connection has nothing to drop."""
    client = HttpClient()

    client.after_fork_in_child()

    assert "<HttpClient 0 connected>" == repr(client)


def test_the_senders_import_nothing_heavy() -> None:
    """Importing the senders and the agent brings in neither urllib3 nor ssl."""
    program = (
        "import sys, jaeger_client.senders.otlp, jaeger_client.senders.udp, "
        "jaeger_client._internal.agent_channel; "
        "print({'urllib3', 'ssl', 'http.client', 'asyncio'} & set(sys.modules))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
    ).stdout

    assert "set()" == printed.strip()
