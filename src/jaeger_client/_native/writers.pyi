from collections.abc import Sequence
from types import ModuleType

from jaeger_client.encoding.jaeger_thrift import ThriftWriter
from jaeger_client.model import SpanData

class _Writer:
    def __init__(self, reference: ThriftWriter | ModuleType) -> None: ...
    def write_spans(
        self,
        out: bytearray,
        ends: list[int],
        spans: Sequence[SpanData],
        max_size: int,
    ) -> None: ...

class CompactWriter(_Writer): ...
class BinaryWriter(_Writer): ...
class OtlpWriter(_Writer): ...
