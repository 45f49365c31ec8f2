"""Every metric of the table, counted by tracers with real sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from jaeger_client import Config, SpanContext, Tracer
from jaeger_client.metrics import METRICS, CallableMetricsFactory, Metrics
from jaeger_client.throttler import Throttler
from tests.integration.http_servers import make_answer, serve_http
from tests.integration.span_sink import SpanSink
