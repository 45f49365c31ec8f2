"""
Sampling strategies, throttling credits and strategies files, as JSON of any content.

The first byte selects what *data* is: `s` a strategy, `c` credits, else a file.

- A strategy is followed by the sampler, or raises `StrategyError`. A sampler that was
  updated decides, and names itself, whatever the strategy was before.
- Credits are added to balances, which never decrease, or raise `CreditsError`.
- A file gives a response that is JSON and can be followed, or raises `StrategyError`.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Sequence
from typing import Final

from jaeger_client.errors import CreditsError, StrategyError
from jaeger_client.sampler import (
    AdaptiveSampler,
    ProbabilisticSampler,
    RateLimitingSampler,
    RemoteControlledSampler,
    Sampler,
    StrategiesFile,
)
from jaeger_client.sampler.strategy import parse_strategy
from jaeger_client.throttler import RemoteThrottler
from tests.fuzz.oracles import check_error, check_line, checked_log

SERVICE: Final = "shop"
OPERATIONS: Final = ("GET /", "\udc80", "")
FIRST: Final = (
    b'{"probabilisticSampling": {"samplingRate": 1}}',
    b'{"rateLimitingSampling": {"maxTracesPerSecond": 2.5}}',
    b'{"operationSampling": {"perOperationStrategies": [{"operation": "GET /"}]}}',
)
"""Strategies that are replaced: one of each type."""


class Fixed:
    """A server that always responds with *body*."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def request_sampling_strategy(self, service_name: str) -> bytes:
        """Return the strategy."""
        return self.body

    def request_throttling_credits(
        self, service_name: str, client_id: str, operations: Sequence[str]
    ) -> bytes:
        """Return the credits."""
        return self.body


def fuzz_one(data: bytes) -> None:
    """Follow the content of *data*."""
    kind, body = data[:1], data[1:]
    with checked_log():
        if kind == b"s":
            follow(FIRST[len(body) % len(FIRST)], body)
        elif kind == b"c":
            add_credits(body)
        else:
            read_file(body)


def follow(first: bytes, body: bytes) -> None:
    """Poll *first*, then *body*."""
    source = Fixed(first)
    sampler = RemoteControlledSampler(source, SERVICE, max_operations=3)
    assert sampler._poll()
    before = sampler.sampler
    source.body = body
    try:
        sampler._poll()
    except StrategyError as error:
        check_error(error)
        assert before is sampler.sampler
    check_sampler(sampler.sampler)


def check_sampler(sampler: Sampler) -> None:
    """A sampler decides for every operation, and its tags are plain."""
    known = (ProbabilisticSampler, RateLimitingSampler, AdaptiveSampler)
    assert isinstance(sampler, known)
    check_line(repr(sampler)[:1000])
    for operation in OPERATIONS:
        is_sampled, tags = sampler.is_sampled(1 << 63, operation)
        assert isinstance(is_sampled, bool)
        param = tags["sampler.param"]
        assert isinstance(param, (int, float))
        assert 0 <= param < 500


def add_credits(body: bytes) -> None:
    """Poll credits twice for operations that were seen."""
    throttler = RemoteThrottler(Fixed(body), SERVICE, max_operations=3)
    throttler.set_client_id(1)
    for operation in OPERATIONS[:2]:
        throttler._decide(operation)
    before = dict.fromkeys(OPERATIONS[:2], 0.0)
    for _ in range(2):
        try:
            throttler._poll()
        except CreditsError as error:
            check_error(error)
        after = throttler.credits
        assert len(after) <= 3
        for operation, balance in before.items():
            assert balance <= after[operation] <= math.inf
        before = after
    throttler._decide(OPERATIONS[0])


def read_file(body: bytes) -> None:
    """Write *body* to a file, and read its strategies of two services."""
    with tempfile.NamedTemporaryFile(prefix="fuzz-") as file:
        file.write(body)
        file.flush()
        source = StrategiesFile(file.name, default_probability=0.25)
        for service in (SERVICE, ""):
            follow_file(source, service)


def follow_file(source: StrategiesFile, service: str) -> None:
    """Follow the strategy of *service*, if it has one."""
    try:
        response = source.request_sampling_strategy(service)
    except StrategyError as error:
        check_error(error)
    else:
        parse_strategy(json.loads(response))
        follow(FIRST[0], response)
