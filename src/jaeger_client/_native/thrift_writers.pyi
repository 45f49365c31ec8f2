from collections.abc import Sequence

from jaeger_client.encoding.jaeger_thrift import SpanWriter
from jaeger_client.model import LogItem, SpanData

class _Writer(SpanWriter):
    def write_spans(
        self,
        out: bytearray,
        ends: list[int],
        spans: Sequence[SpanData],
        max_size: int,
    ) -> None: ...
    def write_log(self, out: bytearray, log: LogItem) -> None: ...

class CompactWriter(_Writer): ...
class BinaryWriter(_Writer): ...
