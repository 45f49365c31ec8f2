"""The WSGI middleware, without a server."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import opentracing
import pytest
from opentracing.mocktracer import MockTracer
from opentracing.scope_managers import ThreadLocalScopeManager

from jaeger_client import Config, Span
from jaeger_client.errors import ConfigError
from jaeger_client.instrumentation._server_span import SPAN_KEY
from jaeger_client.instrumentation.wsgi import TracingMiddleware
from jaeger_client.testing import MemoryTracer, memory_tracer
from tests.unit.spans import fields_of, pairs_of

HTML: Final = [("Content-Type", "text/html")]
EXC_INFO: Final = "exc_info"


class Client:
    """A server that handles one request, and what it has received."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app
        self.started: list[tuple[Any, ...]] = []

    def begin(self, **environ: Any) -> Any:
        """Call the application; return its body."""
        headers = {name: environ.pop(name) for name in list(environ)}
        whole: dict[str, Any] = {}
        setup_testing_defaults(whole)
        return self.app({**whole, **headers}, self.start_response)

    def get(self, **environ: Any) -> bytes:
        """Do the same, and read the body to its end."""
        body = self.begin(**environ)
        try:
            return b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()

    def start_response(self, *args: Any) -> Callable[[bytes], object]:
        """Record the arguments."""
        self.started.append(args)
        return lambda _: None


def hello(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Respond with a list."""
    start_response("200 OK", HTML)
    return [b"hello"]


def failing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Raise."""
    raise LookupError(environ["PATH_INFO"])


@pytest.fixture
def tracer() -> Iterator[MemoryTracer]:
    """Return a tracer."""
    with memory_tracer() as tracer:
        yield tracer


def only(tracer: MemoryTracer) -> Span:
    """Return the only finished span."""
    (span,) = tracer.spans
    return span


def tags_of(span: Span) -> dict[str, object]:
    """Return the tags without those of the sampler."""
    return dict(pairs_of(span))


def test_tags_and_name(tracer: MemoryTracer) -> None:
    """A request without a route is named by its method; its URL has no query."""
    client = Client(TracingMiddleware(hello, tracer))

    assert b"hello" == client.get(
        HTTP_HOST="me:secret@bakery.example:8000",
        SCRIPT_NAME="/shop",
        PATH_INFO="/caf\u00c3\u00a9 x",
        QUERY_STRING="token=hidden",
    )

    assert "GET" == only(tracer).operation_name
    assert {
        "span.kind": "server",
        "component": "wsgi",
        "http.method": "GET",
        "http.url": "http://bakery.example:8000/shop/caf%C3%A9%20x",
        "http.status_code": 200,
    } == tags_of(only(tracer))


def test_query_in_url(tracer: MemoryTracer) -> None:
    """With the option it has the query, but no values that look like secrets."""
    client = Client(TracingMiddleware(hello, tracer, query_in_url=True))

    client.get(QUERY_STRING="number=7&access_token=hidden")

    url = str(tags_of(only(tracer))["http.url"])
    assert "number=7" in url
    assert "hidden)" in url
    assert "=hidden" not in url


@pytest.mark.parametrize(
    ("propagation", "headers"),
    [
        ("jaeger", {"HTTP_UBER_TRACE_ID": "abc:def:0:1"}),
        ("b3", {"HTTP_X_B3_TRACEID": "abc", "HTTP_X_B3_SPANID": "def"}),
        (
            "w3c",
            {"HTTP_TRACEPARENT": f"00-{0xABC:032x}-{0xDEF:016x}-01"},
        ),
    ],
)
def test_context_of_the_caller(propagation: str, headers: dict[str, str]) -> None:
    """The span continues the trace of the headers in the tracer's format."""
    settings = {"propagation": propagation, "sampler": {"type": "const", "param": 1}}
    seen: list[tuple[int, int | None]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        context = environ[SPAN_KEY].context
        seen.append((context.trace_id, context.parent_id))
        return hello(environ, start_response)

    with Config(settings, service_name="bakery").new_tracer() as tracer:
        Client(TracingMiddleware(app, tracer)).get(**headers)
        tracer.close(0)

    assert [(0xABC, 0xDEF)] == seen


def test_malformed_context(
    tracer: MemoryTracer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A context that cannot be read begins a new trace, and that is logged."""
    client = Client(TracingMiddleware(hello, tracer))

    client.get(HTTP_UBER_TRACE_ID="no context")

    assert only(tracer).parent_id is None
    (record,) = caplog.records
    assert "the span context in the headers of a request" in record.getMessage()


def test_default_is_the_global_tracer_of_the_time() -> None:
    """A global tracer that is set after the middleware was created is used."""
    client = Client(TracingMiddleware(hello))
    client.get()

    with memory_tracer(set_global=True) as tracer:
        client.get()

        assert 1 == len(tracer.spans)


def test_excluded_paths(tracer: MemoryTracer) -> None:
    """They get no span, with a star at the end all paths that begin so."""
    app = TracingMiddleware(hello, tracer, excluded_paths=["/health", "/static/*"])

    for path in ("/health", "/static/a.css", "/healthy", "/static"):
        Client(app).get(PATH_INFO=path)

    urls = [str(tags_of(span)["http.url"]) for span in tracer.spans]
    assert ["/healthy", "/static"] == [
        url.removeprefix("http://127.0.0.1") for url in urls
    ]


@pytest.mark.parametrize("paths", ["/health", ["health"], [b"/health"], 7, None])
def test_invalid_excluded_paths(paths: Any) -> None:
    """The error has the value and what is expected."""
    with pytest.raises(ConfigError, match="list of paths such as .*, got ."):
        TracingMiddleware(hello, excluded_paths=paths)


def test_response_header(tracer: MemoryTracer) -> None:
    """It has the trace id as Jaeger shows it; other headers stay."""
    client = Client(TracingMiddleware(hello, tracer, response_header="X-Trace-Id"))

    client.get(HTTP_UBER_TRACE_ID="abc:def:0:1")
    client.get(HTTP_UBER_TRACE_ID=f"{1 << 64:x}:def:0:1")

    assert [
        ("200 OK", [*HTML, ("X-Trace-Id", f"{0xABC:016x}")]),
        ("200 OK", [*HTML, ("X-Trace-Id", f"{1 << 64:032x}")]),
    ] == client.started
    assert 1 == len(HTML)


@pytest.mark.parametrize("name", ["", "x trace", "x\r\ny", 7, b"x"])
def test_invalid_response_header(name: Any) -> None:
    """The error has the value and what is expected."""
    with pytest.raises(
        ConfigError, match="response_header must be a valid HTTP header"
    ):
        TracingMiddleware(hello, response_header=name)


def test_operation_name(tracer: MemoryTracer) -> None:
    """A function of the application chooses the name."""
    app = TracingMiddleware(
        hello, tracer, operation_name=lambda environ: f"to {environ['PATH_INFO']}"
    )

    Client(app).get(PATH_INFO="/cakes")

    assert "to /cakes" == only(tracer).operation_name


def test_operation_name_that_raises(
    tracer: MemoryTracer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """That is logged, and the method is the name."""

    def name(environ: dict[str, Any]) -> str:
        raise LookupError

    Client(TracingMiddleware(hello, tracer, operation_name=name)).get()

    (record,) = caplog.records
    assert "GET" == only(tracer).operation_name
    assert "operation_name raised LookupError()" in record.getMessage()


@pytest.mark.parametrize("method", ["BREW", "get", "", "\udcff" * 1000])
def test_invented_methods(tracer: MemoryTracer, method: str) -> None:
    """They do not become names, because clients could invent any number."""
    Client(TracingMiddleware(hello, tracer)).get(REQUEST_METHOD=method)

    assert "HTTP" == only(tracer).operation_name


def test_name_chosen_by_the_application(tracer: MemoryTracer) -> None:
    """A name that the application sets on the active span stays."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        tracer.active_span.set_operation_name("bake")  # type: ignore[union-attr]
        return hello(environ, start_response)

    Client(TracingMiddleware(app, tracer)).get()

    assert "bake" == only(tracer).operation_name


@pytest.mark.parametrize(("status", "error"), [("404 x", None), ("503 x", True)])
def test_status(tracer: MemoryTracer, status: str, error: bool | None) -> None:
    """A status from 500 is an error."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, HTML)
        return []

    Client(TracingMiddleware(app, tracer)).get()

    tags = tags_of(only(tracer))
    assert int(status[:3]) == tags["http.status_code"]
    assert error == tags.get("error")


def test_exception(tracer: MemoryTracer) -> None:
    """It is passed on and recorded; the status is that of the server's response."""
    with pytest.raises(LookupError):
        Client(TracingMiddleware(failing, tracer)).get()

    tags = tags_of(only(tracer))
    (log,) = only(tracer).logs
    assert (True, 500) == (tags["error"], tags["http.status_code"])
    assert {"event", "message", "error.object", "error.kind", "stack"} == set(
        fields_of(log)
    )


def test_exception_that_the_application_responds_to(tracer: MemoryTracer) -> None:
    """One that is passed to `start_response` is recorded, and passed on."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        try:
            return failing(environ, start_response)
        except LookupError as error:
            exc_info = type(error), error, error.__traceback__
            start_response("500 x", HTML, exc_info)
        return []

    client = Client(TracingMiddleware(app, tracer))
    client.get()

    assert 3 == len(client.started[0])
    assert tags_of(only(tracer))["error"] is True
    assert 1 == len(only(tracer).logs)


def test_server_that_exits(tracer: MemoryTracer) -> None:
    """A worker that is stopped in a request reports it as failed."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        Client(TracingMiddleware(app, tracer)).get()

    assert tags_of(only(tracer))["error"] is True


def test_active_span(tracer: MemoryTracer) -> None:
    """It is active in the application and in its body, and not between."""
    active: list[object] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", HTML)
        active.append(tracer.active_span)
        yield b""
        active.append(tracer.active_span)

    body = Client(TracingMiddleware(app, tracer)).begin()
    between = [tracer.active_span for _ in body]
    body.close()

    assert [only(tracer)] * 2 == active
    assert [None] == between


def test_span_of_a_body_that_stays_active(tracer: MemoryTracer) -> None:
    """A span that a generator has started is active in it only, until it ends it."""
    active: list[object] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", HTML)
        with tracer.start_active_span("part") as scope:
            yield b"1"
            active.append(tracer.active_span is scope.span)
            yield b"2"
        active.append(tracer.active_span)

    body = Client(TracingMiddleware(app, tracer)).begin()
    for _ in body:
        assert tracer.active_span is None
    body.close()

    part, request = tracer.spans
    assert [True, request] == active
    assert ("part", request.span_id) == (part.operation_name, part.parent_id)


def test_bodies_of_two_requests_in_turn(tracer: MemoryTracer) -> None:
    """Each body has its own request's span."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", HTML)
        for _ in range(2):
            with tracer.start_active_span(environ["PATH_INFO"]):
                yield b""

    app_ = TracingMiddleware(
        app, tracer, operation_name=lambda e: f"to {e['PATH_INFO']}"
    )
    bodies = [Client(app_).begin(PATH_INFO=path) for path in ("/a", "/b")]
    for _ in zip(*bodies, strict=True):
        pass
    for body in bodies:
        body.close()

    spans = {span.span_id: span for span in tracer.spans}
    parents = [
        (span.operation_name, spans[span.parent_id].operation_name)
        for span in tracer.spans
        if span.parent_id
    ]
    assert [("/a", "to /a")] * 2 + [("/b", "to /b")] * 2 == sorted(parents)


def test_scope_that_is_never_closed(tracer: MemoryTracer) -> None:
    """A span that an application leaves active does not reach the next request."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        tracer.start_active_span("left open")
        return hello(environ, start_response)

    client = Client(TracingMiddleware(app, tracer))
    client.get()
    assert tracer.active_span is None
    client.get()

    assert [None, None] == [span.parent_id for span in tracer.spans]


def test_body_that_is_closed_early(tracer: MemoryTracer) -> None:
    """The span ends when the server closes the body, which is no error."""
    events: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", HTML)
        try:
            yield b"1"
            yield b"2"
        finally:
            events.append(f"closed, active: {tracer.active_span is not None}")

    body = Client(TracingMiddleware(app, tracer)).begin()
    next(body)
    assert [] == tracer.spans
    body.close()

    assert ["closed, active: True"] == events
    assert "error" not in tags_of(only(tracer))


def test_body_that_raises(tracer: MemoryTracer) -> None:
    """The span ends with the exception, once."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", HTML)
        yield b"1"
        raise LookupError

    with pytest.raises(LookupError):
        Client(TracingMiddleware(app, tracer)).get()

    assert {"error": True, "http.status_code": 200}.items() <= tags_of(
        only(tracer)
    ).items()
    assert 1 == len(only(tracer).logs)


def test_close_that_raises(tracer: MemoryTracer) -> None:
    """The exception is passed on, and recorded."""

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b""])

        def close(self) -> None:
            raise LookupError

    body = Client(TracingMiddleware(lambda *_: Body(), tracer)).begin()
    with pytest.raises(LookupError):
        body.close()

    assert tags_of(only(tracer))["error"] is True


def test_body_that_is_never_closed(tracer: MemoryTracer) -> None:
    """Its span ends when it is deleted."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", HTML)
        yield b""

    body = Client(TracingMiddleware(app, tracer)).begin()
    assert [] == tracer.spans
    del body
    gc.collect()

    assert 1 == len(tracer.spans)


def test_list_is_passed_on(tracer: MemoryTracer) -> None:
    """Servers derive the length of the response from a list."""
    body = [b"hello"]

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", HTML)
        return body

    assert Client(TracingMiddleware(app, tracer)).begin() is body
    assert 1 == len(tracer.spans)


def test_file_is_passed_on(tracer: MemoryTracer) -> None:
    """Servers send a file themselves; the span ends when they close it."""
    file = io.BytesIO(b"cake")

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", HTML)
        return environ["wsgi.file_wrapper"](file)  # type: ignore[no-any-return]

    body = Client(TracingMiddleware(app, tracer)).begin(
        **{"wsgi.file_wrapper": FileWrapper}
    )

    assert isinstance(body, FileWrapper)
    assert [] == tracer.spans
    body.close()
    assert file.closed
    assert 1 == len(tracer.spans)


class Unchangeable:
    """A file wrapper of a server, which cannot be changed."""

    __slots__ = ()

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"cake"])


class Bare(Unchangeable):
    """The same, which can be changed, without a method `close()`."""


@pytest.mark.parametrize("wrapper", [Unchangeable, Bare])
def test_file_without_close(tracer: MemoryTracer, wrapper: type[Unchangeable]) -> None:
    """The span ends all the same."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", HTML)
        return wrapper()

    client = Client(TracingMiddleware(app, tracer))

    assert b"cake" == client.get(**{"wsgi.file_wrapper": wrapper})
    assert 1 == len(tracer.spans)


def test_middleware_inside_middleware(tracer: MemoryTracer) -> None:
    """The span of the inner one is a child of that of the outer one."""
    app = TracingMiddleware(TracingMiddleware(hello, tracer), tracer)

    Client(app).get(HTTP_UBER_TRACE_ID="abc:def:0:1")

    inner, outer = tracer.spans
    assert [outer.span_id, 0xDEF] == [inner.parent_id, outer.parent_id]


def test_environ_that_is_used_again(tracer: MemoryTracer) -> None:
    """A repeated request is no child of the one before, which has ended."""
    inner = TracingMiddleware(hello, tracer)

    def repeat(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        inner(environ, start_response)
        return inner(environ, start_response)

    Client(TracingMiddleware(repeat, tracer)).get()

    first, second, outer = tracer.spans
    assert [outer.span_id] * 2 == [first.parent_id, second.parent_id]


@pytest.mark.parametrize("exc_info", [True, (LookupError,), (LookupError, "x", None)])
def test_odd_exc_info(tracer: MemoryTracer, exc_info: Any) -> None:
    """It is passed on to the server."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("500 x", HTML, exc_info)
        return [b"cake"]

    client = Client(TracingMiddleware(app, tracer))

    assert b"cake" == client.get()
    assert exc_info is client.started[0][2]


def test_conforms_to_the_specification(tracer: MemoryTracer) -> None:
    """The validator of the standard library accepts both sides."""
    app = validator(TracingMiddleware(validator(hello), tracer, response_header="x"))

    assert b"hello" == Client(app).get(QUERY_STRING="")


@pytest.mark.parametrize(
    "environ",
    [
        {"PATH_INFO": None, "SCRIPT_NAME": None, "QUERY_STRING": None},
        {"PATH_INFO": 7, "REQUEST_METHOD": None, "HTTP_HOST": b"\xff"},
        {"PATH_INFO": "/\udcff\u4e2d\0\r\n" * 100_000, "HTTP_HOST": "\u4e2d" * 100_000},
        {"HTTP_UBER_TRACE_ID": 7, "HTTP_X": object(), "wsgi.url_scheme": None},
        {"HTTP_HOST": "", "SERVER_NAME": None, "SERVER_PORT": None},
        {SPAN_KEY: 7, "werkzeug.request": 7, "wsgi.file_wrapper": list},
    ],
)
def test_odd_environ(tracer: MemoryTracer, environ: dict[str, Any]) -> None:
    """The request is served and recorded, whatever the environ has."""
    app = TracingMiddleware(
        hello, tracer, excluded_paths=["/x*"], query_in_url=True, response_header="x"
    )

    assert b"hello" == Client(app).get(**environ)

    assert len(str(tags_of(only(tracer))["http.url"])) <= 1_024


def test_empty_environ(tracer: MemoryTracer) -> None:
    """No key is required."""
    app = TracingMiddleware(hello, tracer)

    assert [b"hello"] == app({}, lambda *_: None)
    assert 1 == len(tracer.spans)


def test_tracer_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    """The request is served; a line is logged."""

    class Broken(opentracing.Tracer):  # type: ignore[misc]  # untyped base
        def start_span(self, *args: Any, **kwargs: Any) -> Any:
            raise LookupError

    assert b"hello" == Client(TracingMiddleware(hello, Broken())).get()
    (record,) = caplog.records
    assert "tracing a request raised LookupError()" in record.getMessage()


def test_other_tracer() -> None:
    """Another tracer of OpenTracing, whose scope manager is local to a thread."""
    tracer = MockTracer(ThreadLocalScopeManager())

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("500 x", HTML)
        tracer.start_span("part").finish()
        yield b""
        raise LookupError

    with pytest.raises(LookupError):
        Client(TracingMiddleware(app, tracer, response_header="x-trace")).get()

    part, request = tracer.finished_spans()
    assert tracer.active_span is None
    assert part.parent_id == request.context.span_id
    assert (500, True) == (request.tags["http.status_code"], request.tags["error"])
    assert request.logs[0].key_values["error.kind"] is LookupError


def test_repr() -> None:
    """It shows the application."""
    assert f"<TracingMiddleware of {hello!r}>" == repr(TracingMiddleware(hello))
