"""
A program for opentracing_instrumentation 3.3: every hook, and what they record.

Prints JSON: for each section the spans as a tree, and the requests that servers got.
It runs on Python 3.8 with that package, and on later ones with the legacy names.
"""

import asyncio
import http.client
import io
import json
import logging
import re
import sys
import threading
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

import boto3
import opentracing
import psycopg2
import psycopg2.extras
import psycopg2.sql
import pymysql
import redis
import requests
import servers
import sqlalchemy
import tornado.gen
import tornado.httpclient
import tornado.httpserver
import tornado.ioloop
import tornado.netutil
import tornado.web
from celery import Celery
from celery.contrib.testing.worker import start_worker
from opentracing.scope_managers.tornado import TornadoScopeManager
from opentracing_instrumentation import (
    get_current_span,
    span_in_context,
    span_in_stack_context,
    traced_function,
)
from opentracing_instrumentation.client_hooks import (
    install_all_patches,
    install_client_interceptors,
)
from opentracing_instrumentation.client_hooks.requests import patcher
from opentracing_instrumentation.config import CONFIG
from opentracing_instrumentation.http_server import (
    TornadoRequestWrapper,
    WSGIRequestWrapper,
    before_request,
)
from opentracing_instrumentation.interceptors import (
    ClientInterceptors,
    OpenTracingInterceptor,
)
from opentracing_instrumentation.local_span import func_span
from opentracing_instrumentation.request_context import (
    RequestContext,
    RequestContextManager,
)
from opentracing_instrumentation.utils import start_child_span

from jaeger_client import ConstSampler, Tracer
from jaeger_client.reporter import InMemoryReporter

pymysql.install_as_MySQLdb()
import MySQLdb  # noqa: E402

logging.disable(logging.CRITICAL)
reporter = InMemoryReporter()
tracer = Tracer(
    service_name="bakery",
    reporter=reporter,
    sampler=ConstSampler(True),
    scope_manager=TornadoScopeManager(),
)
opentracing.set_global_tracer(tracer)

PORTS = {
    name: servers.serve(getattr(servers, name))
    for name in ("Http", "Aws", "Redis", "Postgres", "Mysql")
}
URL = "http://127.0.0.1:{}".format(PORTS["Http"])
SECTIONS = []


def section(function):
    SECTIONS.append(function)
    return function


# ---- servers


def traced_application(application):
    def middleware(environ, start_response):
        request = WSGIRequestWrapper.from_wsgi_environ(environ)
        span = before_request(request=request, tracer=tracer)

        def traced_start_response(status, headers, exc_info=None):
            span.set_tag("status", status)
            span.finish()
            return start_response(status, headers, exc_info)

        with span_in_context(span):
            return application(environ, traced_start_response)

    return middleware


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


@section
def wsgi(root):
    def application(environ, start_response):
        requests.get(URL + "/from-wsgi", timeout=30)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    server = make_server(
        "127.0.0.1", 0, traced_application(application), handler_class=Quiet
    )
    PORTS["Wsgi"] = server.server_port
    for headers in (
        headers_of(root),
        {},
        {"uber-trace-id": "no context"},
        {"jaeger-debug-id": "ticket-42", "x-caller": "till"},
    ):
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        get("127.0.0.1", server.server_port, "/cake%20shop?kind=tart", headers)
        thread.join()
    server.server_close()


def headers_of(span):
    headers = {}
    span.set_baggage_item("customer", "ann b")
    tracer.inject(span.context, opentracing.Format.HTTP_HEADERS, headers)
    return headers


def get(host, port, path, headers):
    connection = http.client.HTTPConnection(host, port, timeout=30)
    connection.request("GET", path, headers=headers)
    connection.getresponse().read()
    connection.close()


@section
def tornado_server(root):
    class Handler(tornado.web.RequestHandler):
        def get(self):
            request = TornadoRequestWrapper(request=self.request)
            span = before_request(request=request)

            @tornado.gen.coroutine
            def serve():
                yield tornado.gen.sleep(0)
                yield fetch(URL + "/from-tornado")
                with func_span("after", tags={"is_current": True}):
                    pass
                self.write("ok")
                span.finish()

            with span_in_stack_context(span):
                return serve()

    headers = headers_of(root)

    @tornado.gen.coroutine
    def run():
        application = tornado.web.Application([("/cake", Handler)])
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        server = tornado.httpserver.HTTPServer(application)
        server.add_sockets(sockets)
        PORTS["Tornado"] = sockets[0].getsockname()[1]
        get_in_thread = asyncio.get_event_loop().run_in_executor(
            None, get, "127.0.0.1", PORTS["Tornado"], "/cake?kind=tart", headers
        )
        yield get_in_thread
        server.stop()

    outside(run)


def outside(coroutine):
    """Run a coroutine on Tornado's loop without an active span."""
    loop = tornado.ioloop.IOLoop()
    thread = threading.Thread(
        target=lambda: (loop.make_current(), loop.run_sync(coroutine))
    )
    thread.start()
    thread.join()


def run_in_span(span, coroutine):
    with span_in_stack_context(span):
        return coroutine()


def fetch(*arguments, **options):
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True)
    return client.fetch(*arguments, **options)


# ---- clients


@section
def requests_client(root):
    session = requests.Session()
    session.get(URL + "/a?b=1", timeout=30)
    session.post(URL + "/a", data={"b": 1}, timeout=30)
    session.get(URL + "/status/404", timeout=30)
    session.get(URL + "/status/302", timeout=30)
    attempt(lambda: requests.get("http://127.0.0.1:1/", timeout=30))
    patcher.set_response_handler_hook(
        lambda response, span: span.set_tag("length", len(response.content))
    )
    session.get(URL + "/hook", timeout=30)
    patcher.set_response_handler_hook(None)


class Interceptor(OpenTracingInterceptor):
    def process(self, request, span):
        span.set_tag("intercepted", request.operation)
        span.set_tag("host_port", str(request.host_port))


@section
def names_from_headers(root):
    CONFIG.callee_name_headers.append("X-Callee")
    CONFIG.callee_endpoint_headers.append("X-Endpoint")
    install_client_interceptors([__name__ + ".Interceptor"])
    headers = {"X-Callee": "oven", "X-Endpoint": "bake"}
    requests.get(URL + "/a", headers=headers, timeout=30)
    urllib.request.urlopen(urllib.request.Request(URL + "/b", headers=headers)).read()
    ClientInterceptors.clear()
    del CONFIG.callee_name_headers[:], CONFIG.callee_endpoint_headers[:]


@section
def urllib_client(root):
    urllib.request.urlopen(URL + "/a?b=1").read()
    urllib.request.urlopen(URL + "/a", data=b"x").read()
    urllib.request.urlopen(URL + "/status/302").read()
    attempt(lambda: urllib.request.urlopen(URL + "/status/404"))
    attempt(lambda: urllib.request.urlopen("http://127.0.0.1:1/"))
    request = urllib.request.Request(URL + "/put", method="PUT")
    urllib.request.urlopen(request).read()


@section
def tornado_client(root):
    @tornado.gen.coroutine
    def run():
        yield [fetch(URL + "/a"), fetch(URL + "/b")]
        yield fetch(URL + "/c", method="POST", body="x", headers={"X": "y"})
        yield fetch(URL + "/status/404", raise_error=False)
        try:
            yield fetch("http://127.0.0.1:1/")
        except OSError:
            pass

    outside(lambda: run_in_span(root, run))


@section
def redis_client(root):
    client = redis.StrictRedis(host="127.0.0.1", port=PORTS["Redis"], password="secret")
    client.set("cake", "value")
    client.get(name="cake")
    client.setex("cake", 60, "value")
    client.setnx("cake", "value")
    client.execute_command("SET", "cake", "value")
    client.hset("h", "k", "v")
    attempt(lambda: client.incr("cake"))
    client.pipeline().set("cake", "1").get("cake").execute()
    redis.Redis(host="localhost", port=PORTS["Redis"]).get(b"cake")


@section
def sqlalchemy_client(root):
    engine = sqlalchemy.create_engine("sqlite://")
    text = sqlalchemy.text
    with engine.connect() as connection:
        connection.execute(text("create table cake (name text)"))
        connection.execute(
            text("insert into cake values (:name)"), [{"name": "a"}, {"name": "b"}]
        )
        connection.execute(text("  select name from cake where name = 'a'")).fetchall()


POSTGRES = dict(host="127.0.0.1", user="ann", password="secret", dbname="cakes")
MYSQL = dict(host="127.0.0.1", user="ann", passwd="secret", db="cakes")


@section
def psycopg2_client(root):
    connection = psycopg2.connect(port=PORTS["Postgres"], **POSTGRES)
    cursor = connection.cursor()
    cursor.execute("select %s", (1,))
    cursor.fetchall()
    cursor.execute(" Select 1 ")
    cursor.execute(b"insert into cake values (1)")
    cursor.executemany("insert into cake values (%s)", [(1,), (2,)])
    cursor.execute(psycopg2.sql.SQL("select {}").format(psycopg2.sql.Literal(3)))
    cursor.callproc("bake", (1,))
    attempt(lambda: cursor.execute("boom"))
    connection.rollback()
    connection.cursor("named").execute("select 1")
    connection.cursor(cursor_factory=psycopg2.extras.DictCursor).execute("select 1")
    connection.commit()
    with connection:
        pass
    psycopg2.extensions.register_type(psycopg2.extensions.UNICODE, connection)
    psycopg2.extras.execute_values(cursor, "insert into cake values %s", [(1,), (2,)])
    connection.close()
    attempt(lambda: psycopg2.connect(port=1, **POSTGRES))


@section
def mysqldb_client(root):
    connection = MySQLdb.connect(port=PORTS["Mysql"], **MYSQL)
    cursor = connection.cursor()
    cursor.execute("select %s", (1,))
    cursor.execute("select 1")
    cursor.executemany("insert into cake values (%s)", [(1,), (2,)])
    cursor.callproc("bake", (1,))
    attempt(lambda: cursor.execute("boom"))
    connection.begin()
    connection.commit()
    connection.rollback()
    with connection:
        pass


@section
def databases_without_trace(root):
    def run():
        psycopg2.connect(port=PORTS["Postgres"], **POSTGRES).cursor().execute(
            "select 1"
        )
        MySQLdb.connect(port=PORTS["Mysql"], **MYSQL).cursor().execute("select 1")
        redis.StrictRedis(port=PORTS["Redis"]).get("cake")

    in_thread(run)


@section
def celery_client(root):
    app = Celery("app", broker="memory://", backend="cache+memory://")

    @app.task(name="add")
    def add(a, b):
        with func_span("in task"):
            return a + b

    @app.task(name="fail")
    def fail():
        raise ValueError("no flour")

    app.conf.task_always_eager = True
    add.delay(1, 2).get()
    add.apply((1, 2), task_id="own-id").get()
    add(1, 2)
    fail.delay()
    app.conf.task_always_eager = False
    add.apply_async((1, 2), task_id="own-id")
    with app.connection_for_read() as connection:
        message = connection.SimpleQueue("celery").get(block=False)
        context = message.headers["parent_span_context"]
        servers.REQUESTS.append(("MESSAGE", "celery", context))
        message.ack()


@section
def celery_worker(root):
    app = Celery("app", broker="memory://", backend="cache+memory://")

    @app.task(name="add")
    def add(a, b):
        with func_span("in task"):
            return a + b

    @app.task(name="fail")
    def fail():
        raise ValueError("no flour")

    app.conf.broker_transport_options = {"polling_interval": 0.01}
    waiting = {"timeout": 40, "interval": 0.01}
    root.set_baggage_item("customer", "ann b")
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="CRITICAL"):
        assert add.delay(1, 2).get(**waiting) == 3
        attempt(lambda: fail.delay().get(**waiting))
        in_thread(lambda: add.delay(1, 2).get(**waiting))


AWS = dict(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")


@section
def boto3_client(root):
    options = dict(AWS, endpoint_url="http://127.0.0.1:{}".format(PORTS["Aws"]))
    client = boto3.client("dynamodb", **options)
    client.list_tables()
    attempt(lambda: client.describe_table(TableName="missing"))
    table = boto3.resource("dynamodb", **options).Table("cakes")
    table.put_item(Item={"name": "tart"})
    storage = boto3.client("s3", **options)
    storage.put_object(Bucket="b", Key="k", Body=b"x")
    storage.upload_fileobj(io.BytesIO(b"a cake\n"), "b", "k")
    storage.download_fileobj("b", "k", io.BytesIO())
    attempt(lambda: storage.upload_file("/no/such/file", "b", "k"))


# ---- spans of the program itself


@traced_function
def bake(kind):
    with func_span("inside", tags={"kind": kind}):
        return get_current_span().operation_name


@traced_function(
    name="named",
    on_start=lambda span, *args, **kwargs: span.set_tag("args", repr((args, kwargs))),
    require_active_trace=True,
)
def named(*args, **kwargs):
    return True


@traced_function
def burn():
    raise ValueError("too hot")


@traced_function
@tornado.gen.coroutine
def bake_slowly(fails):
    yield tornado.gen.sleep(0)
    with func_span("slowly"):
        pass
    if fails:
        raise ValueError("too slow")


@traced_function
async def bake_async():
    await asyncio.sleep(0)


@section
def local_spans(root):
    assert bake("tart") == "bake"
    named(1, a=2)
    attempt(burn)
    with func_span("required", require_active_trace=True):
        pass
    start_child_span("child of active").finish()
    start_child_span("child", parent=root, tags={"a": "b"}).finish()
    attempt(lambda: exit_with_error(func_span("fails")))
    asyncio.new_event_loop().run_until_complete(bake_async())

    @tornado.gen.coroutine
    def run():
        yield [bake_slowly(False), bake_slowly(False)]
        try:
            yield bake_slowly(True)
        except ValueError:
            pass

    outside(lambda: run_in_span(root, run))


def exit_with_error(block):
    with block:
        raise ValueError("in block")


@section
def without_trace(root):
    def run():
        bake("alone")
        named(1)
        with func_span("required", require_active_trace=True) as span:
            assert span is None

    in_thread(run)


@section
def request_context(root):
    seen = []

    def look():
        span = get_current_span()
        seen.append(None if span is None else span.operation_name)

    other = start_child_span("other")
    with RequestContextManager(span=other):
        look()
        bake("in request context")
        requests.get(URL + "/in-request-context", timeout=30)
        with span_in_context(root):
            look()
        with RequestContextManager(RequestContext(root)) as context:
            look()
            assert context.span is root
        with RequestContextManager(other):
            assert RequestContextManager.current_context().span is other
        in_thread(look)
    look()
    with span_in_context(None):
        look()
    with span_in_context(other):
        look()
        requests.get(URL + "/in-span-context", timeout=30)
    in_thread(look)
    attempt(lambda: exit_with_error(span_in_context(other)))
    other.set_tag("seen", repr(seen))
    other.finish()


# ---- running, and what is printed


def attempt(function):
    try:
        function()
    except Exception:
        return
    raise AssertionError("nothing was raised")


def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def run(function):
    """Return what a section records; spans of its own may have other roots."""
    with tracer.start_active_span(function.__name__) as scope:
        function(scope.span)
    spans = reporter.get_spans()
    reporter.spans[:] = []
    received = list(servers.REQUESTS)
    servers.REQUESTS[:] = []
    names = {span.span_id: span.operation_name for span in spans}
    return {
        "spans": [tree(span, spans) for span in roots_of(spans)],
        "requests": sorted(
            (
                [method, path, context_of(headers, names)]
                for method, path, headers in received
                if "uber-trace-id" in headers
            ),
            key=str,
        ),
    }


def roots_of(spans):
    ids = {span.span_id for span in spans}
    return ordered(span for span in spans if span.parent_id not in ids)


def ordered(spans):
    return sorted(spans, key=lambda span: (span.operation_name, str(tags_of(span))))


def tree(span, spans):
    children = ordered(other for other in spans if other.parent_id == span.span_id)
    found = {
        "name": span.operation_name,
        "tags": tags_of(span),
        "events": [event_of(log) for log in span.logs],
        "children": [tree(child, spans) for child in children],
    }
    return {key: value for key, value in found.items() if value}


def tags_of(span):
    """Return the tags but those of the tracer, of which 4.8 and 5 have others."""
    return {
        tag.key: without_chance(value_of(tag))
        for tag in span.tags
        if not tag.key.startswith("sampler.")
    }


def value_of(tag):
    return [tag.vStr, tag.vDouble, tag.vBool, tag.vLong, tag.vBinary][tag.vType]


def event_of(log):
    fields = {field.key: value_of(field) for field in log.fields}
    # Messages differ between versions of the libraries.
    return {"event": fields["event"], "fields": sorted(fields)}


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def without_chance(value):
    for name, port in PORTS.items():
        if value == port:
            return "port of " + name
        if isinstance(value, str):
            value = re.sub(rf"\b{port}\b", f"<port of {name}>", value)
    return UUID.sub("<uuid>", value) if isinstance(value, str) else value


def context_of(headers, names):
    """Return the headers of the trace, with the names of spans for their ids."""
    _, span, parent, flags = headers["uber-trace-id"].split(":")
    context = {
        "span": names.get(int(span, 16)),
        "parent": names.get(int(parent, 16)),
        "flags": flags,
    }
    baggage = {k: v for k, v in headers.items() if k.startswith("uberctx-")}
    return dict(context, **baggage)


if __name__ == "__main__":
    CONFIG.caller_name_headers.append("X-Caller")
    install_all_patches()
    install_all_patches()
    found = {function.__name__: run(function) for function in SECTIONS}
    json.dump(found, sys.stdout, indent=1, sort_keys=True)
    print()
