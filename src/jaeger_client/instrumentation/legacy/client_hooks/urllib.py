"""The hook for `urllib`: in Python 3 it is that of `urllib2`."""

from __future__ import annotations

from jaeger_client.instrumentation.legacy.client_hooks.urllib2 import (
    install_patches,
    patcher,
    reset_patches,
)

__all__ = ["install_patches", "patcher", "reset_patches"]
