"""TLS with certificates that are created for the test."""

from __future__ import annotations

import os
import socket
import ssl
import warnings
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from jaeger_client._internal.http_client.client import HttpClient
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client.errors import RetryableSendError, SendError
from tests.integration.http_servers import (
    Request,
    Server,
    make_response,
    serve_http,
    serve_raw,
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority of this module only."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    """The PEM file of the authority."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """The TLS context of a server for 127.0.0.1."""
    return make_server_tls(authority, "127.0.0.1")


def make_server_tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """Return the TLS context of a server called *name*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # names pyOpenSSL
    return context


def respond_ok(_request: Request) -> bytes:
    """Respond with 200."""
    return make_response(200, b"ok")


def test_a_trusted_server_is_spoken_to(
    server_tls: ssl.SSLContext, ca_file: str
) -> None:
    """With the authority's file the server is trusted and its connection reused."""
    options = HttpOptions(ca_file=ca_file)
    with (
        serve_http(respond_ok, tls=server_tls) as server,
        HttpClient(options) as client,
    ):
        bodies = [
            client.request("POST", server.url("/", "https"), b"x").body
            for _ in range(2)
        ]

    assert [b"ok", b"ok"] == bodies
    assert [1, 1] == [request.connection for request in server.requests]


def test_a_connection_closed_by_the_server_is_replaced(
    server_tls: ssl.SSLContext,
    ca_file: str,
) -> None:
    """A second connection does not read the files again."""

    def respond(_request: Request) -> bytes:
        return make_response(headers={"Connection": "close"})

    with (
        serve_http(respond, tls=server_tls) as server,
        HttpClient(HttpOptions(ca_file=ca_file)) as client,
    ):
        client.request("GET", server.url("/", "https"))
        Path(ca_file).unlink()
        client.request("GET", server.url("/", "https"))

    assert 2 == len(server.requests)


def test_an_unknown_authority_is_refused(server_tls: ssl.SSLContext) -> None:
    """Without the file the server is not trusted, and the error is permanent."""
    with (
        serve_http(respond_ok, tls=server_tls) as server,
        HttpClient() as client,
        pytest.raises(SendError, match="certificate verify failed") as caught,
    ):
        client.request("GET", server.url("/", "https"))

    assert not isinstance(caught.value, RetryableSendError)
    assert [] == server.requests


def test_another_name_is_refused(authority: trustme.CA, ca_file: str) -> None:
    """A certificate of another host is not accepted."""
    tls = make_server_tls(authority, "other.example")
    with (
        serve_http(respond_ok, tls=tls) as server,
        HttpClient(HttpOptions(ca_file=ca_file)) as client,
        pytest.raises(SendError, match="certificate verify failed"),
    ):
        client.request("GET", server.url("/", "https"))


def test_insecure_trusts_anybody(authority: trustme.CA) -> None:
    """With `insecure` any certificate of any name is accepted."""
    tls = make_server_tls(authority, "other.example")
    with (
        serve_http(respond_ok, tls=tls) as server,
        HttpClient(HttpOptions(insecure=True)) as client,
    ):
        response = client.request("GET", server.url("/", "https"))

    assert b"ok" == response.body


@pytest.mark.parametrize("is_key_apart", [True, False])
def test_a_client_certificate_is_shown(
    authority: trustme.CA,
    server_tls: ssl.SSLContext,
    ca_file: str,
    tmp_path: Path,
    *,
    is_key_apart: bool,
) -> None:
    """A server that requests a certificate gets ours; its key may be separate."""
    server_tls.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(server_tls)  # pyright: ignore[reportUnknownMemberType]  # names pyOpenSSL
    own = authority.issue_cert("client.example")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    own.cert_chain_pems[0].write_to_path(str(cert))
    own.private_key_pem.write_to_path(
        str(key if is_key_apart else cert),
        append=not is_key_apart,
    )
    options = HttpOptions(
        ca_file=ca_file,
        client_cert=str(cert),
        client_key=str(key) if is_key_apart else None,
    )

    with (
        serve_http(respond_ok, tls=server_tls) as server,
        HttpClient(options) as client,
    ):
        response = client.request("GET", server.url("/", "https"))

    assert b"ok" == response.body


def test_a_file_that_is_no_certificate_is_an_error(tmp_path: Path) -> None:
    """A file without a certificate is named in the error of the request."""
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")

    with (
        HttpClient(HttpOptions(ca_file=str(broken))) as client,
        pytest.raises(SendError, match=r"TLS files .*broken.pem' cannot be used"),
    ):
        client.request("GET", "https://127.0.0.1:1/")


def test_an_encrypted_key_is_an_error(authority: trustme.CA, tmp_path: Path) -> None:
    """No password is read from the terminal; the error names what is not supported."""
    own = authority.issue_cert("client.example")
    key = serialization.load_pem_private_key(own.private_key_pem.bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    file = tmp_path / "client.pem"
    file.write_bytes(encrypted + own.cert_chain_pems[0].bytes())

    with (
        HttpClient(HttpOptions(client_cert=str(file))) as client,
        pytest.raises(SendError, match="the key is encrypted, which is not supported"),
    ):
        client.request("GET", "https://127.0.0.1:1/")


def test_versions_of_tls_before_1_2_are_refused(
    server_tls: ssl.SSLContext, ca_file: str
) -> None:
    """A server with TLS 1.1 at most gets no request."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        server_tls.minimum_version = ssl.TLSVersion.TLSv1
        server_tls.maximum_version = ssl.TLSVersion.TLSv1_1
    # OpenSSL 3 permits them at its lowest level of security only.
    server_tls.set_ciphers("ALL:@SECLEVEL=0")
    with (
        serve_http(respond_ok, tls=server_tls) as server,
        HttpClient(HttpOptions(ca_file=ca_file)) as client,
        pytest.raises(SendError, match="TLS failed"),
    ):
        client.request("GET", server.url("/", "https"))

    assert [] == server.requests


def test_plain_http_is_not_mistaken_for_tls(ca_file: str) -> None:
    """A server without TLS is a permanent error."""

    def talk(_server: Server, sock: socket.socket, _number: int) -> None:
        sock.recv(65_536)
        sock.sendall(make_response(400))

    with (
        serve_raw(talk) as server,
        HttpClient(HttpOptions(ca_file=ca_file)) as client,
        pytest.raises(SendError, match="SSL") as caught,
    ):
        client.request("GET", server.url("/", "https"))

    assert not isinstance(caught.value, RetryableSendError)


@pytest.mark.filterwarnings(
    "ignore:This process .* is multi-threaded:DeprecationWarning",
)
def test_a_fork_leaves_the_parents_session_alone(
    server_tls: ssl.SSLContext,
    ca_file: str,
) -> None:
    """The child sends no close_notify on the parent's TLS connection."""
    with (
        serve_http(respond_ok, tls=server_tls) as server,
        HttpClient(HttpOptions(ca_file=ca_file)) as client,
    ):
        url = server.url("/", "https")
        client.request("GET", url)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = 0 if client.request("GET", url).is_success else 2
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        client.request("GET", url)

    assert 0 == code
    assert [1, 2, 1] == [request.connection for request in server.requests]
