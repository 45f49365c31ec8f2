"""
A custom propagation format: a header of two numbers, as a gateway might send it.

The codec is registered under a name. The setting `propagation` and the variable
`JAEGER_PROPAGATION` accept this name beside the built-in ones.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import cast

from opentracing import Format

from jaeger_client import Config, SpanContext
from jaeger_client.codecs import Codec, CodecOptions, register_codec
from jaeger_client.constants import SAMPLED_FLAG
from jaeger_client.errors import CorruptContextError

HEADER = "x-gateway-trace"


class GatewayCodec(Codec):
    """Writes `<trace id>/<span id>` in hexadecimal; extracted traces are sampled."""

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write the header."""
        headers = cast("MutableMapping[str, str]", carrier)
        headers[HEADER] = f"{span_context.trace_id:x}/{span_context.span_id:x}"

    def extract(self, carrier: object) -> SpanContext | None:
        """Read the header; return `None` if it is missing."""
        value = cast("Mapping[str, str]", carrier).get(HEADER)
        if value is None:
            return None
        try:
            trace_id, span_id = (int(part, 16) for part in value.split("/"))
        except ValueError as exc:
            msg = f"{HEADER} must be <trace id>/<span id>, got {value!r}"
            raise CorruptContextError(msg) from exc
        return SpanContext(trace_id, span_id, None, SAMPLED_FLAG)


def make_gateway_codec(options: CodecOptions) -> Codec:
    """Create the codec, which uses none of the options."""
    del options
    return GatewayCodec()


def main() -> None:
    """Continue a trace of the gateway, and inject its span context in two formats."""
    register_codec("gateway", make_gateway_codec)
    config = Config(
        {"sampler": {"type": "const", "param": 1}, "propagation": ["gateway", "w3c"]},
        service_name="bakery",
    )
    with config.new_tracer() as tracer:
        parent = tracer.extract(Format.HTTP_HEADERS, {HEADER: "abc/def"})
        headers: dict[str, str] = {}
        with tracer.start_span("bake-bread", child_of=parent) as span:
            tracer.inject(span, Format.HTTP_HEADERS, headers)
    for name in sorted(headers):
        print(f"{name}: {headers[name]}")


if __name__ == "__main__":
    main()
