"""The oldest Django that is supported, in an environment of its own."""

from __future__ import annotations

import http.client
import subprocess

import pytest

from tests.conftest import ROOT, tool_or_skip
from tests.integration.server_processes import PROGRAMS, serving
from tests.integration.span_sink import SpanSink

SERVERS = {
    "wsgi": ("gunicorn", "--bind", "fd://{fd}", "--no-control-socket"),
    "asgi": ("uvicorn", "--fd", "{fd}"),
}


@pytest.fixture
def django42() -> str:
    """Return a Python that has this package and Django 4.2."""
    python = ROOT / ".nox" / "django-4.2" / "bin" / "python"
    return tool_or_skip(str(python), "run `.venv/bin/nox -s django42`")


@pytest.mark.timeout(180)
def test_unit_tests_pass(django42: str) -> None:
    """The middleware and the decorator behave as with the newest Django."""
    folder = ROOT / "tests" / "unit" / "instrumentation"
    tests = [folder / "test_django.py", folder / "test__django_settings.py"]
    done = subprocess.run(
        [django42, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=150,
        check=False,
        text=True,
    )

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize("server_name", SERVERS)
def test_requests_to_a_server(sink: SpanSink, django42: str, server_name: str) -> None:
    """Views of both kinds have spans, and so have their exceptions and streams."""
    command = (*SERVERS[server_name], f"web_django:{server_name}")
    paths = ["cakes/7", "boom", "stream"]
    environ = {"PYTHONPATH": str(PROGRAMS.parents[2])}
    with serving(sink, *command, environ=environ, python=django42) as server:
        for path in [*paths, *(f"async/{path}" for path in paths)]:
            connection = http.client.HTTPConnection("127.0.0.1", server.port)
            connection.request("GET", f"/{path}", headers={"Connection": "close"})
            connection.getresponse().read()
            connection.close()
        assert sink.wait_for(10)

    roots = [span for span in sink.spans if not span.parentSpanId]
    assert [
        "GET /async/boom",
        "GET /async/cakes/<int:number>",
        "GET /async/stream",
        "GET /boom",
        "GET /cakes/<int:number>",
        "GET /stream",
    ] == sorted(span.operationName for span in roots)
    failed = [span for span in roots if span.logs]
    assert 2 == len(failed)
    assert all(span.operationName.endswith("boom") for span in failed)
