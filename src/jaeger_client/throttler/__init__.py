"""Throttlers keep debug traces, which bypass the samplers, from growing too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaeger_client._internal.lazy import names_from

if TYPE_CHECKING:
    from jaeger_client.constants import DEFAULT_THROTTLER_REFRESH_INTERVAL
    from jaeger_client.metrics.instruments import ThrottlerMetrics
    from jaeger_client.throttler.base import MINIMUM_CREDITS, Throttler
    from jaeger_client.throttler.credits import Balance, parse_credits
    from jaeger_client.throttler.local import LocalThrottler
    from jaeger_client.throttler.remote import CreditsSource, RemoteThrottler
else:
    # Imported when they are asked for: see `lazy`.
    __getattr__, __dir__ = names_from(
        __name__,
        {
            "jaeger_client.constants": "DEFAULT_THROTTLER_REFRESH_INTERVAL",
            "jaeger_client.metrics.instruments": "ThrottlerMetrics",
            "jaeger_client.throttler.base": "MINIMUM_CREDITS Throttler",
            "jaeger_client.throttler.credits": "Balance parse_credits",
            "jaeger_client.throttler.local": "LocalThrottler",
            "jaeger_client.throttler.remote": "CreditsSource RemoteThrottler",
        },
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
