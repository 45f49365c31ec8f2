"""How Sphinx builds the pages; `make docs` and `make lint` call it."""

from __future__ import annotations

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
    # Other people's pages are not asked for: a build needs no network.
    ("py:class", r"(collections\.abc|contextlib|logging|opentracing)\..+"),
    # Imported for type checkers only, so autodoc knows no more than the name.
    ("py:class", r"[A-Z]\w+"),
    # Stand on the page under the room that hands them out, or not at all.
    ("py:class", r"jaeger_client(\.\w+){3,}"),
]

html_theme = "furo"
html_title = f"jaeger-client {release}"
