"""Reports a span and ends, without a word to the tracer."""

from __future__ import annotations

from tests.integration.programs.make_tracer import make_tracer

make_tracer().start_span("last words").finish()
