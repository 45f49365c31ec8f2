"""Makes the fixtures of jaeger-client available to the tests beside this file."""

from __future__ import annotations

pytest_plugins = ["jaeger_client.testing"]
