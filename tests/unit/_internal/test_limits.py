"""Numbers, headers, files and objects that applications pass."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from jaeger_client import Config, ConstSampler, RemoteControlledSampler, Tracer
from jaeger_client._internal.http_client.options import HttpOptions
from jaeger_client._internal.limits import (
    MAX_COUNT,
    MAX_SECONDS,
    above_zero,
    at_least,
    find_header_fault,
    is_readable,
)
from jaeger_client._internal.poller import Poller
from jaeger_client.errors import ConfigError
from jaeger_client.reporter import NullReporter, Reporter
from jaeger_client.senders.udp import UdpSender
from jaeger_client.throttler import LocalThrottler, RemoteThrottler
from tests.unit.sampler.fakes import Agent, QuietWorker

INVALID_NAME = "a header name must be an RFC 9110 token"
Maker = Callable[[Any], object]


def reporter(**options: Any) -> Reporter:
    """Return a reporter that sends nowhere."""
    channel: Any = SimpleNamespace(
        sender=SimpleNamespace(rejected_spans=0, max_payload=1)
    )
    return Reporter(channel, worker=QuietWorker(), **options)


def remote_sampler(**options: Any) -> RemoteControlledSampler:
    """Return a sampler that polls nothing yet."""
    return RemoteControlledSampler(Agent(), "shop", worker=QuietWorker(), **options)


def poller(interval: float) -> Poller:
    """Return a poller that polls nothing yet."""
    return Poller(
        lambda: True, what="it", advice="", interval=interval, worker=QuietWorker()
    )


SECONDS: dict[str, Maker] = {
    "Reporter.flush_interval": lambda value: reporter(flush_interval=value),
    "RemoteControlledSampler.sampling_refresh_interval": (
        lambda value: remote_sampler(sampling_refresh_interval=value)
    ),
    "RemoteThrottler.refresh_interval": (
        lambda value: RemoteThrottler(
            Agent(), "shop", refresh_interval=value, worker=QuietWorker()
        )
    ),
    "Poller.interval": poller,
    "UdpSender.resolve_interval": lambda value: UdpSender(resolve_interval=value),
    "HttpOptions.timeout": lambda value: HttpOptions(timeout=value),
}
COUNTS: dict[str, Maker] = {
    "Reporter.queue_capacity": lambda value: reporter(queue_capacity=value),
    "Reporter.batch_size": lambda value: reporter(batch_size=value),
    "RemoteControlledSampler.max_operations": (
        lambda value: remote_sampler(max_operations=value)
    ),
    "RemoteThrottler.max_operations": (
        lambda value: RemoteThrottler(
            Agent(), "shop", max_operations=value, worker=QuietWorker()
        )
    ),
    "LocalThrottler.max_operations": lambda value: LocalThrottler(max_operations=value),
    "UdpSender.max_payload": lambda value: UdpSender(max_payload=value),
}


@pytest.mark.parametrize("name", [*SECONDS, *COUNTS])
@pytest.mark.parametrize("value", [math.nan, -1, "1", [], -math.inf])
def test_what_is_no_number_in_range_is_refused(name: str, value: object) -> None:
    """A value out of range is an error that names argument, range and value."""
    argument = name.rpartition(".")[2]

    with pytest.raises(ConfigError, match=f"^{argument} must be .*[01].*, got ") as got:
        (SECONDS | COUNTS)[name](value)

    assert repr(value) in str(got.value)


@pytest.mark.parametrize("name", [*SECONDS, *COUNTS])
@pytest.mark.parametrize("value", [1e10, sys.maxsize, 1e300])
def test_a_huge_number_is_accepted(name: str, value: float) -> None:
    """Huge numbers, which programs use for "never" or "no limit", are accepted."""
    made = (SECONDS | COUNTS)[name](value)

    numbers = [n for n in vars(made).values() if type(n) in {int, float}]
    assert value not in numbers


@pytest.mark.parametrize("value", [1e10, math.inf, sys.maxsize])
def test_the_maximum_replaces_larger_values(value: float) -> None:
    """Infinity is limited like other huge numbers."""
    assert MAX_SECONDS == above_zero("x", value, maximum=MAX_SECONDS)
    assert MAX_COUNT == at_least("x", value, 1, maximum=MAX_COUNT)


def test_a_source_of_strategies_cannot_break_the_interval() -> None:
    """An interval that a source gives counts only if it is one."""
    for refresh_interval in (math.nan, 0, -1, "5", None):
        agent = Agent()
        agent.refresh_interval = refresh_interval  # type: ignore[attr-defined]  # as a source may
        sampler = RemoteControlledSampler(agent, "shop", worker=QuietWorker())

        assert 60.0 == sampler._poller.interval  # pyright: ignore[reportPrivateUsage]  # what counts


@pytest.mark.parametrize("value", [math.inf, math.nan, "inf", "nan"])
@pytest.mark.parametrize("key", ["reporter_flush_interval", "reporter_queue_size"])
def test_a_setting_that_is_no_number_names_key_value_and_range(
    key: str, value: object
) -> None:
    """Infinity and NaN in a configuration are errors."""
    with pytest.raises(ConfigError) as got:
        Config({key: value}, service_name="shop", validate=True)

    message = str(got.value)
    assert message.startswith(f"{key} (JAEGER_")
    assert "at least 0" in message or "of at least 1" in message
    assert message.endswith(f"got {value!r}")


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("x-key", "a\tb\xe9", None),
        ("x-key", "", None),
        ("", "x", INVALID_NAME),
        ("x-key: secret", "=", INVALID_NAME),
        ("Content-Length", "1", "'Content-Length' cannot be set"),
        (
            "x-key",
            "a\n",
            "the value of 'x-key' must be printable Latin-1 on one line",
        ),
    ],
)
def test_a_header_is_sendable_if_it_stays_on_its_line(
    name: str, value: str, fault: str | None
) -> None:
    """A header name is a token that does not frame the body, its value printable."""
    assert fault == find_header_fault(name, value)


def test_a_path_that_no_file_can_have_is_not_readable() -> None:
    """A path with a null byte is not readable."""
    assert is_readable(__file__)
    assert not is_readable("a\0")


@pytest.mark.parametrize(
    ("argument", "method"), [("clock", "time"), ("metrics_factory", "create_counter")]
)
@pytest.mark.parametrize("value", [3, "x", SimpleNamespace(time=1, create_counter=1)])
def test_an_object_that_lacks_a_method_is_an_error(
    argument: str, method: str, value: Any
) -> None:
    """Whether it is passed to a `Config` or to a tracer, it is named at once."""
    complaint = rf"^{argument} must have a method {method}\(\), got "

    with pytest.raises(ConfigError, match=complaint):
        Config({}, service_name="shop", **{argument: value})
    with pytest.raises(ConfigError, match=complaint):
        Tracer("shop", NullReporter(), ConstSampler(decision=True), **{argument: value})


def test_an_object_needs_no_base_class_and_no_more_than_the_method() -> None:
    """Applications pass mocks and classes of their own."""
    clock: Any = SimpleNamespace(time=lambda: 7.0)

    def create_counter(**_: object) -> Callable[[object], None]:
        return print

    factory: Any = SimpleNamespace(create_counter=create_counter)

    tracer = Tracer(
        "shop",
        NullReporter(),
        ConstSampler(decision=True),
        metrics_factory=factory,
        clock=clock,
    )

    assert 7.0 == tracer.start_span("op").start_time
    assert factory is tracer.metrics_factory
    assert clock is Config({}, None, "shop", factory, clock=clock).clock
