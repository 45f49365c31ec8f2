"""Settings of a Django site that creates its `DjangoTracing` itself."""

from __future__ import annotations

from jaeger_client.instrumentation.django import DjangoTracing

SECRET_KEY = "of no use"
USE_TZ = True
OPENTRACING_TRACING = DjangoTracing()
