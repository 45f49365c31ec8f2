"""The compiled functions of codecs and their twins have the same results."""

from __future__ import annotations

from collections import OrderedDict, UserDict
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaeger_client._native import IS_COMPILED
from jaeger_client.codecs import B3Codec, B3SingleCodec, TextCodec, W3CCodec
from jaeger_client.codecs.baggage import BaggageCodec
from jaeger_client.codecs.headers import encoding_except
from jaeger_client.codecs.items import BaggageLimits
from jaeger_client.span_context import SpanContext
from tests.codec_implementations import IMPLEMENTATIONS, TWINS, codecs_use
from tests.property.test_carriers_hostile import lists, pairs
from tests.property.test_codecs_hostile import NAMES, VALUES, header_sets, texts, values
from tests.property.test_codecs_reference import carriers, own_headers, trace_ids

pytestmark = pytest.mark.skipif(not IS_COMPILED, reason="the twins alone are there")

COMPILED: Final = IMPLEMENTATIONS.get("compiled", TWINS)

SMALL: Final = BaggageLimits(max_items=2, max_value_length=9)


def make_codecs() -> list[BaggageCodec]:
    """Return codecs of all formats, whose counts begin at 0."""
    return [
        TextCodec(),
        TextCodec(url_encoding=True),
        TextCodec(url_encoding=True, baggage_limits=SMALL, lower_case_headers=True),
        TextCodec(trace_id_header="b3", baggage_header_prefix=""),
        B3Codec(),
        B3Codec(generate_128bit_trace_id=True, lower_case_headers=True),
        B3SingleCodec(baggage_limits=SMALL),
        W3CCodec(),
    ]


CODECS: Final = {name: make_codecs() for name in IMPLEMENTATIONS}


class Evil:
    """A name that is equal to others, and changes its carrier when it is compared."""

    def __init__(self, text: str, carrier: dict[object, object]) -> None:
        self.text = text
        self.carrier = carrier

    def __hash__(self) -> int:
        """Return that of the text."""
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        """Change the carrier."""
        self.carrier[f"new {len(self.carrier)}"] = "x"
        return self.text == other

    def __repr__(self) -> str:
        return f"Evil({self.text!r})"


def parts_of(context: SpanContext | None) -> object:
    """Return all that a context consists of, as text: NaN does not equal itself."""
    if context is None:
        return None
    names = ("trace_id", "span_id", "parent_id", "flags", "baggage", "debug_id")
    more = ("has_random_trace_id", "trace_state", "sampling_undecided")
    return repr([getattr(context, name) for name in names + more])


def outcome(call: Callable[[], Any]) -> object:
    """Return the result of a call, or the type and text of its error."""
    try:
        result = call()
    except Exception as error:  # noqa: BLE001 - compared
        return type(error), str(error)
    if isinstance(result, SpanContext):
        return parts_of(result)
    return type(result).__name__, repr(result)


def both(read: Callable[[BaggageCodec], Any]) -> None:
    """Call *read* with each codec in both implementations, and compare."""
    outcomes: dict[str, list[object]] = {}
    for name, codecs in CODECS.items():
        with codecs_use(name):
            outcomes[name] = [
                (outcome(lambda codec=codec: read(codec)), codec.dropped_baggage_items)  # type: ignore[misc]  # called at once
                for codec in codecs
            ]
    assert outcomes["python"] == outcomes["compiled"]


hostile = (
    header_sets | carriers | lists | st.lists(pairs, max_size=6) | own_headers | values
)


@given(hostile)
def test_extract_is_the_same(carrier: Any) -> None:
    """From any carrier: the context, the error and its text, and the counts."""
    for _ in range(2):  # the second time the names are known
        both(lambda codec: codec.extract(carrier))


class Text(str):
    """A subclass of `str`."""

    __slots__ = ()


class Failing(dict[object, object]):
    """A dict whose items cannot all be read."""

    def items(self) -> Any:
        """Yield the items, then raise."""
        yield from super().items()
        msg = "no more items"
        raise LookupError(msg)


class Lying(list[object]):
    """A list with another length and other elements than it seems to have."""

    def __len__(self) -> int:
        """Return a wrong length."""
        return 1_000_000

    def __iter__(self) -> Any:
        """Yield a context first."""
        yield "uber-trace-id", "1:2:3:1"
        yield from super().__iter__()


class Items:
    """An object with nothing but `items`."""

    def __init__(self, pairs: list[tuple[object, object]]) -> None:
        self.items = pairs.copy


@st.composite
def spellings(draw: st.DrawFn) -> object:
    """Return the name of a header in any case and of any type, or a similar one."""
    name = draw(st.sampled_from([*NAMES, "uberctx-kk", "baggage-k", "host", ""]))
    upper = draw(st.integers(0, (1 << len(name)) - 1) | st.just(0))
    text = "".join(
        character.upper() if upper >> at & 1 else character
        for at, character in enumerate(name)
    )
    # The lower case of the Kelvin sign is a k.
    text = draw(
        st.sampled_from([text, text, text.replace("k", "\u212a"), f"{text}\udc80"])
    )
    kinds: list[Callable[[str], object]] = [str, str, Text, encoded]
    return draw(st.sampled_from(kinds))(text)


def encoded(text: str) -> bytes:
    """Return *text* in UTF-8 or something that is not."""
    return text.encode("utf-8", "surrogateescape")


HUGE: Final = {
    "huge list": "k=v," * 9 + "x" * 70_000,
    "huge encoded": "%C3%A9+" * 30_000,
    "huge zeros": f"{'0' * 70_000}1:2:0:1",
}
"""Values by the names that replace them where Hypothesis prints an example."""

zeros = st.integers(0, 40).map("0".__mul__)
numbers = st.builds("{}{:x}".format, zeros, st.integers(0, (1 << 130) - 1))
numbers |= st.text("0123456789abcdefABCDEF", max_size=17)
plain_ids = st.lists(numbers, min_size=3, max_size=5).map(":".join)
usual_ids = st.sampled_from(
    ["1:2:3:1", "463ac35c9f6413ad:48485a3953bb6124:0:1", "1-2-1", *VALUES]
)
contents = (
    usual_ids
    | plain_ids
    | texts
    | plain_ids.map(str.encode)
    | usual_ids.map(Text)
    | st.sampled_from([*HUGE])
    | usual_ids.map(lambda text: [text])
    | values
)
headers = st.lists(st.tuples(spellings(), contents), max_size=5)

KINDS: Final[dict[str, Callable[[Any], object]]] = {
    "dict": dict,
    "ordered": OrderedDict,
    "mapping": UserDict,
    "read-only": lambda pairs: MappingProxyType(dict(pairs)),
    "list": list,
    "tuple": tuple,
    "iterator": iter,
    "lists": lambda pairs: [*map(list, pairs)],
    "not all pairs": lambda pairs: [*pairs, ("host",)],
    "failing": Failing,
    "lying": Lying,
    "items": Items,
}


@given(headers, st.sampled_from([*KINDS]))
def test_extract_from_any_carrier_is_the_same(pairs: list[Any], kind: str) -> None:
    """Whatever the types, spellings and lengths of names and values are."""
    sized = [
        (name, HUGE.get(value, value) if type(value) is str else value)
        for name, value in pairs
    ]
    for _ in range(2):  # the second time the names are known
        both(lambda codec: codec.extract(KINDS[kind](sized)))


@given(carriers, st.sampled_from(["uber-trace-id", "uberctx-a", "b3", "host"]))
def test_names_that_change_the_carrier(
    carrier: dict[object, object], text: str
) -> None:
    """
    Whatever names do when they are compared: the same context, or the same error.

    Which names are compared depends on what the implementation remembers. A comparison
    that changes the dict while it is iterated is a `RuntimeError`.
    """

    def extract(codec: BaggageCodec) -> object:
        changed = dict(carrier)
        changed[Evil(text, changed)] = "1:2:3:1"
        return codec.extract(changed)

    outcomes: dict[str, list[Any]] = {}
    for name in IMPLEMENTATIONS:
        with codecs_use(name):
            outcomes[name] = [
                outcome(lambda codec=codec: extract(codec))  # type: ignore[misc]  # called at once
                for codec in make_codecs()
                for _ in range(2)
            ]
    for python, compiled in zip(*outcomes.values(), strict=True):
        assert python == compiled or RuntimeError in {python[0], compiled[0]}


ids = st.integers(0, (1 << 64) - 1) | st.integers(0, 3) | st.none() | st.integers()
wide_ids = st.integers(0, (1 << 128) - 1) | ids
odd = st.text(max_size=3) | st.floats() | st.booleans() | st.binary(max_size=2)
baggage_values = texts | odd | st.none()
contexts = st.builds(
    SpanContext,
    wide_ids | odd,
    ids | odd,
    ids | odd,
    st.integers(0, 3) | ids | odd,
    st.dictionaries(texts | odd | st.text(max_size=9), baggage_values, max_size=4)
    | st.none(),
    st.none() | texts | odd,
)


@given(contexts, st.sampled_from([None, "a=b", "a=é", 5, "jaeger=debug,b=c"]))
def test_inject_is_the_same(context: SpanContext, state: Any) -> None:
    """Of any context: the headers, their order, the error, and the counts."""
    context.trace_state = state

    def inject(codec: BaggageCodec) -> object:
        carrier: dict[object, object] = {}
        error = outcome(lambda: codec.inject(context, carrier))
        return error, [*carrier.items()]

    for _ in range(2):  # the second time the keys are known
        both(inject)


ENCODINGS: Final = [encoding_except("/"), encoding_except(""), encoding_except(" %,;")]


def same(name: str, *arguments: object) -> None:
    """Call both functions of this name, and compare."""
    results = [outcome(lambda f=f: f[name](*arguments)) for f in (TWINS, COMPILED)]  # type: ignore[misc]  # called at once
    assert results[0] == results[1]


@given(values | texts | st.text("ab%+20C3A9é", max_size=12))
def test_encoding_is_the_same(value: object) -> None:
    """Of text, bytes and other values, with any encoding."""
    for encoding in ENCODINGS:
        same("percent_encoded", value, encoding)
    if isinstance(value, str):
        same("percent_decoded", value)
        same("plus_decoded", value)


@given(trace_ids | texts | values, values | texts, texts | st.none(), st.booleans())
def test_ids_are_the_same(
    first: object, second: object, third: object, decode: object
) -> None:
    """Those that are read, or the error."""
    same("read_context", first, decode)
    for trace in (first, second, "1"):
        same("read_fields", trace, second, third, 1, None)
        same("read_fields", second, trace, third, 3, {"k": "v"})


traceparents = st.builds(
    "{}-{}-{}-{}{}".format,
    st.sampled_from(["00", "01", "ff", "0g", "000"]),
    st.text("0123456789abcdefA-", min_size=31, max_size=33) | st.just("1" * 32),
    st.text("0123456789abcdef", min_size=15, max_size=17) | st.just("2" * 16),
    st.text("0123456789abcdef", min_size=2, max_size=2),
    st.sampled_from(["", "", "-", "-a", "x", "-\u00e9", "\n"]),
)


@given(traceparents | texts)
def test_traceparents_are_the_same(text: str) -> None:
    """Whether they are valid or not."""
    same("read_parent", text, None)
