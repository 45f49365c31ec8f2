"""
Routes and exceptions of Flask applications.

Flask is not imported: an application that is none of Flask's has no such routes.
Exceptions of views do not reach the middleware, because Flask responds to them. It
announces them by the signal `got_request_exception`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from jaeger_client.instrumentation._server_span import ServerSpan

SERVER_SPAN_KEY: Final = "jaeger_client.server_span"
"""Key of a request's `ServerSpan` in its WSGI environ."""


def flask_route(app: object, environ: Mapping[str, Any]) -> str | None:
    """
    Return the route of a request that Flask has not handled yet.

    *app* is the Flask application or its `wsgi_app`.
    """
    url_map = getattr(getattr(app, "__self__", app), "url_map", None)
    if not hasattr(url_map, "bind_to_environ"):
        return None
    # NotFound, MethodNotAllowed or a redirect.
    with suppress(Exception):
        rule, _ = cast("Any", url_map).bind_to_environ(environ).match(return_rule=True)
        return _text(rule.rule)
    return None


def handled_flask_route(environ: Mapping[str, Any]) -> str | None:
    """Return the route that Flask has found for a request."""
    rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
    return _text(getattr(rule, "rule", None))


def record_flask_exceptions(app: object) -> None:
    """Record the exceptions of *app* in the spans of its requests, if it is Flask's."""
    flask: Any = sys.modules.get("flask")
    application = getattr(app, "__self__", app)
    if isinstance(application, getattr(flask, "Flask", ())):
        # Once, however often that is called: the receiver is always the same.
        flask.got_request_exception.connect(_record, sender=application)


def _record(sender: object, exception: BaseException, **_: object) -> None:  # noqa: ARG001 - the signature of Flask's receivers
    flask: Any = sys.modules["flask"]
    span: ServerSpan | None = flask.request.environ.get(SERVER_SPAN_KEY)
    if span is not None:
        span.record(exception)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
