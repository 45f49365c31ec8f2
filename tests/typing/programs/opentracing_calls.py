"""An application written for jaeger-client 4.8: OpenTracing's calls, annotated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import opentracing
from opentracing import Format, child_of, follows_from
from opentracing.ext import tags as ext_tags

from jaeger_client import Config, Span, SpanContext, Tracer

if TYPE_CHECKING:
    from typing_extensions import assert_type


def make_tracer() -> Tracer:
    """Make the global tracer."""
    config = Config(
        config={"sampler": {"type": "const", "param": 1}, "logging": True},
        service_name="bakery",
        validate=True,
    )
    tracer = config.initialize_tracer()
    if tracer is None:
        return config.new_tracer()
    return tracer


def serve(tracer: Tracer, headers: dict[str, str]) -> dict[str, str]:
    """Serve a request and make one."""
    parent = tracer.extract(Format.HTTP_HEADERS, headers)
    outgoing: dict[str, str] = {}
    tags = {ext_tags.SPAN_KIND: ext_tags.SPAN_KIND_RPC_SERVER}
    with tracer.start_active_span("serve", child_of=parent, tags=tags) as scope:
        scope.span.set_tag(ext_tags.HTTP_METHOD, "GET").log_kv({"event": "begin"})
        parents = [child_of(scope.span.context)]
        with tracer.start_span("call", references=parents) as span:
            span.set_baggage_item("cake", "strudel")
            tracer.inject(span.context, Format.HTTP_HEADERS, outgoing)
    later = tracer.start_span("later", references=follows_from(scope.span.context))
    later.finish()
    if TYPE_CHECKING:
        assert_type(parent, SpanContext | None)
        assert_type(span, Span)
    return outgoing


def use_any_tracer(tracer: opentracing.Tracer) -> None:
    """Use what every OpenTracing tracer has."""
    with tracer.start_active_span("any") as scope:
        scope.span.set_tag("key", 1)


if __name__ == "__main__":
    use_any_tracer(make_tracer())
    opentracing.set_global_tracer(make_tracer())
    serve(make_tracer(), {}).popitem()
    make_tracer().start_span(operation_name=1)  # wrong
    make_tracer().start_span("op", start_time="noon")  # wrong
    make_tracer().close().result(timeout="soon")  # wrong
