"""
Tasks of asyncio, each of which inherits the active span of the code that created it.

The root span of the trace is `bake-order`. It has a child `bake` for each cake; they
run at the same time.
"""

from __future__ import annotations

import asyncio

from jaeger_client import Config, Tracer

CAKES = ("apple", "plum", "cheese")


async def bake(tracer: Tracer, cake: str) -> None:
    """Bake one cake; the parent of its span is the active span."""
    with tracer.start_active_span("bake", tags={"cake": cake}) as scope:
        await asyncio.sleep(0.01)
        scope.span.log_kv({"event": "done"})


async def main() -> None:
    """Bake all cakes, then send the spans without blocking the event loop."""
    tracer = Config(
        {"sampler": {"type": "const", "param": 1}},
        service_name="bakery",
    ).new_tracer()
    with tracer.start_active_span("bake-order"):
        await asyncio.gather(*(bake(tracer, cake) for cake in CAKES))
    print("sent" if await tracer.aclose() else "not all was sent")


if __name__ == "__main__":
    asyncio.run(main())
