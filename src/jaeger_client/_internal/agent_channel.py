"""The local agent: receives spans over UDP, serves strategies and credits over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.fork import forks_wait
from jaeger_client._internal.limits import MAX_SECONDS, above_zero, is_plain_host
from jaeger_client.errors import SendError
from jaeger_client.model import SpanLosses
from jaeger_client.senders.udp import DEFAULT_RESOLVE_INTERVAL, UdpSender

if TYPE_CHECKING:
    from jaeger_client._internal.http_client.client import HttpClient
    from jaeger_client.encoding.base import Encoder

DEFAULT_TIMEOUT: Final = 2.0
"""Seconds to connect to the agent, and again to wait for the response."""

_OK: Final = 200

_PORTS: Final = range(1, 65536)


class AgentChannel(AbstractContextManager["AgentChannel"]):
    """
    The connection to an agent that reporter, remote sampler and throttler share.

    Opens nothing before the first span or poll. The encoder and the HTTP client are not
    imported before that either: each takes a tenth of the start-up time. A forked
    child opens connections of its own.

    Args:
        host: Name or address of the agent.
        sampling_port: Its HTTP port for sampling strategies.
        reporting_port: Its UDP port for spans.
        io_loop: Accepted and not used.
        throttling_port: Its HTTP port for credits; by default *sampling_port*.
        sampling_url: URL of the sampling strategies, if the agent does not serve them.
        resolve_interval: Seconds between two look-ups of the name; with `None` it is
            looked up once, and again after errors.

    Raises:
        ConfigError: If *host*, a port or *sampling_url* cannot be used.
    """

    def __init__(
        self,
        host: str,
        sampling_port: int,
        reporting_port: int,
        io_loop: object = None,
        throttling_port: int | None = None,
        *,
        sampling_url: str | None = None,
        resolve_interval: float | None = DEFAULT_RESOLVE_INTERVAL,
    ) -> None:
        del io_loop
        self._encoder: Encoder | None = None
        self.sender = UdpSender(
            host,
            int(reporting_port),
            resolve_interval=resolve_interval,
        )
        ports = int(sampling_port), int(throttling_port or sampling_port)
        urls = [f"http://{_bracketed(host)}:{port}" for port in ports]
        self._sampling_url = f"{urls[0]}/sampling"
        self._credits_url = f"{urls[1]}/credits"
        if sampling_url is not None:
            self._sampling_url = sampling_url
        if sampling_url is not None or not (
            is_plain_host(host) and all(port in _PORTS for port in ports)
        ):
            self._check_urls()
        # By URL. Each URL is polled by one thread at a time.
        self._clients: dict[str, HttpClient] = {}
        self._is_closed = False

    @property
    def encoder(self) -> Encoder:
        """The encoder for spans that are sent to the agent."""
        if self._encoder is None:
            # Other threads may fork; see the module `fork`.
            with forks_wait():
                from jaeger_client.encoding import jaeger_compact  # noqa: PLC0415

            self._encoder = jaeger_compact.JaegerCompactEncoder(SpanLosses())
        return self._encoder

    def request_sampling_strategy(
        self,
        service_name: str,
        timeout: float | None = None,
    ) -> bytes:
        """
        Return the sampling strategy of *service_name*, not parsed.

        Called by one thread at a time.

        Raises:
            SendError: If there is no response with status 200.
        """
        return self._get(self._sampling_url, [("service", service_name)], timeout)

    def request_throttling_credits(
        self,
        service_name: str,
        client_id: str,
        operations: Iterable[str],
        timeout: float | None = None,
    ) -> bytes:
        """
        Return how many debug spans *operations* may start, not parsed.

        Called by one thread at a time.

        Raises:
            SendError: If there is no response with status 200.
        """
        query = [("service", service_name), ("uuid", client_id)]
        query += [("operations", operation) for operation in operations]
        return self._get(self._credits_url, query, timeout)

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open. Idempotent."""
        self.sender.close()
        self.close_polling()

    def close_polling(self) -> None:
        """Close the HTTP connections but not the sender of spans. Idempotent."""
        self._is_closed = True
        for client in [*self._clients.values()]:
            client.close()

    def _get(
        self,
        url: str,
        query: Sequence[tuple[str, str]],
        timeout: float | None,
    ) -> bytes:
        timeout = DEFAULT_TIMEOUT if timeout is None else timeout
        timeout = above_zero("timeout", timeout, maximum=MAX_SECONDS)
        response = self._client_for(url).request(
            "GET", url, query=query, timeout=timeout
        )
        msg = f"{response.request}: the server responded {response.status}"
        if response.status != _OK:
            msg = f"{msg}: {response.excerpt}"
            raise SendError(msg)
        if response.is_truncated:
            msg = f"{msg} with more than {len(response.body)} bytes"
            raise SendError(msg)
        return response.body

    def _client_for(self, url: str) -> HttpClient:
        client = self._clients.get(url)
        if client is None:
            # Other threads may fork; see the module `fork`.
            with forks_wait():
                from jaeger_client._internal.http_client.client import (  # noqa: PLC0415
                    HttpClient,
                )

            client = self._clients[url] = HttpClient()
            # Tested after it is stored, because close() may have run in between.
            if self._is_closed:
                client.close()
        return client

    def _check_urls(self) -> None:
        with forks_wait():
            from jaeger_client._internal.http_client.messages import (  # noqa: PLC0415 - seldom needed at start-up
                parse_url,
            )
        for url in (self._sampling_url, self._credits_url):
            parse_url(url, key="sampling endpoint")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
