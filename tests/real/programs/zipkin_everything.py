"""
One span of each kind that Zipkin shows in a special way, all in one trace.

Where spans are sent is read from `JAEGER_ENDPOINT` only. It prints the trace's id and
whether all spans were sent.
"""

from opentracing.ext import tags

from jaeger_client import Config

KIND = tags.SPAN_KIND


def main() -> None:
    """Create the spans."""
    config = Config(
        config={
            "sampler": {"type": "const", "param": 1},
            "logging": False,
            "tags": {"ip": "10.1.2.3", "zone": "North"},
            "generate_128bit_trace_id": True,
        },
        service_name="Zipkin-Everything",
    )
    tracer = config.new_tracer()
    root = tracer.start_span("Root", start_time=1_700_000_000.5)
    spans = {
        "client": {
            KIND: "client",
            "peer.service": "Desk",
            "peer.ipv4": "10.0.0.1",
            "peer.port": 8080,
        },
        "client by number": {KIND: "client", "peer.ipv4": 167772162, "peer.port": "81"},
        "client by ipv6": {KIND: "client", "peer.ipv6": "2001:DB8::1"},
        "client by address": {KIND: "client", "peer.address": "[2001:db8::2]:82"},
        "client by host": {KIND: "client", "peer.hostname": "db.local"},
        "server": {KIND: "server", "peer.ipv4": "10.0.0.3", "peer.hostname": "phone"},
        "producer": {KIND: "producer", "peer.service": "queue"},
        "consumer": {KIND: "consumer", "peer.service": "queue"},
        "local": {"n": 1, "f": 0.5, "yes": True, "text": "Größe", "data": b"\x00\xff"},
        "error": {"error": True},
        "error text": {"error": "out of paper"},
        "no error": {"error": False},
        "odd port": {KIND: "client", "peer.service": "desk", "peer.port": 65536},
        "own kind": {KIND: "cron"},
    }
    for name, first_tags in spans.items():
        tracer.start_span(
            name, child_of=root, tags=first_tags, start_time=1_700_000_000.5
        ).finish(1_700_000_000.75)
    logs = tracer.start_span("logs", child_of=root, start_time=1_700_000_000.5)
    logs.log_kv({"event": "retry"}, timestamp=1_700_000_000.6)
    logs.log_kv({"event": "slow", "n": 2}, timestamp=1_700_000_000.7)
    logs.finish(1_700_000_000.5)  # has no duration
    debug = tracer.start_span("debug", child_of=root)
    debug.set_tag(tags.SAMPLING_PRIORITY, 1)
    debug.finish()
    root.finish(1_700_000_001.5)
    print(f"{root.trace_id:032x} {tracer.close(20).result()}")


if __name__ == "__main__":
    main()
