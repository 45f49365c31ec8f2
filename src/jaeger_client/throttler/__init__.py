"""Throttlers limit debug traces, which bypass the samplers."""

from __future__ import annotations

from jaeger_client.constants import DEFAULT_THROTTLER_REFRESH_INTERVAL
from jaeger_client.metrics.instruments import ThrottlerMetrics
from jaeger_client.throttler.base import MINIMUM_CREDITS, LocalThrottler, Throttler
from jaeger_client.throttler.remote import (
    Balance,
    CreditsSource,
    RemoteThrottler,
    parse_credits,
)

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
