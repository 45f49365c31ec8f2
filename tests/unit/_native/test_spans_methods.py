"""
Methods of spans and tracers are functions of Python to everything that inspects them.

These tests pass on the plain Python classes as well: an application cannot tell which
it has.
"""

# Applications without type checkers do what is tested here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportAttributeAccessIssue=false, reportUnknownParameterType=false

from __future__ import annotations

import copy
import functools
import inspect
import pickle
import types
import weakref
from collections.abc import Callable
from typing import Any, get_type_hints
from unittest import mock  # noqa: TID251 - as applications patch

import pytest

from jaeger_client import Span, SpanContext, Tracer
from jaeger_client.testing import MemoryTracer
from tests.unit.spans import Anything, pairs_of

METHODS: list[Anything] = [
    Span.finish,
    Span.is_sampled,
    Span.log_kv,
    Span.set_tag,
    Tracer.report_span,
    Tracer.start_span,
]


def each_method() -> pytest.MarkDecorator:
    """Return the decorator of a test that is run for each method."""
    return pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__qualname__)


def make_span(**tags: object) -> Span:
    """Return a sampled span without a tracer."""
    return Span(SpanContext(1, 2, None, 1), None, "op", tags=tags)


@each_method()
def test_a_method_of_a_class_is_a_function(method: Anything) -> None:
    """`isinstance` and `inspect` find a function, as `wrapt` and mocks do."""
    assert isinstance(method, types.FunctionType)
    assert (True, True, False) == tuple(
        check(method)
        for check in (inspect.isfunction, inspect.isroutine, inspect.isbuiltin)
    )


@each_method()
def test_a_method_has_source(method: Anything) -> None:
    """`inspect.getsource` returns the lines of the Python function."""
    assert f"def {method.__name__}(" in inspect.getsource(method)


@each_method()
def test_a_method_has_the_attributes_of_a_function(method: Anything) -> None:
    """Its names, code and annotations are those of the function in the source."""
    parameters = [*inspect.signature(method).parameters]

    assert "self" == parameters[0]
    assert len(parameters) == method.__code__.co_argcount
    assert method.__module__.startswith("jaeger_client.")
    assert method.__doc__
    assert {"return"} <= {*method.__annotations__}
    assert f"<function {method.__qualname__} at 0x" in repr(method)


def test_type_hints_of_a_method() -> None:
    """`typing.get_type_hints` evaluates the annotations in the module."""
    assert {"return": bool} == get_type_hints(Span.is_sampled)


@each_method()
def test_an_attribute_of_a_method(method: Anything) -> None:
    """A method has attributes of the application, as functions do."""
    method.is_instrumented = True
    assert {"is_instrumented": True} == vars(method)

    del method.is_instrumented
    assert {} == vars(method)


@each_method()
def test_copies_of_a_method(method: Anything) -> None:
    """It is copied and pickled as a function: by its name."""
    assert copy.copy(method) is method
    assert copy.deepcopy(method) is method


@pytest.mark.parametrize("name", ["finish", "is_sampled", "log_kv", "set_tag"])
def test_a_bound_method_can_be_pickled(name: str) -> None:
    """It is pickled with its span."""
    bound = getattr(make_span(), name)

    other = pickle.loads(pickle.dumps(bound))

    assert "op" == other.__self__.operation_name
    assert name == other.__name__


@pytest.mark.parametrize("name", ["finish", "log_kv", "set_tag"])
def test_a_method_can_be_pickled(name: str) -> None:
    """It is pickled by its name."""
    method = getattr(Span, name)

    assert pickle.loads(pickle.dumps(method)) is method


def test_a_bound_method() -> None:
    """It has the span and the function, and equals others of both."""
    span = make_span()

    assert isinstance(span.finish, types.MethodType)
    assert span.finish.__self__ is span
    assert span.finish.__func__ is Span.finish
    assert span.finish == span.finish
    assert span.finish != make_span().finish


def test_a_weak_reference_to_a_bound_method() -> None:
    """`weakref.WeakMethod` returns it while the span exists."""
    span = make_span()
    reference = weakref.WeakMethod(span.finish)

    assert reference() == span.finish

    del span
    assert reference() is None


@pytest.mark.parametrize(
    "bind",
    [
        lambda span: functools.partial(Span.set_tag, span),
        lambda span: types.MethodType(Span.set_tag, span),
        Span.set_tag.__get__,
        lambda span: Span.set_tag.__get__(span, Span),
        lambda span: functools.partialmethod(Span.set_tag).__get__(span, Span),
    ],
)
def test_a_method_may_be_bound_in_any_way(
    bind: Callable[[Span], Callable[..., object]],
) -> None:
    """`Span.set_tag` is called with a span by whatever binds functions."""
    span = make_span()

    bind(span)("a", 1)
    bind(span)("b", value=2)

    assert [("a", 1), ("b", 2)] == pairs_of(span)


def test_a_method_is_called_from_its_class() -> None:
    """`Span.finish(span)` finishes the span."""
    tracer = MemoryTracer()
    span = Tracer.start_span(tracer, "op", tags={"a": 1})

    Span.log_kv(Span.set_tag(span, "b", 2), {"event": "x"})
    Span.finish(self=span)

    assert [span] == tracer.spans
    assert [("a", 1), ("b", 2)] == pairs_of(span)


def test_a_method_accepts_other_objects() -> None:
    """A method of the class works on any object that has what it uses."""
    other = mock.Mock(flags=1, finished=True)

    assert Span.is_sampled(other)
    Span.finish(other)
    with pytest.raises(AttributeError):
        Span.finish(object())  # type: ignore[arg-type]


@each_method()
def test_wrong_arguments(method: Anything) -> None:
    """They raise a `TypeError`, as calls of functions do."""
    span: Any = make_span()
    self = MemoryTracer() if method.__qualname__.startswith("SpanStarter") else span

    for arguments in ((), (self, 1, 2, 3, 4, 5, 6, 7)):
        with pytest.raises(TypeError):
            method(*arguments)
    with pytest.raises(TypeError):
        method(self, wrong=1)


class Name(str):
    """A name of an argument whose type is not `str`."""

    __slots__ = ()


@pytest.mark.parametrize("make_name", ["".join, lambda parts: Name("".join(parts))])
def test_names_of_arguments_that_are_not_literals(
    make_name: Callable[[list[str]], str],
) -> None:
    """Arguments are found by names that the program has composed."""
    options: Any = {make_name(["ta", "gs"]): {"a": 1}}
    value: Any = {make_name(["val", "ue"]): 2}

    span = MemoryTracer().start_span("op", **options).set_tag("b", **value)

    assert [("a", 1), ("b", 2)] == pairs_of(span)


def test_an_argument_that_is_passed_twice() -> None:
    """By position and by name, it raises a `TypeError`."""
    options: Any = {"operation_name": "again"}

    with pytest.raises(TypeError, match="multiple values"):
        MemoryTracer().start_span("op", **options)


def test_a_subclass_extends_methods() -> None:
    """`super()` has the methods, for spans and tracers."""
    called: list[str] = []

    class OwnSpan(Span):
        def set_tag(self, key: str, value: object) -> Span:
            called.append("set_tag")
            return super().set_tag(key, value)

        def finish(self, finish_time: float | None = None) -> None:
            called.append("finish")
            super().finish(finish_time)

    class OwnTracer(MemoryTracer):
        def start_span(self, *arguments: Any, **options: Any) -> Span:
            called.append("start_span")
            return super().start_span(*arguments, **options)

        def report_span(self, span: Span) -> None:
            called.append("report_span")
            super().report_span(span)

    tracer = OwnTracer()
    span = OwnSpan(tracer.start_span("op").context, tracer, "op")
    span.set_tag("a", 1).finish()

    assert ["start_span", "set_tag", "finish", "report_span"] == called
    assert [span] == tracer.spans
    assert [("a", 1)] == pairs_of(span)


@pytest.mark.parametrize("name", ["finish", "is_sampled", "log_kv", "set_tag"])
def test_autospec_records_the_span(name: str) -> None:
    """`mock.patch.object(Span, name, autospec=True)` records `self`."""
    span = make_span()

    with mock.patch.object(Span, name, autospec=True) as replaced:
        getattr(span, name)(*["a"] * (len(inspect.signature(replaced).parameters) - 1))

    assert replaced.call_args.args[0] is span


@pytest.mark.parametrize("name", ["report_span", "start_span"])
def test_autospec_records_the_tracer(name: str) -> None:
    """So it does for methods of tracers."""
    tracer = MemoryTracer()

    with mock.patch.object(Tracer, name, autospec=True) as replaced:
        getattr(tracer, name)("op")

    assert mock.call(tracer, "op") == replaced.call_args


def test_autospec_checks_arguments() -> None:
    """A mock with `autospec` refuses arguments that the method does not have."""
    span = make_span()

    with (
        mock.patch.object(Span, "set_tag", autospec=True),
        pytest.raises(TypeError, match="value"),
    ):
        span.set_tag("a")  # type: ignore[call-arg]


@pytest.mark.parametrize("instance", [False, True])
def test_a_mock_of_a_class(instance: bool) -> None:
    """`mock.create_autospec(Span)` has its methods with their parameters."""
    fake = mock.create_autospec(Span, instance=instance)
    span = fake if instance else fake(None, None, "op")

    span.set_tag("a", value=1)

    span.set_tag.assert_called_once_with("a", 1)
    with pytest.raises(TypeError):
        span.set_tag("a")
    with pytest.raises(TypeError):
        span.finish(1, 2)
    with pytest.raises(AttributeError):
        span.end()


def test_a_wrapped_method() -> None:
    """A wrapper that `functools.wraps` makes has the name and calls the method."""
    original = Span.set_tag
    calls = []

    @functools.wraps(original)
    def wrapper(self: Span, *arguments: Any) -> Span:
        calls.append(arguments)
        return original(self, *arguments)

    with mock.patch.object(Span, "set_tag", wrapper):
        span = make_span().set_tag("a", 1)

    assert [("a", 1)] == calls == pairs_of(span)
    assert "Span.set_tag" == wrapper.__qualname__
    assert wrapper.__wrapped__ is original
    assert inspect.signature(original) == inspect.signature(wrapper)


def test_a_method_that_was_replaced_by_hand() -> None:
    """What reading the class returned can be assigned to it again."""
    original = Span.set_tag
    before = vars(Span)["set_tag"]

    Span.set_tag = lambda self, *_: self  # type: ignore[method-assign]
    try:
        assert [] == pairs_of(make_span().set_tag("a", 1))
    finally:
        Span.set_tag = original  # type: ignore[method-assign]

    assert vars(Span)["set_tag"] is before
    assert [("a", 1)] == pairs_of(make_span().set_tag("a", 1))
