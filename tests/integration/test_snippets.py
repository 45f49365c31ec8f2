"""The Python snippets of README.md and the pages, run page by page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.integration.span_sink import SpanSink

ROOT: Final = Path(__file__).parents[2]
TIMEOUT: Final = 50.0
SNIPPET: Final = re.compile(r"^( *)```python\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
PAGES: Final = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
    if SNIPPET.search(path.read_text("utf-8"))
)

TRACER: Final = """
from jaeger_client import Config
config = Config({"sampler": {"type": "const", "param": 1}}, service_name="bakery")
tracer = config.initialize_tracer()
span = tracer.start_span("caller")
"""
RESET: Final = """
from jaeger_client import Config
Config._initialized = False
"""
"""The snippets of a page may each create the tracer of the process."""

BEFORE: Final = {
    "docs/frameworks.md": """
def wsgi_application(environ, start_response):
    pass


async def asgi_application(scope, receive, send):
    pass
""",
    "docs/getting-started.md": f"""{TRACER}
from types import SimpleNamespace
request = SimpleNamespace(headers={{}})
""",
    "docs/propagation.md": """
from jaeger_client.codecs import TextCodec
make_gateway_codec = TextCodec
""",
    "docs/sampling.md": """
import pathlib
from jaeger_client import ConstSampler
sampler = ConstSampler(True)
""",
    "docs/servers.md": """
async def app(scope, receive, send):
    pass
""",
    "docs/troubleshooting.md": TRACER,
}
"""Definitions that the text around the snippets of a page assumes."""


@pytest.mark.parametrize("page", PAGES)
def test_snippets_run(page: str, sink: SpanSink) -> None:
    """The snippets of a page run one after the other, in one program."""
    text = (ROOT / page).read_text("utf-8")
    snippets = [code for _, code in SNIPPET.findall(text)]
    program = RESET.join([BEFORE.get(page, ""), *snippets])

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "JAEGER_AGENT_PORT": str(sink.port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
        text=True,
    )

    assert 0 == done.returncode, done.stdout
