"""docs/api.md lists the public names of the package."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from typing import Final

import pytest

import jaeger_client

PAGE: Final = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
PRIVATE: Final = re.compile(r"\._|\.(allinone|cli)\b")
MODULES: Final = sorted(
    module.name
    for module in pkgutil.walk_packages(jaeger_client.__path__, "jaeger_client.")
    if not PRIVATE.search(module.name)
)


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_listed(name: str) -> None:
    """Every public name in `__all__` of a public module is on the page."""
    module = importlib.import_module(name)
    missing = [
        public
        for public in getattr(module, "__all__", ())
        if not public.startswith("_") and not re.search(rf"\b{public}\b", PAGE)
    ]

    assert [] == missing
