"""The hook for PyMySQL: client spans for connections, statements and transactions."""

from __future__ import annotations

from jaeger_client.instrumentation.legacy.client_hooks._patcher import functions_of
from jaeger_client.instrumentation.legacy.client_hooks.mysqldb import MySQLdbPatcher

__all__ = ["install_patches", "patcher", "reset_patches", "set_patcher"]


class PyMySQLPatcher(MySQLdbPatcher):
    """
    Replaces `connect` and `Connect` of `pymysql`.

    Does nothing if `pymysql.install_as_MySQLdb()` was called and the hook for MySQLdb
    is installed.
    """

    module_name = "pymysql"


patcher = PyMySQLPatcher()
install_patches, reset_patches, set_patcher = functions_of(globals())
