"""The settings of the Django middleware, and the tracer that they create."""

# Django has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from typing import Any

import opentracing
import pytest
from django.conf import settings
from django.test import override_settings

from jaeger_client.errors import ConfigError
from jaeger_client.instrumentation._django_settings import configured_tracer
from jaeger_client.instrumentation.django import OpenTracingMiddleware
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.instrumentation import django_project

django_project.configure()


def view(request: Any) -> None:
    """Respond."""


class Recorded(MemoryTracer):
    """A tracer, with the arguments that it was created with."""

    def __init__(self, **parameters: object) -> None:
        super().__init__()
        self.parameters = parameters


@pytest.mark.parametrize("create", [Recorded, f"{__name__}.Recorded"])
def test_function_that_creates_the_tracer(create: object) -> None:
    """It is called with the parameters; it, or its path, is a setting."""
    with override_settings(
        OPENTRACING_TRACER_CALLABLE=create,
        OPENTRACING_TRACER_PARAMETERS={"service_name": "bakery"},
    ):
        tracer: Any = configured_tracer()

    assert {"service_name": "bakery"} == tracer.parameters


@pytest.mark.parametrize("create", [None, lambda: None])
def test_no_tracer(create: object) -> None:
    """`Config.initialize_tracer` returns `None` if there is a global tracer already."""
    with override_settings(OPENTRACING_TRACER_CALLABLE=create):
        assert configured_tracer() is None


@pytest.mark.parametrize("is_global", [False, True])
def test_global_tracer(is_global: bool) -> None:
    """The created tracer becomes the global one, if the settings specify that."""
    with (
        memory_tracer(set_global=True),
        override_settings(
            OPENTRACING_TRACER_CALLABLE=MemoryTracer,
            OPENTRACING_SET_GLOBAL_TRACER=is_global,
        ),
    ):
        tracer = configured_tracer()

        assert is_global is (opentracing.global_tracer() is tracer)


def test_tracing_is_stored_in_the_settings() -> None:
    """It is the same for each middleware, so that the tracer is created once."""
    with override_settings(OPENTRACING_TRACER_CALLABLE=MemoryTracer):
        OpenTracingMiddleware(view)
        tracing = settings.OPENTRACING_TRACING
        OpenTracingMiddleware(view)

        assert settings.OPENTRACING_TRACING is tracing


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"OPENTRACING_TRACING": 7}, "OPENTRACING_TRACING must be a DjangoTracing"),
        ({"OPENTRACING_TRACER_CALLABLE": 7}, "must be a function .*, got 7"),
        (
            {"OPENTRACING_TRACER_CALLABLE": dict},
            r"must return an opentracing.Tracer, returned \{\}",
        ),
        ({"OPENTRACING_OPERATION_NAME": "x"}, "must be 'route' or 'view', got 'x'"),
        ({"OPENTRACING_TRACED_ATTRIBUTES": "path"}, "must be a list .*, got 'path'"),
        ({"OPENTRACING_EXCLUDED_PATHS": "/x"}, "must be a list .*, got '/x'"),
        ({"OPENTRACING_RESPONSE_HEADER": ""}, "response_header must be .*, got ''"),
    ],
)
def test_invalid_settings(options: dict[str, object], message: str) -> None:
    """They stop the start, and the error names the setting."""
    with override_settings(**options), pytest.raises(ConfigError, match=message):
        OpenTracingMiddleware(view)
