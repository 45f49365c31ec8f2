"""
Routes of Starlette and FastAPI applications.

The path of a request is no name for an operation, because clients may request any
number of paths. Routes are limited in number. The attributes that are used here are
those of Starlette's routes; the framework itself is not imported. An application
without such routes has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, cast

_PARTIAL: Final = 1
"""Value of `Match.PARTIAL`: the path matches, the method does not."""
_FULL: Final = 2
"""Value of `Match.FULL`."""

_MAX_DEPTH: Final = 20
"""Maximum depth of mounted applications."""


def starlette_route(app: object, scope: Mapping[str, Any]) -> str | None:
    """Return the route of a request to *app*, a Starlette or FastAPI application."""
    with suppress(Exception):  # a convertor of the application
        return _template(getattr(app, "routes", ()), scope, _MAX_DEPTH)
    return None


def _template(routes: object, scope: Mapping[str, Any], depth: int) -> str | None:
    partial: str | None = None
    for route in _flattened(routes):
        # A copy, because FastAPI's routers write to it while they match.
        match, child_scope = route.matches(dict(scope))
        if match.value not in {_FULL, _PARTIAL}:
            continue
        path = _path_of(route, {**scope, **child_scope}, depth)
        if match.value == _FULL:
            return path
        partial = partial or path
    return partial


def _flattened(routes: object) -> Iterable[Any]:
    """Yield the routes, with those of FastAPI's included routers in their place."""
    for route in cast("Iterable[Any]", routes):
        included = getattr(route, "effective_route_contexts", None)
        if included is None:
            yield route
        else:
            for context in included():
                # Websocket routes and mounts of an included router.
                yield getattr(context, "starlette_route", None) or context


def _path_of(route: Any, scope: Mapping[str, Any], depth: int) -> str | None:  # noqa: ANN401 - a route of any framework
    """Return the path of a route, with that of the route inside a mount."""
    nested = None
    if depth and (routes := getattr(route, "routes", None)):
        nested = _template(routes, scope, depth - 1)
    if nested is not None:
        return f"{_text(getattr(route, 'path', None)) or ''}{nested}"
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    return _text(path)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
