"""Servers that run the web applications of `programs/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.server_processes import PROGRAMS, serving

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.integration.server_processes import Agent, Server

GUNICORN = ("gunicorn", "--bind", "fd://{fd}", "--no-control-socket")
THREADS = (*GUNICORN, "-k", "gthread", "--threads", "16")
UVICORN = ("uvicorn", "--fd", "{fd}")
COMMANDS = {
    "flask": (*THREADS, "web_flask:app"),
    "django": (*THREADS, "web_django:wsgi"),
    "django-asgi": (*UVICORN, "web_django:asgi"),
    "fastapi": (*UVICORN, "web_fastapi:app"),
}
OTHER_COMMANDS = {
    "flask-gevent": (*GUNICORN, "-k", "gevent", "web_flask:app"),
    "django-gevent": (*GUNICORN, "-k", "gevent", "web_django:wsgi"),
    "django-gunicorn": (*GUNICORN, "-k", "asgi", "web_django:asgi"),
    "fastapi-gunicorn": (*GUNICORN, "-k", "asgi", "web_fastapi:app"),
}
"""Other servers, with which fewer tests run in each run."""


def run(agent: Agent, name: str, **environ: str) -> AbstractContextManager[Server]:
    """Run a server with an application of `programs/`."""
    environ["PYTHONPATH"] = str(PROGRAMS.parents[2])
    command = (COMMANDS | OTHER_COMMANDS)[name]
    return serving(agent, *command, environ=environ)
