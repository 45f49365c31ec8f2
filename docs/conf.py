"""How Sphinx builds the pages; `make docs` and `make lint` call it."""

from __future__ import annotations

from jaeger_client._version import __version__

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

html_theme = "furo"
html_title = f"jaeger-client {release}"
