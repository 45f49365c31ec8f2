"""Throttlers keep debug traces, which bypass the samplers, from growing too many."""

from __future__ import annotations

from jaeger_client.constants import DEFAULT_THROTTLER_REFRESH_INTERVAL
from jaeger_client.metrics.instruments import ThrottlerMetrics
from jaeger_client.throttler.base import MINIMUM_CREDITS, Throttler
from jaeger_client.throttler.credits import Balance, parse_credits
from jaeger_client.throttler.local import LocalThrottler
from jaeger_client.throttler.remote import CreditsSource, RemoteThrottler

__all__ = [
    "DEFAULT_THROTTLER_REFRESH_INTERVAL",
    "MINIMUM_CREDITS",
    "Balance",
    "CreditsSource",
    "LocalThrottler",
    "RemoteThrottler",
    "Throttler",
    "ThrottlerMetrics",
    "parse_credits",
]
