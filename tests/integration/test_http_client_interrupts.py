"""An HTTP client whose request is interrupted by a signal handler."""

from __future__ import annotations

import threading

import pytest

from jaeger_client._internal.http_client.client import HttpClient
from tests.integration.http_servers import make_response, serve_http
from tests.unit.bytecodes import call_at, every_place, interrupt

TIMEOUT = 30.0


# The connection of the interrupted request is left to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupted_request_does_not_stop_other_threads() -> None:
    """After an interrupt anywhere, the client serves other threads and closes."""
    with serve_http(lambda request: make_response()) as server:
        url = server.url("/")

        def run(at: int) -> str:
            client = HttpClient()
            client.request("GET", url)
            place = call_at(at, interrupt, lambda: client.request("GET", url))
            statuses: list[int] = []
            other = threading.Thread(
                target=lambda: statuses.append(client.request("GET", url).status),
                daemon=True,
            )
            other.start()
            other.join(TIMEOUT)
            client.close()

            assert [200] == statuses, place
            return place

        assert sum(1 for _ in every_place(run)) > 100
