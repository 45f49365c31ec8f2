"""Names and modules of the package."""

from __future__ import annotations

import pydoc
import re
import subprocess
import sys
from importlib.metadata import metadata

import pytest

import jaeger_client

FRESH = """
import sys, jaeger_client
print("jaeger_client.thrift" in sys.modules, jaeger_client.thrift.__name__)
"""


def test_public_modules_are_listed_before_they_are_imported() -> None:
    """`dir` has every public module, next to the names that users import."""
    names = {"Config", "Tracer", "codecs", "senders", "thrift", "throttler", "utils"}

    assert names < {*dir(jaeger_client)}


def test_the_implementation_is_a_public_name() -> None:
    """It is a word or two, for logs and bug reports."""
    assert jaeger_client.implementation in {"compiled", "pure Python"}


def test_internals_are_not_listed() -> None:
    """`dir` has no name with an underscore."""
    assert [] == [name for name in dir(jaeger_client) if name.startswith("_")]


def test_a_module_that_a_start_does_not_need_is_imported_when_it_is_used() -> None:
    """`jaeger_client.thrift` works after a bare import, which does not import it."""
    command = [sys.executable, "-W", "error", "-c", FRESH]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout

    assert ["False", "jaeger_client.thrift"] == printed.split()


@pytest.mark.parametrize("name", ["no_such_module", "_private", "__wrapped__"])
def test_a_missing_attribute_is_an_attribute_error(name: str) -> None:
    """An unknown attribute is an AttributeError."""
    message = f"module 'jaeger_client' has no attribute '{name}'"

    with pytest.raises(AttributeError, match=message):
        getattr(jaeger_client, name)


def test_a_star_import_has_the_public_names() -> None:
    """`from jaeger_client import *` defines what users import."""
    scope: dict[str, object] = {}

    exec("from jaeger_client import *", scope)  # not allowed inside a function

    assert {"Config", "ConstSampler", "Span", "SpanContext", "Tracer"} < scope.keys()


@pytest.mark.parametrize("module", ["", ".codecs", ".metrics"])
def test_a_star_import_has_no_tools_of_the_module(module: str) -> None:
    """Neither `annotations` nor `TYPE_CHECKING`, which would replace the caller's."""
    scope: dict[str, object] = {}

    exec(f"from jaeger_client{module} import *", scope)  # as above

    assert set() == scope.keys() & {"TYPE_CHECKING", "annotations", "names_of"}


def test_the_help_of_the_package_describes_its_names() -> None:
    """`help(jaeger_client)` shows the methods of `Config`."""
    assert "initialize_tracer" in pydoc.plain(pydoc.render_doc(jaeger_client))


def test_the_description_has_no_relative_links() -> None:
    """An index page shows README.md, but has no files that it could link to."""
    description = metadata("jaeger-client").json["description"]
    links = re.findall(r"\]\((.*?)\)", str(description))

    assert 10 < len(links)
    assert [] == [link for link in links if not link.startswith("https://")]
