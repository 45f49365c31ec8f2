"""Routes of Starlette applications."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.convertors import CONVERTOR_TYPES, Convertor
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute

from jaeger_client.instrumentation._starlette import starlette_route


async def endpoint(_: Any) -> PlainTextResponse:
    """Respond."""
    return PlainTextResponse("cake")


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Respond, without routes."""


APP = Starlette(
    routes=[
        Route("/", endpoint),
        Route("/cakes/{number:int}", endpoint),
        Route("/cakes/{name}", endpoint, methods=["PUT"]),
        WebSocketRoute("/rooms/{room}", endpoint),
        Mount(
            "/shops/{shop}",
            routes=[
                Route("/", endpoint),
                Mount("/ovens", routes=[Route("/{oven}", endpoint)]),
            ],
        ),
        Mount("/static", app=application),
        Mount("/api", app=Starlette(routes=[Route("/v{version}", endpoint)])),
        Host("{shop}.example", app=Router(routes=[Route("/visit/{day}", endpoint)])),
    ]
)


def scope(path: str, **items: Any) -> dict[str, Any]:
    """Return the scope of a request."""
    return {"type": "http", "method": "GET", "path": path, "headers": [], **items}


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/cakes/7", "/cakes/{number}"),
        ("/shops/3/", "/shops/{shop}/"),
        ("/shops/3/ovens/4", "/shops/{shop}/ovens/{oven}"),
        ("/shops/3/nothing", "/shops/{shop}/{path}"),
        ("/static/a/b.css", "/static/{path}"),
        ("/api/v2", "/api/v{version}"),
        ("/nowhere", None),
        ("/rooms/7", None),
        # The path matches, the method does not.
        ("/cakes/x", "/cakes/{name}"),
    ],
)
def test_route(path: str, route: str | None) -> None:
    """It is the path of the route, below that of the mounts that it is in."""
    assert route == starlette_route(APP, scope(path))


def test_route_of_a_web_socket() -> None:
    """It is found by the type of the scope."""
    assert "/rooms/{room}" == starlette_route(APP, scope("/rooms/7", type="websocket"))


def test_route_of_a_host() -> None:
    """The name of the host is no part of it."""
    headers = [(b"host", b"north.example")]

    assert "/visit/{day}" == starlette_route(APP, scope("/visit/7", headers=headers))


def test_routes_of_an_included_router() -> None:
    """FastAPI's included routers have theirs, with their prefix, in a method."""

    class Included:
        def effective_route_contexts(self) -> list[Any]:
            socket = SimpleNamespace(starlette_route=WebSocketRoute("/b/{c}", endpoint))
            return [Route("/a/{b}", endpoint), socket]

    app = SimpleNamespace(routes=[Included(), Route("/a/{later}", endpoint)])

    assert "/a/{b}" == starlette_route(app, scope("/a/7"))
    assert starlette_route(app, scope("/nowhere")) is None
    assert "/b/{c}" == starlette_route(app, scope("/b/7", type="websocket"))


def test_scope_is_not_changed() -> None:
    """The application finds the scope as the server has sent it."""
    request = scope("/shops/3/ovens/4")

    starlette_route(APP, request)

    assert scope("/shops/3/ovens/4") == request


@pytest.mark.parametrize("app", [None, endpoint, object(), Router(), 7])
def test_application_without_routes(app: object) -> None:
    """It has none."""
    assert starlette_route(app, scope("/")) is None


def test_convertor_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no route then; the framework decides about the request."""

    class Broken(Convertor[str]):
        regex = ".*"

        def convert(self, value: str) -> str:
            raise LookupError

        def to_string(self, value: str) -> str:
            return value

    monkeypatch.setitem(CONVERTOR_TYPES, "broken", Broken())
    app = Starlette(routes=[Route("/{name:broken}", endpoint)])

    assert starlette_route(app, scope("/7")) is None


def test_mounts_without_end() -> None:
    """An application that mounts itself has a route of bounded length."""
    app = Starlette()
    app.routes.append(Mount("/a", app=app))

    route = starlette_route(app, scope("/a" * 1_000))

    assert route is not None
    assert len(route) < 100
