"""Throttlers limit debug traces, which bypass the samplers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_of
from jaeger_client.constants import DEFAULT_THROTTLER_REFRESH_INTERVAL
from jaeger_client.metrics.instruments import ThrottlerMetrics
from jaeger_client.throttler.base import MINIMUM_CREDITS, LocalThrottler, Throttler

if TYPE_CHECKING:
    from jaeger_client.throttler.remote import (
        Balance,
        CreditsSource,
        RemoteThrottler,
        parse_credits,
    )
else:
    # Imported on first use, because most tracers have no throttler.
    __getattr__, __dir__ = names_of(__name__, "remote")

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
