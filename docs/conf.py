"""The configuration of Sphinx; `make docs` and `make lint` use it."""

from __future__ import annotations

import os

# Of the compiled classes, autodoc would find neither types nor the order in the source.
os.environ["JAEGER_CLIENT_PURE_PYTHON"] = "1"

from jaeger_client.constants import __version__

project = "jaeger-client"
author = "The jaeger-client authors"
copyright = author
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"
nitpick_ignore_regex = [
    # Pages of other projects are not fetched: a build needs no network.
    ("py:class", r"(collections\.abc|logging|opentelemetry|opentracing)\..+"),
    ("py:class", r"contextlib\..+"),
    # Imported for type checkers only, so autodoc has no more than the name.
    ("py:class", r"[A-Z]\w+"),
    # Documented under the package that exports them, or not at all.
    ("py:class", r"jaeger_client(\.\w+){3,}"),
]

html_theme = "furo"
html_title = f"jaeger-client {release}"
