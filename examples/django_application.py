"""
A Django site, in one file, whose requests are recorded.

It needs Django (`pip install django`):

    python examples/django_application.py 8000
    curl -i http://localhost:8000/cakes/7

The span is named `GET /cakes/<int:number>`. The response header `x-trace-id` has the id
of the trace, by which Jaeger finds it. Servers find the site by two names:

    cd examples; gunicorn django_application:wsgi
    cd examples; uvicorn django_application:asgi
"""

# Django has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportArgumentType=false

from __future__ import annotations

import sys
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from jaeger_client import Config, Tracer
from jaeger_client.instrumentation.asgi import TracerLifespan


def make_tracer(service_name: str) -> Tracer:
    """Create the tracer; called by the middleware, with the parameters below."""
    config = Config(
        {"sampler": {"type": "const", "param": 1}}, service_name=service_name
    )
    return config.new_tracer()


settings.configure(
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    SECRET_KEY="change me",  # noqa: S106 - an example
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["jaeger_client.instrumentation.django.OpenTracingMiddleware"],
    OPENTRACING_TRACER_CALLABLE=make_tracer,
    OPENTRACING_TRACER_PARAMETERS={"service_name": "bakery"},
    OPENTRACING_SET_GLOBAL_TRACER=True,
    OPENTRACING_TRACED_ATTRIBUTES=["content_type"],
    OPENTRACING_EXCLUDED_PATHS=["/health"],
    OPENTRACING_RESPONSE_HEADER="x-trace-id",
)


def bake(request: HttpRequest, number: int) -> HttpResponse:
    """Bake a cake, in a child of the span of the request."""
    tracing = settings.OPENTRACING_TRACING
    tracing.get_span(request).set_tag("cake", number)
    with tracing.tracer.start_active_span("bake"):
        return HttpResponse(f"cake {number}\n")


async def serve(_: HttpRequest, number: int) -> HttpResponse:
    """Serve a cake; coroutines are recorded in the same way."""
    return HttpResponse(f"served {number}\n")


def health(_: HttpRequest) -> HttpResponse:
    """Respond to a probe, which is not recorded."""
    return HttpResponse("ok\n")


urlpatterns = [
    path("cakes/<int:number>", bake),
    path("cakes/<int:number>/served", serve),
    path("health", health),
]

django.setup()
wsgi = get_wsgi_application()
asgi = TracerLifespan(get_asgi_application())


def main() -> None:
    """Serve until interrupted."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with make_server("127.0.0.1", port, wsgi) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            settings.OPENTRACING_TRACING.tracer.close()


if __name__ == "__main__":
    main()
