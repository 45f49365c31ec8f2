"""The oldest urllib3 that the package accepts, in a separate environment."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest
import trustme

from tests.conftest import ROOT, tool_or_skip
from tests.integration.conftest import PROGRAMS
from tests.integration.http_servers import Request, make_response, serve_http


@pytest.fixture
def oldest_python() -> str:
    """Return a Python that has this package and the oldest urllib3."""
    python = ROOT / ".nox" / "urllib3-oldest" / "bin" / "python"
    return tool_or_skip(str(python), "run `.venv/bin/nox -s urllib3_oldest`")


def accept(_request: Request) -> bytes:
    """Respond as a collector that has accepted the spans."""
    return make_response(202)


def test_spans_are_sent_over_http_and_https(oldest_python: str, tmp_path: Path) -> None:
    """Each server receives its batch, and there is no warning."""
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)  # pyright: ignore[reportUnknownMemberType]  # names pyOpenSSL

    with serve_http(accept) as plain, serve_http(accept, tls=tls) as secure:
        endpoints = [
            plain.url("/api/traces"),
            secure.url("/api/traces", "https"),
        ]
        program = PROGRAMS / "http_sends.py"
        done = subprocess.run(
            [oldest_python, "-W", "error", program, ca_file, *endpoints],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=50,
            check=False,
            text=True,
        )

    assert "1.26.18\n" == done.stdout
    for server in (plain, secure):
        assert ["/api/traces"] == [request.target for request in server.requests]
        assert b"bake" in server.requests[0].body
