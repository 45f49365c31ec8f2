"""The hook for MySQLdb: client spans for connections, statements and transactions."""

from __future__ import annotations

from jaeger_client.instrumentation.legacy.client_hooks._dbapi2 import (
    ConnectionFactory,
    ContextManagerConnectionWrapper,
)
from jaeger_client.instrumentation.legacy.client_hooks._patcher import (
    Library,
    Patcher,
    functions_of,
    imported,
)

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]


class MySQLdbPatcher(Patcher):
    """Replaces `connect` and `Connect` of `MySQLdb`, or of a package of that name."""

    module_name = "MySQLdb"

    def _install_patches(self) -> None:
        module = imported(self.module_name)
        if isinstance(module.connect, ConnectionFactory):
            return  # PyMySQL under two names
        factory = ConnectionFactory(
            module.connect, self.module_name, ContextManagerConnectionWrapper
        )
        factory.password_position = 2  # after host and user

        def replacement(_: Library) -> Library:
            return factory

        for name in ("connect", "Connect"):
            self.replace(module, name, replacement)


patcher = MySQLdbPatcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
