"""`traced` keeps the signature and the type of what it decorates."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, TypeVar, overload

from jaeger_client import Tracer
from jaeger_client.instrumentation import traced
from jaeger_client.instrumentation.logging import (
    SpanLogHandler,
    TraceContextFilter,
    TraceContextProcessor,
    TraceRecordFactory,
)
from jaeger_client.reporter import NullReporter
from jaeger_client.sampler import ConstSampler

if TYPE_CHECKING:
    from typing_extensions import assert_type

T = TypeVar("T")
tracer = Tracer("bakery", NullReporter(), ConstSampler(decision=True))


@traced
def bake(cake: str, count: int = 1, *, hot: bool = False) -> list[str]:
    """Bake cakes."""
    return [cake] * count if hot else []


@traced(operation_name="order", tags={"component": "shop"}, tracer=tracer)
async def order(cake: str) -> int:
    """Order a cake."""
    return len(cake)


@traced
def watch(minutes: int) -> Generator[int, str, bool]:
    """Watch the oven."""
    yield minutes
    return True


@traced(ignore_active_span=True)
async def deliver(*cakes: str) -> AsyncIterator[str]:
    """Deliver cakes."""
    for cake in cakes:
        yield cake


@traced
def same(value: T) -> T:
    """Return the value."""
    return value


@overload
def slice_of(cake: str) -> str: ...
@overload
def slice_of(cake: int) -> int: ...
@traced
def slice_of(cake: str | int) -> str | int:
    """Return a slice."""
    return cake


@traced
class Oven:
    """A class keeps its type."""

    def __init__(self, heat: int) -> None:
        self.heat = heat

    @traced(operation_name="open-oven")
    def open(self, *, wide: bool = True) -> Oven:
        """Open the oven."""
        return self if wide else Oven(0)

    @staticmethod
    @traced
    def make(heat: int) -> Oven:
        """Make an oven."""
        return Oven(heat)

    @classmethod
    @traced
    def models(cls) -> Iterator[str]:
        """Yield the models."""
        yield cls.__name__


if TYPE_CHECKING:
    assert_type(bake("apple", 2, hot=True), list[str])
    assert_type(watch(5), Generator[int, str, bool])
    assert_type(deliver("apple"), AsyncIterator[str])
    assert_type(same(5), int)
    assert_type(slice_of("apple"), str)
    assert_type(Oven(200), Oven)
    assert_type(Oven(200).open(wide=False), Oven)
    assert_type(Oven.make(5), Oven)
    assert_type(Oven.models(), Iterator[str])


async def main() -> None:
    """Call the coroutine function."""
    length = await order("apple")
    if TYPE_CHECKING:
        assert_type(length, int)
    await order()  # wrong


function: Callable[[str], list[str]] = bake

bake(5)  # wrong
bake("apple", cold=True)  # wrong
watch("long")  # wrong
deliver(5)  # wrong
Oven("hot")  # wrong
Oven(200).open(True)  # wrong
traced(5)  # wrong
traced("bake")  # wrong
traced(bake, name="bake")  # wrong
traced(operation_name=5)  # wrong
traced(tags=[("a", "b")])  # wrong

handler = logging.StreamHandler()
handler.addFilter(TraceContextFilter(tracer))
logging.getLogger().addHandler(handler)
logging.getLogger().addHandler(SpanLogHandler(logging.WARNING, tracer))
logging.setLogRecordFactory(TraceRecordFactory(tracer=tracer))
event: dict[str, object] = TraceContextProcessor()(None, "info", {"event": "baked"})
SpanLogHandler(level=1.5)  # wrong
