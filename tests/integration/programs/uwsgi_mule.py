"""A mule of uWSGI: reports a span for each message, which is its name."""

from __future__ import annotations

import importlib
from typing import Any

from tests.integration.programs.make_tracer import make_tracer

# Exists in the processes of uWSGI only.
uwsgi: Any = importlib.import_module("uwsgi")
tracer = make_tracer()
tracer.start_span("start").finish()
while True:
    name = uwsgi.mule_get_msg().decode()
    tracer.start_span(name).finish()
