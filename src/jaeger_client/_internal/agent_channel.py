"""The local agent: where spans go over UDP, and who answers questions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from jaeger_client._internal.fork import forks_wait
from jaeger_client.model import SpanLosses
from jaeger_client.senders.udp import DEFAULT_RESOLVE_INTERVAL, UdpSender

if TYPE_CHECKING:
    from jaeger_client._internal.agent import AgentClient
    from jaeger_client.encoding.base import Encoder

_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")
"""Characters of names that no URL is refused for."""

_PORTS: Final = range(1, 65536)


class AgentChannel:
    """
    An agent, as the reporter, the remote sampler and the throttler see it.

    Opens nothing before the first span or question.

    Args:
        host: Name or address of the agent.
        sampling_port: Its HTTP port for questions.
        reporting_port: Its UDP port for spans.
        io_loop: Accepted and not used.
        throttling_port: Its HTTP port for credits, if it is another one.
        sampling_url: Where to ask for strategies, if elsewhere.
        resolve_interval: Seconds between two resolutions of the name.
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
        self._sampling = _Questions(host, int(sampling_port), sampling_url)
        self._throttling = _Questions(host, int(throttling_port or sampling_port))

    @property
    def encoder(self) -> Encoder:
        """Makes payloads of spans; itself made at the first question for it."""
        if self._encoder is None:
            # With all its parts a tenth of a start. This may be the background
            # thread; see the module `fork`.
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
        Return the answer to how *service_name* is to be sampled.

        Raises:
            SendError: If there is none.
        """
        return self._sampling.client().request_sampling_strategy(service_name, timeout)

    def request_throttling_credits(
        self,
        service_name: str,
        client_id: str,
        operations: Iterable[str],
        timeout: float | None = None,
    ) -> bytes:
        """
        Return the answer to how many debug spans *operations* may begin.

        Raises:
            SendError: If there is none.
        """
        return self._throttling.client().request_throttling_credits(
            service_name,
            client_id,
            operations,
            timeout,
        )

    def after_fork_in_child(self) -> None:
        """Forget the parent's connections without a word to the agent."""
        self.sender.after_fork_in_child()
        self._sampling.after_fork_in_child()
        self._throttling.after_fork_in_child()

    def close(self) -> None:
        """Close what is open. Idempotent."""
        self.sender.close()
        self.close_questions()

    def close_questions(self) -> None:
        """Close the connections that are not the reporter's to close. Idempotent."""
        self._sampling.close()
        self._throttling.close()


class _Questions:
    """
    The agent's answers over HTTP, with a client that is made at the first question.

    With all that it imports the client takes 15 ms of a start, and a tracer whose
    sampler is local never asks.
    """

    def __init__(self, host: str, port: int, url: str | None = None) -> None:
        self._host = host
        self._port = port
        self._url = url
        self._client: AgentClient | None = None
        self._is_closed = False
        if url is not None or port not in _PORTS or not _is_plain(host):
            # It may be refused, and then at once.
            self.client()

    def client(self) -> AgentClient:
        """
        Return the client; called by one thread at a time.

        Raises:
            ConfigError: If it cannot be made.
        """
        if self._client is None:
            # This is most often the background thread; see the module `fork`.
            with forks_wait():
                from jaeger_client._internal.agent import AgentClient  # noqa: PLC0415

            self._client = AgentClient(self._host, self._port, url=self._url)
            if self._is_closed:
                self._client.close()
        return self._client

    def after_fork_in_child(self) -> None:
        """Forget the parent's connection."""
        if self._client is not None:
            self._client.after_fork_in_child()

    def close(self) -> None:
        """Close the connection; further questions are refused."""
        self._is_closed = True
        if self._client is not None:
            self._client.close()


def _is_plain(host: str) -> bool:
    return bool(host) and _PLAIN.issuperset(host.lower())
