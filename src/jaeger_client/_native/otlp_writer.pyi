from collections.abc import Sequence
from types import ModuleType

from jaeger_client.model import SpanData

class OtlpWriter:
    def __init__(self, reference: ModuleType) -> None: ...
    def write_spans(
        self,
        out: bytearray,
        ends: list[int],
        spans: Sequence[SpanData],
        max_size: int,
    ) -> None: ...
