"""
Hooks that trace calls of libraries, by replacing functions of these libraries.

`install_all_patches` installs the hooks of `opentracing_instrumentation` 3.3.1; a
library that is not installed is skipped. The hooks `urllib3`, `pymysql` and `sqlite3`
are new and are installed by `install_patches`: programs that use these libraries
through `requests` or `sqlalchemy` would otherwise have two spans for each call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from jaeger_client.instrumentation.legacy.client_hooks._current_span import (
    set_current_span_func,
)
from jaeger_client.instrumentation.legacy.client_hooks._patcher import imported
from jaeger_client.instrumentation.legacy.interceptors import ClientInterceptors

__all__ = [
    "install_all_patches",
    "install_client_interceptors",
    "install_patches",
    "set_current_span_func",
]

_ALL: Final = (
    "boto3",
    "celery",
    "mysqldb",
    "psycopg2",
    "strict_redis",
    "sqlalchemy",
    "tornado_http",
    "urllib",
    "urllib2",
    "requests",
)

_OLD_NAME: Final = "opentracing_instrumentation."


def install_all_patches() -> None:
    """
    Install the hooks that `opentracing_instrumentation` 3.3.1 has.

    Repeated calls change nothing. A hook that cannot be installed, because the library
    has changed, is logged, and the library is left as it is.
    """
    install_patches([f"{__name__}.{hook}.install_patches" for hook in _ALL])


def install_patches(patchers: Sequence[str] | str | None = "all") -> None:
    """
    Install hooks by the full names of their functions.

    Args:
        patchers: Names such as
            `opentracing_instrumentation.client_hooks.requests.install_patches`, which
            also work where that package is not installed; or `all`, which is
            `install_all_patches`; or `None`, which installs nothing.

    Raises:
        ValueError: If *patchers* is something else, or a name has no function.
    """
    if patchers == "all":
        install_all_patches()
        return
    if patchers is not None and not _is_list(patchers):
        msg = f'patchers argument must be None, "all", or a list, got {patchers!r}'
        raise ValueError(msg)
    for name in patchers or ():
        _function(name)()


def install_client_interceptors(client_interceptors: Sequence[str] = ()) -> None:
    """
    Create interceptors and add them to `ClientInterceptors`.

    Args:
        client_interceptors: Full names of classes, or of functions that return an
            `OpenTracingInterceptor`.

    Raises:
        ValueError: If this is not a list, or a name has no such function.
    """
    if not _is_list(client_interceptors):
        msg = (
            "client_interceptors argument must be a list of names, "
            f"got {client_interceptors!r}"
        )
        raise ValueError(msg)
    for name in client_interceptors:
        ClientInterceptors.append(_function(name)())


def _is_list(value: object) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and all(isinstance(item, str) for item in value)
    )


def _function(name: str) -> Callable[[], Any]:
    module, _, attribute = name.rpartition(".")
    if module.startswith(_OLD_NAME):
        module = f"{__name__.rpartition('.')[0]}.{module.removeprefix(_OLD_NAME)}"
    try:
        found: Callable[[], Any] | None = getattr(imported(module), attribute, None)
    except (ImportError, ValueError) as error:
        msg = f"{name!r} cannot be imported: {error}"
        raise ValueError(msg) from error
    if not callable(found):
        msg = f"{name} is not callable (was {found!r})"
        raise ValueError(msg)  # noqa: TRY004 - the type that 3.3.1 raised
    return found
