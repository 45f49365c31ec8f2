"""Installing hooks and interceptors by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jaeger_client.instrumentation.legacy import client_hooks
from jaeger_client.instrumentation.legacy.client_hooks import (
    _current_span,
    install_all_patches,
    install_client_interceptors,
    install_patches,
    set_current_span_func,
    sqlite3,
)
from jaeger_client.instrumentation.legacy.client_hooks._patcher import imported
from jaeger_client.instrumentation.legacy.client_hooks._singleton import singleton
from jaeger_client.instrumentation.legacy.interceptors import (
    ClientInterceptors,
    OpenTracingInterceptor,
)
from jaeger_client.instrumentation.legacy.request_context import get_current_span
from jaeger_client.testing import MemoryTracer
from tests.unit.spans import Anything

OLD = "opentracing_instrumentation.client_hooks"


class Interceptor(OpenTracingInterceptor):
    """Does nothing."""

    def process(self, request: object, span: object) -> None:
        """Do nothing."""


def test_hooks_are_installed_by_their_old_names(tracer: MemoryTracer) -> None:
    """The old package need not be installed."""
    install_patches([f"{OLD}.sqlite3.install_patches"])
    try:
        assert sqlite3.patcher.patches_installed
    finally:
        sqlite3.reset_patches()


def test_all_hooks_of_3_3_are_installed_and_removed(tracer: MemoryTracer) -> None:
    """Twice is no error; those that are new are not among them."""
    names = client_hooks._ALL
    hooks = [imported(f"{client_hooks.__name__}.{name}") for name in names]

    install_all_patches()
    install_patches()
    try:
        # MySQLdb is not installed.
        assert {"mysqldb"} == {
            name
            for name, hook in zip(names, hooks, strict=True)
            if not hook.patcher.patches_installed
        }
        assert not sqlite3.patcher.patches_installed
    finally:
        for hook in hooks:
            hook.reset_patches()


@pytest.mark.parametrize("nothing", [None, (), []])
def test_nothing_can_be_installed(nothing: Anything) -> None:
    """`None` and an empty list install nothing."""
    install_patches(nothing)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("requests", "must be None, \"all\", or a list, got 'requests'"),
        (5, "must be None"),
        ([None], "must be None"),
        ([f"{OLD}.requests.no_such"], "is not callable"),
        (["no_such_module.function"], "cannot be imported"),
        (["function"], "cannot be imported"),
    ],
)
def test_a_wrong_name_is_an_error(names: Anything, message: str) -> None:
    """It says what came and what was expected."""
    with pytest.raises(ValueError, match=message):
        install_patches(names)


def test_interceptors_are_created_by_name() -> None:
    """Classes or functions."""
    install_client_interceptors([f"{__name__}.Interceptor"])
    try:
        (found,) = ClientInterceptors.get_interceptors()
        assert type(found).__name__ == "Interceptor"
    finally:
        ClientInterceptors.clear()


@pytest.mark.parametrize("names", ["a.b", None, ["json.dumps.x"], [f"{__name__}.OLD"]])
def test_wrong_interceptors_are_an_error(names: Anything) -> None:
    """Text is no list of names."""
    with pytest.raises(ValueError, match="argument|cannot|callable"):
        install_client_interceptors(names)


def test_the_parent_can_be_found_otherwise(tracer: MemoryTracer) -> None:
    """At any time, also after the hooks are installed."""
    other = tracer.start_span("other")
    set_current_span_func(lambda: other)
    try:
        assert other is _current_span.current_span_func()
    finally:
        set_current_span_func(get_current_span)


def test_a_function_that_raises_is_replaced_by_the_active_span(
    tracer: MemoryTracer, caplog: pytest.LogCaptureFixture
) -> None:
    """And that is logged."""
    wrong: Anything = int("0").__pow__
    set_current_span_func(wrong)
    try:
        with tracer.start_active_span("active") as scope:
            assert scope.span is _current_span.current_span_func()
    finally:
        set_current_span_func(get_current_span)
    assert "TypeError" in caplog.text


def test_a_singleton_is_called_once() -> None:
    """Until it is reset."""
    calls: list[int] = []

    def call(number: int) -> int:
        calls.append(number)
        return 7

    once: Anything = singleton(call)

    assert [7, None] == [once(1), once(2)]
    once.reset()
    once(number=3)
    assert [1, 3] == calls
    assert call is vars(once)["__original_func"]


def test_nothing_is_imported_before_a_hook_is_installed() -> None:
    """Neither the libraries, nor OpenTelemetry, nor asyncio by the package itself."""
    program = """
import pkgutil, sys, importlib
import jaeger_client
assert "jaeger_client.instrumentation" not in sys.modules
from jaeger_client.instrumentation import legacy
for module in pkgutil.walk_packages(legacy.__path__, legacy.__name__ + "."):
    importlib.import_module(module.name)
libraries = {"boto3", "celery", "pymysql", "psycopg2", "redis", "requests", "tornado",
             "sqlalchemy", "sqlite3", "opentelemetry", "urllib3", "http.client"}
print(sorted(libraries & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        check=False,
        text=True,
    )

    assert ("[]\n", "") == (done.stdout, done.stderr)
