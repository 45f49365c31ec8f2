"""
Whatever an application patches, compiled spans and plain ones do the same.

The package is imported a second time, in pure Python. Random sequences of assignments
to classes and objects, of their restoring and of calls are run on both copies. In one
process of Python 3.13 that is more changes of a class than it gives versions to.
"""

# Names of attributes and their values are data here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import importlib
import random
import sys
import time
from types import ModuleType
from typing import Any, Final
from unittest import mock  # noqa: TID251 - as applications patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jaeger_client
from jaeger_client._native import IS_COMPILED, VARIABLE

pytestmark = pytest.mark.skipif(not IS_COMPILED, reason="compares with compiled spans")


def words(text: str) -> list[str]:
    """Return the words of a text, which is shorter than a list."""
    return text.split()


METHODS: Final = {
    "Span": words(
        "set_tag log_kv finish is_sampled is_debug add_tags set_baggage_item context "
        "flags tag_items ids wall_time __eq__ __getattribute__ __setattr__"
    ),
    "SpanContext": words("has_trace is_sampled with_baggage_item __init__ __eq__"),
    "Tracer": words(
        "start_span report_span is_debug_allowed inject extract random_id "
        "scope_manager __getattribute__ __setattr__"
    ),
    "ConstSampler": ["is_sampled"],
}
FIELDS: Final = {
    "Span": words(
        "trace_id span_id parent_id baggage own_flags stored_context start_time "
        "end_time clock_offset finished references first_tags decision_tags "
        "more_tags log_items operation_name has_random_trace_id"
    ),
    "SpanContext": words("trace_id span_id parent_id flags baggage debug_id"),
    "Tracer": words(
        "sampler reporter random max_trace_id_bits one_span_per_rpc clock "
        "max_tag_value_length max_tags_per_span max_logs_per_span"
    ),
}
KINDS: Final = ["wrapped", "constant", "raises", "property", "none"]
VALUES: Final = [None, True, 0, 1, -1, 2**31, 2**64, 1.5, "text", (), {"k": "v"}]


def choices(names: dict[str, list[str]]) -> st.SearchStrategy[tuple[str, str]]:
    """Return pairs of the name of a class and of one of its attributes."""
    return st.sampled_from([(cls, name) for cls in names for name in names[cls]])


number = st.integers(0, 9)
values = st.sampled_from(VALUES)
steps = st.one_of(
    st.tuples(st.just("start"), number, st.booleans(), st.sampled_from([None, 1, "x"])),
    st.tuples(st.just("call"), number, st.sampled_from(METHODS["Span"][:7]), values),
    st.tuples(st.just("carry"), number, st.sampled_from(["text_map", "b3"])),
    st.tuples(st.just("patch"), choices(METHODS), st.sampled_from(KINDS)),
    st.tuples(st.just("compute"), choices(FIELDS)),
    st.tuples(st.just("assign"), number, choices(FIELDS), values),
    st.tuples(st.just("time"), st.sampled_from([5.0, 7])),
    st.tuples(st.just("bits"), number),
    st.tuples(st.just("restore")),
)


def import_again() -> ModuleType:
    """Import another copy of the package, in pure Python."""
    copies = {name for name in sys.modules if name.split(".")[0] == "jaeger_client"}
    with mock.patch.dict(sys.modules), pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "1")
        for name in copies:
            del sys.modules[name]
        return importlib.import_module("jaeger_client")


@pytest.fixture(scope="module")
def twin() -> ModuleType:
    """Return the copy in pure Python."""
    module = import_again()
    assert (module.implementation, module.Span) != ("compiled", jaeger_client.Span)
    return module


class Run:
    """Performs the same steps with one of the copies."""

    def __init__(self, package: ModuleType) -> None:
        self.package = package
        self.reporter = package.reporter.InMemoryReporter()
        sampler = package.ConstSampler(decision=True)
        self.tracer = package.Tracer("svc", self.reporter, sampler)
        self.spans = [self.tracer.start_span("first", tags={"a": 1})]
        self.contexts = [package.SpanContext(1, 2, 3, 1, {"a": "b"})]
        self.patches: list[Any] = []
        self.used = 0

    def perform(self, step: tuple[Any, ...]) -> object:
        """Perform a step; return what can be compared: a result or an exception."""
        try:
            return comparable(getattr(self, step[0])(*step[1:]))
        except Exception as error:  # noqa: BLE001 - compared
            return type(error).__name__

    def start(self, place: int, is_context: bool, tag: object) -> object:
        parents = self.contexts if is_context else self.spans
        parent = parents[place % len(parents)] if place else None
        span = self.tracer.start_span("op", parent, tags={"t": tag} if tag else None)
        self.spans = [*self.spans[-5:], span]
        return self.state()

    def call(self, place: int, name: str, value: object) -> object:
        span = self.spans[place % len(self.spans)]
        arguments: dict[str, tuple[object, ...]] = {
            "set_tag": ("key", value),
            "log_kv": ({"key": value},),
            "add_tags": ({"sampling.priority": value},),
            "set_baggage_item": ("key", "value"),
        }
        getattr(span, name)(*arguments.get(name, ()))
        return self.state()

    def carry(self, place: int, format: str) -> object:
        carrier: dict[str, str] = {}
        self.tracer.inject(self.spans[place % len(self.spans)], format, carrier)
        headers = {"uber-trace-id": "7:8:9:1", "x-b3-traceid": "7", "x-b3-spanid": "8"}
        self.contexts = [self.tracer.extract(format, headers)]
        return sorted(carrier), self.state()

    def patch(self, names: tuple[str, str], kind: str) -> None:
        cls = getattr(self.package, names[0])
        original = getattr(cls, names[1])

        def wrapped(*arguments: Any, **options: Any) -> Any:
            self.used += 1
            return original(*arguments, **options)

        def raises(*_: object, **__: object) -> None:
            raise KeyError(names)

        if names[1].startswith("__") or kind == "wrapped":
            new: Any = wrapped if callable(original) else property(lambda _: 1)
        else:
            new = {
                "constant": lambda *_, **__: 1,
                "raises": raises,
                "property": property(lambda _: 1, lambda _, __: None),
                "none": None,
            }[kind]
        self.keep(cls, names[1], new)

    def compute(self, names: tuple[str, str]) -> None:
        key = f"_own_{names[1]}"
        new = property(
            lambda self: vars(self).get(key, 1),
            lambda self, value: vars(self).__setitem__(key, value),
        )
        self.keep(getattr(self.package, names[0]), names[1], new)

    def assign(self, place: int, names: tuple[str, str], value: object) -> None:
        some = {"Span": self.spans, "SpanContext": self.contexts}.get(names[0])
        target = some[place % len(some)] if some else self.tracer
        setattr(target, names[1], value)

    def time(self, seconds: float) -> None:
        self.keep(time, "time", lambda: seconds)

    def bits(self, number: int) -> None:
        cls = type(self.tracer.random) if number % 2 else random.Random
        self.keep(cls, "getrandbits", lambda *_: number)

    def keep(self, target: Any, name: str, new: object) -> None:
        """Patch until `restore`; attributes of a tracer are not in its class."""
        patch = mock.patch.object(target, name, new, create=True)
        patch.start()
        self.patches.append(patch)

    def restore(self) -> None:
        """Undo all patches; objects that were created meanwhile lack attributes."""
        while self.patches:
            self.patches.pop().stop()
        Run.__init__(self, self.package)

    def state(self) -> object:
        """Return what is stored in all spans and reported, and whether patches ran."""
        names = ("flags", "operation_name", "parent_id", "baggage", "finished")
        spans = [
            (type(span).__name__, *(read(span, name) for name in names), tags_of(span))
            for span in self.spans
        ]
        return spans, len(self.reporter.get_spans()), self.used > 0


def tags_of(span: Any) -> object:
    """Return the tags of a span, or the exception that reading them raises."""
    try:
        return comparable([tuple(pair) for pair in span.tag_items])
    except Exception as error:  # noqa: BLE001 - compared
        return type(error).__name__


def read(thing: object, name: str) -> object:
    """Return an attribute, or the exception that reading it raises."""
    try:
        return comparable(getattr(thing, name))
    except AttributeError:
        # Never assigned, because `context` is patched: a field in C is 0 or None.
        return 0 if name == "flags" else None
    except Exception as error:  # noqa: BLE001 - compared
        return type(error).__name__


def comparable(value: Any) -> Any:
    """Return random numbers, times and objects in a form that both copies share."""
    if isinstance(value, (list, tuple)):
        return [comparable(item) for item in value]
    if isinstance(value, (int, float)):
        return value if -100 < value < 100 else "large"
    is_plain = isinstance(value, (str, dict)) or value is None
    return value if is_plain else type(value).__name__


@given(st.lists(steps, min_size=10, max_size=40))
def test_patches_have_the_same_effect(
    twin: ModuleType, steps: list[tuple[Any, ...]]
) -> None:
    """Each step has the same result, or raises the same exception."""
    results: list[list[object]] = []
    for package in (jaeger_client, twin):
        run = Run(package)
        try:
            results.append([run.perform(step) for step in steps])
        finally:
            run.restore()
    ours, expected = results

    assert expected == ours
