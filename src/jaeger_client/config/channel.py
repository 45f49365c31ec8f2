"""The local agent: where spans go over UDP, and who answers questions."""

from __future__ import annotations

from collections.abc import Iterable

from jaeger_client.agent import AgentClient
from jaeger_client.encoding import JaegerCompactEncoder
from jaeger_client.model import SpanLosses
from jaeger_client.senders.udp import DEFAULT_RESOLVE_INTERVAL, UdpSender


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
        self.encoder = JaegerCompactEncoder(SpanLosses())
        self.sender = UdpSender(
            host,
            int(reporting_port),
            resolve_interval=resolve_interval,
        )
        self._sampling = AgentClient(host, int(sampling_port), url=sampling_url)
        self._throttling = AgentClient(host, int(throttling_port or sampling_port))

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
        return self._sampling.request_sampling_strategy(service_name, timeout)

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
        return self._throttling.request_throttling_credits(
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
        self._sampling.close()
        self._throttling.close()
