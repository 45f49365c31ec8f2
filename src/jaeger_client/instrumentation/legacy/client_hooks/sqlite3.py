"""The hook for sqlite3: client spans for connections, statements and transactions."""

from __future__ import annotations

from jaeger_client.instrumentation.legacy.client_hooks._driver import TracedDriver
from jaeger_client.instrumentation.legacy.client_hooks._patcher import (
    Patcher,
    functions_of,
    imported,
)

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]


class SQLite3Patcher(Patcher):
    """Replaces `sqlite3.connect`, also where it is called `sqlite3.dbapi2.connect`."""

    module_name = "sqlite3"

    def _install_patches(self) -> None:
        sqlite3 = imported(self.module_name)
        driver = TracedDriver(
            self.module_name,
            sqlite3.Connection,
            sqlite3.Cursor,
            connection_factory=("factory", 5),
            cursor_factory=("factory", 0),
            commits_at_exit=True,
        )
        self.replace(sqlite3, "connect", driver.traced_connect)
        self.replace(sqlite3.dbapi2, "connect", driver.traced_connect)


patcher = SQLite3Patcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
