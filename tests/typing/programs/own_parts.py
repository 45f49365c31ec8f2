"""Parts of an application's own: sampler, reporter, sender, encoder, codec, metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jaeger_client import Config, Span, SpanContext, Tracer
from jaeger_client.codecs import Codec
from jaeger_client.encoding import Encoder, JaegerCompactEncoder, Payload
from jaeger_client.metrics import MetricsFactory
from jaeger_client.model import Process, SpanData, SpanLosses
from jaeger_client.reporter import BaseReporter, CompositeReporter, Reporter
from jaeger_client.sampler import ConstSampler, Sampler
from jaeger_client.senders import Sender


class EveryTenth(Sampler):
    """Overrides what it must."""

    def is_sampled(
        self, trace_id: int, operation: str = ""
    ) -> tuple[bool, dict[str, str | bool | int | float | bytes]]:
        """Record one trace in ten."""
        return trace_id % 10 == 0, {"sampler.type": "tenth"}


class BadSampler(Sampler):
    """Returns no tags."""

    def is_sampled(self, trace_id: int, operation: str = "") -> bool:  # wrong
        """Record everything."""
        return True


class PrintingReporter(BaseReporter):
    """Prints the names of spans."""

    def report_span(self, span: Span) -> None:
        """Print."""
        print(span.operation_name, span.context.trace_id)


class FileSender:
    """Fulfils `Sender` without a base class."""

    max_payload = 65_000
    rejected_spans = 0

    def __init__(self, path: str) -> None:
        self.path = path

    def send(self, payload: bytes) -> None:
        """Append to the file."""
        with open(self.path, "ab") as file:
            file.write(payload)

    def after_fork_in_child(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""


class TextSender(FileSender):
    """Sends text, which no encoder makes."""

    def send(self, payload: str) -> None:  # wrong
        """Print."""
        print(payload)


class NameEncoder:
    """Fulfils `Encoder` without a base class."""

    content_type = "text/plain"

    def __init__(self) -> None:
        self.losses = SpanLosses()

    def set_process(self, process: Process) -> None:
        """Names need no process."""

    def clear_cache(self) -> None:
        """Nothing is stored."""

    def encode(self, spans: Sequence[SpanData], *, limit: int) -> Iterator[Payload]:
        """Make one payload of all names."""
        body = "\n".join(span.operation_name for span in spans).encode()
        yield Payload(body[:limit], len(spans), len(spans))


class FileChannel:
    """An encoder and a sender."""

    def __init__(self, encoder: Encoder, sender: Sender) -> None:
        self.encoder = encoder
        self.sender = sender


class HeaderCodec(Codec):
    """One header with two numbers."""

    def inject(self, span_context: SpanContext, carrier: object) -> None:
        """Write the header."""
        if isinstance(carrier, dict):
            carrier["x-trace"] = f"{span_context.trace_id:x}"

    def extract(self, carrier: object) -> SpanContext | None:
        """Read nothing."""
        return None


class Counters(MetricsFactory):
    """Counts nothing."""


channel = FileChannel(NameEncoder(), FileSender("spans.txt"))
reporter = CompositeReporter(Reporter(channel, flush_interval=1.0), PrintingReporter())
tracer = Tracer(
    "bakery",
    reporter,
    EveryTenth(),
    extra_codecs={"header": HeaderCodec()},
    metrics_factory=Counters(),
)
settings: Mapping[str, object] = {"sampler": ConstSampler(decision=True)}
config = Config(settings, service_name="bakery", metrics_factory=Counters())
made: Tracer = config.create_tracer(reporter, EveryTenth())

FileChannel(JaegerCompactEncoder(SpanLosses()), NameEncoder())  # wrong
Tracer("bakery", reporter)  # wrong
Tracer("bakery", EveryTenth(), reporter)  # wrong
Config(["sampler"], service_name="bakery")  # wrong
config.create_tracer(sampler=EveryTenth())  # wrong
