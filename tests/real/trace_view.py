"""
Converts the results of Jaeger's query API to lines of text that can be compared.

Nothing is omitted: a name, tag, log or time that differs changes a line. Only what
differs in each run is replaced: ids by the names of their spans, and the machine's name
and address, the client's version, and line numbers in tracebacks by fixed text.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import socket
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

LONGEST_TEXT = 100
"""Longer texts are shown by their beginning, length and hash."""

VERSION_KEYS = {"opencensus.exporterversion", "jaeger.version", "telemetry.sdk.version"}
VERSION = re.compile(r"^((?:Jaeger-)?(?:Python-)?)\d\.\d.*")

TRACEBACK_PLACE = re.compile(r'File \\".*?([^/]+\.py)\\", line \d+')


class SpanNames:
    """Names for the spans of some traces, instead of ids."""

    def __init__(self, traces: dict[str, Json]) -> None:
        self._names: dict[tuple[str, str], set[str]] = defaultdict(set)
        for trace in traces.values():
            for span in trace["spans"]:
                ids = span["traceID"], span["spanID"]
                self._names[ids].add(span["operationName"])

    def name(self, trace_id: str, span_id: str) -> str:
        """Return the name; spans that share an id have a name of all of them."""
        names = self._names.get((trace_id, span_id), {"(unknown)"})
        return " + ".join(_shown(name) for name in sorted(names))


def view(trace: Json, names: SpanNames) -> list[str]:
    """Return the lines that show *trace*: its processes, then its spans in time."""
    lines = [f"trace id of {len(trace['traceID'])} digits"]
    processes = trace["processes"]
    for process in sorted(processes.values(), key=lambda p: str(p["serviceName"])):
        lines.append(f"service {process['serviceName']}")
        lines += _tag_lines("  ", process["tags"])
    for span in sorted(trace["spans"], key=_order):
        service = processes[span["processID"]]["serviceName"]
        lines.append(f"span {_shown(span['operationName'])} of {service}")
        lines += [f"  {line}" for line in _span_lines(span, names)]
    return lines


def _order(span: Json) -> tuple[int, int, str]:
    return span["startTime"], -span["duration"], span["operationName"]


def _span_lines(span: Json, names: SpanNames) -> Iterator[str]:
    yield f"starts {_seconds(span['startTime'])}, lasts {span['duration']} us"
    shared = names.name(span["traceID"], span["spanID"])
    if shared != _shown(span["operationName"]):
        yield f"shares its id: {shared}"
    for reference in span["references"]:
        name = names.name(reference["traceID"], reference["spanID"])
        here = reference["traceID"] == span["traceID"]
        yield f"{reference['refType']} {name}{'' if here else ' of another trace'}"
    yield from _tag_lines("", span["tags"])
    for log in span["logs"]:
        yield f"log at {_seconds(log['timestamp'])}"
        yield from _tag_lines("  ", log["fields"])
    for warning in span["warnings"] or ():
        yield f"warning {warning}"


def _tag_lines(indent: str, tags: list[Json]) -> list[str]:
    lines = [
        f"{indent}{tag['key']}: {tag['type']} {_value(tag['key'], tag['value'])}"
        for tag in tags
    ]
    # Over OTLP Jaeger iterates over a Go map, so the order has no meaning.
    return sorted(lines)


def _value(key: str, value: object) -> str:
    if key in VERSION_KEYS:
        return VERSION.sub(r"\1(version)", str(value))
    if key == "ip" and _is_address(str(value)):
        return "(address)"
    if key == "host.name" and value == socket.gethostname():
        return "(host)"
    return _shown(value)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    text = TRACEBACK_PLACE.sub(r"File \"\1\", line N", text)
    if len(text) <= LONGEST_TEXT or not isinstance(value, str) or "line N" in text:
        return text
    digest = hashlib.sha256(value.encode()).hexdigest()[:16]
    return f'{text[:20]}..." ({len(value)} characters, SHA-256 {digest})'


def _seconds(microseconds: int) -> str:
    whole, rest = divmod(microseconds, 1_000_000)
    return f"{whole}.{rest:06}"
