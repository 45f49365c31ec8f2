"""
The span context in the headers of messages, as Kafka has them: a list of pairs.

It needs no Kafka and no further package:

    python examples/kafka_carriers.py

A producer injects the context of its span into a list, and a consumer extracts it. Here
the topic is a queue of this process; with a client of Kafka, the same lists are

- kafka-python and aiokafka: `producer.send(topic, value, headers=headers)` and
  `record.headers`;
- confluent-kafka: `producer.produce(topic, value, headers=headers)` and
  `message.headers() or []`.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import NamedTuple

from opentracing import Format, SpanContextCorruptedException, follows_from
from opentracing.ext import tags

from jaeger_client import Config, SpanContext, Tracer

Headers = list[tuple[str, bytes]]


class Message(NamedTuple):
    """A message of a topic."""

    value: bytes
    headers: Headers


def send(tracer: Tracer, topic: SimpleQueue[Message], value: bytes) -> None:
    """Send a message in a span of kind `producer`."""
    with tracer.start_active_span(
        "send orders", tags={tags.SPAN_KIND: tags.SPAN_KIND_PRODUCER}
    ) as scope:
        headers = [("content-type", b"text/plain")]
        tracer.inject(scope.span, Format.TEXT_MAP, headers)
        topic.put(Message(value, headers))


def receive(tracer: Tracer, topic: SimpleQueue[Message]) -> Message:
    """Receive a message, in a span that follows from that of the producer."""
    message = topic.get()
    with tracer.start_active_span(
        "process order",
        references=follows_from(sender_of(tracer, message)),
        tags={tags.SPAN_KIND: tags.SPAN_KIND_CONSUMER},
        ignore_active_span=True,
    ) as scope:
        scope.span.set_tag("order", message.value)
    return message


def sender_of(tracer: Tracer, message: Message) -> SpanContext | None:
    """Return the span context in the headers, if there is one."""
    try:
        return tracer.extract(Format.TEXT_MAP, message.headers)
    except SpanContextCorruptedException:
        return None  # malformed headers are no reason to lose a message


def main() -> None:
    """Send two orders and process them."""
    tracer = Config(
        {"sampler": {"type": "const", "param": 1}}, service_name="bakery"
    ).new_tracer()
    topic: SimpleQueue[Message] = SimpleQueue()
    for order in (b"apple cake", b"plum cake"):
        send(tracer, topic, order)
        print(receive(tracer, topic).headers)
    print("sent" if tracer.close().result() else "not all was sent")


if __name__ == "__main__":
    main()
