"""A connection before it is opened."""

from __future__ import annotations

from jaeger_client._internal.clock import SYSTEM_CLOCK
from jaeger_client._internal.http_client.connection import Connection


def test_a_connection_never_opened_has_nothing_to_release() -> None:
    """A fork while another thread is still connecting finds no socket."""
    connection = Connection(("http", "127.0.0.1", 1), SYSTEM_CLOCK)

    connection.release()

    assert not connection.is_open
