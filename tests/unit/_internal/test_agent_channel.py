"""The channel to the agent: invalid arguments, and when connections are opened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jaeger_client._internal.agent_channel import AgentChannel
from jaeger_client.errors import ConfigError, SendError

Poll = Callable[[AgentChannel], bytes]


def poll_strategy(channel: AgentChannel) -> bytes:
    """Request the sampling strategy."""
    return channel.request_sampling_strategy("shop")


def poll_credits(channel: AgentChannel) -> bytes:
    """Request throttling credits."""
    return channel.request_throttling_credits("shop", "1", ["get"])


POLLS = [poll_strategy, poll_credits]


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("", 5778, None),
        ("fe80::1%", 5778, None),
        ("fe80::1%a b", 5778, None),
        ("a b", 5778, None),
        ("localhost", 0, None),
        ("localhost", 65536, None),
        ("localhost", 5778, "ftp://localhost/sampling"),
        ("localhost", 5778, ""),
    ],
)
def test_an_address_that_cannot_be_polled_is_refused_at_once(
    host: str,
    port: int,
    url: str | None,
) -> None:
    """An invalid URL is an error of the constructor, not of the first poll."""
    with pytest.raises(ConfigError):
        AgentChannel(host, port, 6831, sampling_url=url)


@pytest.mark.parametrize(
    "host", ["localhost", "Agent-1.my_zone.test", "::1", "fe80::1%eth0"]
)
def test_any_name_or_address_is_accepted(host: str) -> None:
    """A host that does not resolve is an error only when something is sent."""
    channel = AgentChannel(host, 5778, 6831)

    assert host in repr(channel.sender)
    channel.close()


@pytest.mark.parametrize("poll", POLLS)
@pytest.mark.parametrize("url", [None, "http://localhost:5778/sampling"])
def test_a_closed_channel_does_not_poll(poll: Poll, url: str | None) -> None:
    """A closed channel rejects requests, polled before or not; close is idempotent."""
    channel = AgentChannel("localhost", 5778, 6831, sampling_url=url)
    channel.close()
    channel.close()

    for _ in range(2):
        with pytest.raises(SendError, match="closed"):
            poll(channel)
