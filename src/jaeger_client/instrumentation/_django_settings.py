"""
The settings of the Django middleware.

Those of django_opentracing 1.1:

    setting                         meaning
    OPENTRACING_TRACE_ALL           whether all requests are recorded; default True
    OPENTRACING_TRACED_ATTRIBUTES   attributes of requests that become tags
    OPENTRACING_TRACING             a `DjangoTracing`, instead of the next three
    OPENTRACING_TRACER_CALLABLE     creates the tracer: a function or its dotted path
    OPENTRACING_TRACER_PARAMETERS   keyword arguments of this function
    OPENTRACING_SET_GLOBAL_TRACER   whether that tracer becomes the global one

and three of its own:

    OPENTRACING_OPERATION_NAME      "route" (default), or "view": its name, as before
    OPENTRACING_EXCLUDED_PATHS      paths of requests that get no span
    OPENTRACING_RESPONSE_HEADER     response header that has the trace id

Without a tracer in the settings, the global one at the time of the request is used.
"""

# Django has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import opentracing
from django.conf import settings
from django.utils.module_loading import import_string

from jaeger_client._internal.shown import shown
from jaeger_client.errors import ConfigError
from jaeger_client.instrumentation._server_span import RequestTracing


@dataclass(frozen=True)
class Options:
    """The settings."""

    requests: RequestTracing
    traced_attributes: tuple[str, ...]
    names_views: bool
    """Whether spans are named after views instead of routes."""


def read_options(tracer: opentracing.Tracer | None) -> Options:
    requests = RequestTracing(
        "django",
        tracer,
        excluded_paths=setting("EXCLUDED_PATHS", default=()),
        response_header=setting("RESPONSE_HEADER", default=None),
    )
    attributes = setting("TRACED_ATTRIBUTES", default=())
    if not isinstance(attributes, (list, tuple)):
        msg = (
            "OPENTRACING_TRACED_ATTRIBUTES must be a list of names of attributes, "
            f"got {shown(attributes)}"
        )
        raise ConfigError(msg)
    names = setting("OPERATION_NAME", default="route")
    if names not in {"route", "view"}:
        msg = (
            f"OPENTRACING_OPERATION_NAME must be 'route' or 'view', got {shown(names)}"
        )
        raise ConfigError(msg)
    texts = tuple(map(str, cast("Iterable[object]", attributes)))
    return Options(requests, texts, names == "view")


def configured_tracer() -> opentracing.Tracer | None:
    """Return the tracer that the function of the settings creates."""
    create = setting("TRACER_CALLABLE", default=None)
    if create is None:
        return None
    if isinstance(create, str):
        create = import_string(create)
    if not callable(create):
        msg = (
            "OPENTRACING_TRACER_CALLABLE must be a function or its dotted path, "
            f"got {shown(create)}"
        )
        raise ConfigError(msg)
    tracer = create(**setting("TRACER_PARAMETERS", default={}))
    if tracer is None:
        # Such as `Config.initialize_tracer()`, if there is a global tracer already.
        return None
    if not isinstance(tracer, opentracing.Tracer):
        msg = (
            "OPENTRACING_TRACER_CALLABLE must return an opentracing.Tracer, "
            f"returned {shown(tracer)}"
        )
        raise ConfigError(msg)
    if setting("SET_GLOBAL_TRACER", default=False):
        opentracing.set_global_tracer(tracer)
    return tracer


def setting(name: str, *, default: object) -> Any:  # noqa: ANN401 - any setting
    return getattr(settings, f"OPENTRACING_{name}", default)
