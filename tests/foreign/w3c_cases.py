"""
The cases of W3C's published test suite for trace context, as a table.

Keys of `tracestate` follow level 2 of the recommendation, which allows a digit first
and any number of `@`, so the cases of level 1 that refuse these are omitted.

Each case is the headers of one request. The suite sends them to a service, which calls
back, and checks the headers of that call; `tests/unit/codecs` passes them to the codec,
`tests/integration` sends them over a socket. Names are those of the suite.
"""

from __future__ import annotations

from typing import Final, NamedTuple

TRACE: Final = "12345678901234567890123456789012"
SPAN: Final = "1234567890123456"
PARENT: Final = f"00-{TRACE}-{SPAN}-01"
UNSAMPLED: Final = f"00-{TRACE}-{SPAN}-00"

Headers = list[tuple[str, str]]


class Case(NamedTuple):
    """Headers, and the expected result."""

    name: str
    headers: Headers
    joined: bool
    """Whether the trace is continued; otherwise a new one begins."""
    state: str | None = None
    """Members of `tracestate` that are passed on, separated by commas only."""


def _parents(name: str, *values: str, joined: bool) -> list[Case]:
    return [
        Case(f"{name} {number}", [("traceparent", value)], joined)
        for number, value in enumerate(values, 1)
    ]


def _states(name: str, expected: str | None, *rows: tuple[str, ...]) -> list[Case]:
    return [
        Case(
            f"{name} {number}",
            [("traceparent", UNSAMPLED), *(("tracestate", value) for value in row)],
            joined=True,
            state=expected,
        )
        for number, row in enumerate(rows, 1)
    ]


_ALL_IN_KEYS: Final = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
_ALL_IN_VALUES: Final = "".join(
    chr(code) for code in range(0x20, 0x7F) if chr(code) not in ",="
)
_MEMBERS: Final = [f"bar{number:02}={number:02}" for number in range(1, 34)]


def _in_four(members: list[str]) -> tuple[str, ...]:
    return tuple(",".join(members[start : start + 10]) for start in range(0, 40, 10))


CASES: Final = [
    Case("both missing", [], joined=False),
    Case("parent without state", [("traceparent", PARENT)], joined=True),
    Case(
        "parent twice",
        [("traceparent", PARENT), ("traceparent", PARENT.replace("9012-", "9011-"))],
        joined=False,
    ),
    Case("parent, wrong name 1", [("trace-parent", PARENT)], joined=False),
    Case("parent, wrong name 2", [("trace.parent", PARENT)], joined=False),
    *[
        Case(f"parent, casing {name}", [(name, PARENT)], joined=True)
        for name in ("TraceParent", "TrAcEpArEnT", "TRACEPARENT")
    ],
    *_parents("version 00 and more", f"{PARENT}.", f"{PARENT}-more", joined=False),
    *_parents(
        "version cc",
        f"cc{PARENT[2:]}",
        f"cc{PARENT[2:]}-what-the-future-brings",
        joined=True,
    ),
    *_parents("version cc, no dash", f"cc{PARENT[2:]}.what", joined=False),
    *_parents("version ff", f"ff{PARENT[2:]}", joined=False),
    *_parents(
        "version, characters", f".0{PARENT[2:]}", f"0.{PARENT[2:]}", joined=False
    ),
    *_parents(
        "version, length",
        f"000{PARENT[2:]}",
        f"0000{PARENT[2:]}",
        f"0{PARENT[2:]}",
        joined=False,
    ),
    *_parents("trace id of zeros", f"00-{'0' * 32}-{SPAN}-01", joined=False),
    *_parents(
        "trace id, characters",
        f"00-.{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE[:-1]}.-{SPAN}-01",
        f"00-{TRACE[:-1]}A-{SPAN}-01",
        joined=False,
    ),
    *_parents(
        "trace id, length",
        f"00-{TRACE}3-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        joined=False,
    ),
    *_parents("parent id of zeros", f"00-{TRACE}-{'0' * 16}-01", joined=False),
    *_parents(
        "parent id, characters",
        f"00-{TRACE}-.{SPAN[1:]}-01",
        f"00-{TRACE}-{SPAN[:-1]}.-01",
        joined=False,
    ),
    *_parents(
        "parent id, length",
        f"00-{TRACE}-{SPAN}7-01",
        f"00-{TRACE}-{SPAN[:-1]}-01",
        joined=False,
    ),
    *_parents(
        "flags, characters",
        f"00-{TRACE}-{SPAN}-.0",
        f"00-{TRACE}-{SPAN}-0.",
        joined=False,
    ),
    *_parents(
        "flags, length", f"00-{TRACE}-{SPAN}-001", f"00-{TRACE}-{SPAN}-1", joined=False
    ),
    *_parents(
        "parent with blanks",
        f" {PARENT}",
        f"\t{PARENT}",
        f"{PARENT} ",
        f"{PARENT}\t",
        f"\t {PARENT} \t",
        joined=True,
    ),
    Case("state without parent", [("tracestate", "foo=1,bar=2")], joined=False),
    *_states("state", "foo=1,bar=2", ("foo=1,bar=2",)),
    *[
        Case(
            f"state, wrong name {name}",
            [("traceparent", PARENT), (name, "foo=1")],
            joined=True,
        )
        for name in ("trace-state", "trace.state")
    ],
    *[
        Case(
            f"state, casing {name}",
            [("traceparent", PARENT), (name, "foo=1")],
            joined=True,
            state="foo=1",
        )
        for name in ("TraceState", "TrAcEsTaTe", "TRACESTATE")
    ],
    *_states("state, empty", None, ("",)),
    *_states("state, empty header", "foo=1", ("foo=1", ""), ("", "foo=1")),
    *_states(
        "state, several headers",
        "foo=1,bar=2,rojo=1,congo=2,baz=3",
        ("foo=1,bar=2", "rojo=1,congo=2", "baz=3"),
    ),
    *_states(
        "state, key twice",
        None,
        ("foo=1,foo=1",),
        ("foo=1,foo=2",),
        ("foo=1", "foo=1"),
        ("foo=1", "foo=2"),
    ),
    *_states(
        "state, all characters",
        f"{_ALL_IN_KEYS}={_ALL_IN_VALUES}",
        (f"{_ALL_IN_KEYS}={_ALL_IN_VALUES}",),
    ),
    *_states(
        "state, all characters of a tenant",
        f"{_ALL_IN_KEYS}@a-z0-9_-*/={_ALL_IN_VALUES}",
        (f"{_ALL_IN_KEYS}@a-z0-9_-*/={_ALL_IN_VALUES}",),
    ),
    *_states(
        "state with blanks between",
        "foo=1,bar=2,baz=3",
        ("foo=1 \t , \t bar=2, \t baz=3",),
        ("foo=1\t \t,\t \tbar=2,\t \tbaz=3",),
    ),
    *_states(
        "state with blanks around",
        "foo=1",
        (" foo=1",),
        ("\tfoo=1",),
        ("foo=1 ",),
        ("foo=1\t",),
        ("\t foo=1 \t",),
    ),
    *_states(
        "state, characters of keys", None, ("foo =1",), ("FOO=1",), ("foo.bar=1",)
    ),
    *_states("state, tenants", None, ("@foo=1,bar=2",)),
    *[
        case
        for key in ("foo@", "foo@@bar", "foo@bar@baz", "0foo", "0foo@bar")
        for case in _states(f"state, level 2 {key}", f"{key}=1,b=2", (f"{key}=1,b=2",))
    ],
    *_states("state of 32", ",".join(_MEMBERS[:32]), _in_four(_MEMBERS[:32])),
    *_states("state of 33", None, _in_four(_MEMBERS)),
    *_states("state, long key", f"foo=1,{'z' * 256}=1", ("foo=1", f"{'z' * 256}=1")),
    *_states("state, too long a key", None, ("foo=1", f"{'z' * 257}=1")),
    *_states(
        "state, long tenant",
        f"foo=1,{'t' * 241}@{'v' * 14}=1",
        ("foo=1", f"{'t' * 241}@{'v' * 14}=1"),
    ),
    *_states("state, too long a tenant", None, ("foo=1", f"{'t' * 242}@{'v' * 14}=1")),
    *_states(
        "state, level 2 long tenant",
        f"foo=1,{'t' * 254}@v=1",
        ("foo=1", f"{'t' * 254}@v=1"),
    ),
    *_states(
        "state, level 2 long system",
        f"foo=1,t@{'v' * 254}=1",
        ("foo=1", f"t@{'v' * 254}=1"),
    ),
    *_states("state, values", None, ("foo=bar=baz",), ("foo=,bar=3",)),
    *_states("state, long value", f"foo={'1' * 256}", (f"foo={'1' * 256}",)),
    *_states("state, too long a value", None, (f"foo={'1' * 257}",)),
]
