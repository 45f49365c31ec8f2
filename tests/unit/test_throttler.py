"""The names and the interface of the throttlers."""

from __future__ import annotations

import pytest

import jaeger_client.throttler
from jaeger_client.throttler import Throttler


def test_every_old_name_imports() -> None:
    """All that `jaeger_client.throttler` of 4.8 had can be imported from it."""
    old_names = {
        "DEFAULT_THROTTLER_REFRESH_INTERVAL",
        "MINIMUM_CREDITS",
        "RemoteThrottler",
        "Throttler",
        "ThrottlerMetrics",
    }

    assert set() == old_names - set(jaeger_client.throttler.__all__)
    assert (1.0, 5) == (
        jaeger_client.throttler.MINIMUM_CREDITS,
        jaeger_client.throttler.DEFAULT_THROTTLER_REFRESH_INTERVAL,
    )


def test_the_base_decides_nothing() -> None:
    """A throttler that overrides nothing raises NotImplementedError when asked."""
    throttler = Throttler()

    throttler.set_client_id(1)
    with pytest.raises(NotImplementedError):
        throttler.is_allowed("op")
    throttler.close()
