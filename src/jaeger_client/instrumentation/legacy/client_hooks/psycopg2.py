"""The hook for psycopg2: client spans for connections, statements and transactions."""

from __future__ import annotations

from jaeger_client.instrumentation.legacy.client_hooks._driver import TracedDriver
from jaeger_client.instrumentation.legacy.client_hooks._patcher import (
    Patcher,
    functions_of,
    imported,
)

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]


class Psycopg2Patcher(Patcher):
    """Replaces `psycopg2.connect`."""

    module_name = "psycopg2"

    def _install_patches(self) -> None:
        extensions = imported("psycopg2.extensions")
        driver = TracedDriver(
            self.module_name,
            extensions.connection,
            extensions.cursor,
            connection_factory=("connection_factory", 1),
            cursor_factory=("cursor_factory", 1),
        )
        self.replace(imported(self.module_name), "connect", driver.traced_connect)


patcher = Psycopg2Patcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
