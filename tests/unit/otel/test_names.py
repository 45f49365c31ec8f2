"""The names of the package `jaeger_client.otel`, and what importing them needs."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import cast

import pytest

from jaeger_client import otel

MISSING = """
import sys, importlib.abc

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "opentelemetry.sdk":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Finder())
try:
    from jaeger_client.otel import JaegerRemoteSampler
except ImportError as error:
    print(error)
"""
QUIET = """
import sys, jaeger_client.otel
print(*(name for name in sys.modules if name.startswith("opentelemetry")))
"""


def output_of(code: str) -> str:
    """Return what *code* prints in an interpreter of its own."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return done.stdout.strip()


def test_the_package_imports_nothing_of_opentelemetry() -> None:
    """Its names are imported on first use."""
    assert not output_of(QUIET)


def test_a_missing_sdk_is_named() -> None:
    """The error has the command that installs it."""
    assert (
        "jaeger_client.otel.JaegerRemoteSampler requires OpenTelemetry's SDK (No "
        "module named 'opentelemetry.sdk'): "
        "pip install 'jaeger-client[opentelemetry]' opentelemetry-sdk"
    ) == output_of(MISSING)


def test_only_a_missing_opentelemetry_has_that_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another module that is missing keeps its own error."""
    name = "jaeger_client.otel.sampler"
    monkeypatch.delitem(vars(otel), "JaegerRemoteSampler", raising=False)
    monkeypatch.setitem(sys.modules, name, cast("ModuleType", None))

    with pytest.raises(ModuleNotFoundError, match=f"import of {name} halted"):
        getattr(otel, "JaegerRemoteSampler")  # noqa: B009 - is imported by the call

    monkeypatch.delitem(sys.modules, name)
    sdk = "opentelemetry.sdk.trace.sampling"
    monkeypatch.setitem(sys.modules, sdk, cast("ModuleType", None))
    with pytest.raises(ImportError, match=f"SDK .import of {sdk} halted.*pip install"):
        getattr(otel, "JaegerRemoteSampler")  # noqa: B009 - as above


def test_names_are_listed_before_they_are_imported() -> None:
    """`dir` and completion show them."""
    assert {
        "JaegerOtlpExporter",
        "JaegerPropagator",
        "JaegerRemoteSampler",
        "JaegerThriftHttpExporter",
        "JaegerThriftUdpExporter",
    } == {*dir(otel)}


def test_a_name_is_found_in_its_module() -> None:
    """Later it is an attribute of the package."""
    found = otel.JaegerRemoteSampler

    assert "jaeger_client.otel.sampler" == found.__module__
    assert found is vars(otel)["JaegerRemoteSampler"]


@pytest.mark.parametrize("name", ["JaegerTracer", "__wrapped__"])
def test_an_unknown_name_is_an_attribute_error(name: str) -> None:
    """As in any module."""
    message = f"module 'jaeger_client.otel' has no attribute '{name}'"

    with pytest.raises(AttributeError, match=message):
        getattr(otel, name)
