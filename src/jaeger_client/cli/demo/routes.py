"""The service `routes`: the fastest route through a town, by Dijkstra's algorithm."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from itertools import count

from jaeger_client import Span, Tracer
from jaeger_client.cli.demo.service import UnavailableError, serve, start_tracer

TOWN_SIZE = 40
"""Crossings from north to south, and from west to east."""

SECONDS_PER_BLOCK = {"van": (9, 31), "bicycle": (20, 22)}
"""Minimum and maximum travel time from one crossing to the next, by vehicle."""

REFUSED = 2
"""Of three requests in a row, the number of the one that is refused."""

Crossing = tuple[int, int]


def main() -> None:
    """Serve `GET /route?vehicle=&x=&y=` until standard input ends."""
    tracer = start_tracer("routes")
    serve(tracer, Routes(tracer).respond)


class Routes:
    """
    Finds routes from the depot.

    Every third request is refused, as by a service that is overloaded at times, so
    that the trace contains an error and a retry.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._numbers = count(1)

    def respond(self, span: Span, parameters: Mapping[str, str]) -> dict[str, object]:
        """Return the seconds that `vehicle` takes to the address `x`, `y`."""
        span.set_tag("customer", span.get_baggage_item("customer"))
        number, vehicle = next(self._numbers), parameters["vehicle"]
        with self._tracer.start_span("plan route", tags={"vehicle": vehicle}) as plan:
            if number % 3 == REFUSED:
                msg = "all planners are busy"
                raise UnavailableError(msg)
            target = int(parameters["x"]), int(parameters["y"])
            seconds, visited = fastest(vehicle, target)
            plan.log_kv({"event": "found", "crossings": visited})
        return {"vehicle": vehicle, "seconds": seconds}


def fastest(vehicle: str, target: Crossing) -> tuple[int, int]:
    """Return the seconds from the depot to *target*, and the crossings visited."""
    queue: list[tuple[int, Crossing]] = [(0, (0, 0))]
    done: set[Crossing] = set()
    while queue:
        seconds, here = heapq.heappop(queue)
        if here == target:
            return seconds, len(done)
        if here in done:
            continue
        done.add(here)
        for there in neighbours(here):
            arrival = seconds + block_seconds(vehicle, here, there)
            heapq.heappush(queue, (arrival, there))
    msg = f"the town has no crossing {target}"
    raise UnavailableError(msg)


def neighbours(crossing: Crossing) -> Iterator[Crossing]:
    """Yield the crossings one block away."""
    x, y = crossing
    for there in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
        if all(0 <= way < TOWN_SIZE for way in there):
            yield there


def block_seconds(vehicle: str, here: Crossing, there: Crossing) -> int:
    """Return the seconds that *vehicle* takes for a block; streets differ."""
    minimum, maximum = SECONDS_PER_BLOCK[vehicle]
    x, y = (a + b for a, b in zip(here, there, strict=True))
    return minimum + (x * 7 + y * 13) % (maximum - minimum + 1)


if __name__ == "__main__":
    main()
