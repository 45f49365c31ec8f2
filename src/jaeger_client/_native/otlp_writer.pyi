from collections.abc import Iterable

from jaeger_client.model import LogItem, SpanData

def write_spans(
    out: bytearray, ends: list[int], spans: Iterable[SpanData], max_size: int
) -> None: ...
def write_log(out: bytearray, log: LogItem) -> None: ...
