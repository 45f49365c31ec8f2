"""Children of multiprocessing, by the start method given as an argument."""

from __future__ import annotations

import multiprocessing
import sys

from tests.integration.programs.make_tracer import make_tracer

tracer = make_tracer()


def work(number: int) -> None:
    """Report a span and end, without calling the tracer."""
    tracer.start_span(f"child {number}").finish()


def main() -> None:
    """Run three children while the parent is busy."""
    tracer.start_span("parent before").finish()
    multiprocessing.set_start_method(sys.argv[1])
    children = [multiprocessing.Process(target=work, args=(n,)) for n in range(3)]
    for child in children:
        child.start()
    tracer.start_span("parent after").finish()
    for child in children:
        child.join()
        assert child.exitcode == 0
    assert tracer.close().result()


if __name__ == "__main__":
    main()
