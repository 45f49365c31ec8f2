"""
Traces while another process sends it 300 SIGINT at random moments.

Each signal is sent when the previous one has raised KeyboardInterrupt. Two threads
report meanwhile. Prints how many spans were started on the main thread, the numbers of
those during which an interrupt arrived, and how many spans each thread has finished.
"""

from __future__ import annotations

import itertools
import os
import select
import signal
import threading
import time
import warnings
from contextlib import suppress

from opentracing import Format

from jaeger_client import Tracer
from tests.integration.programs.make_tracer import make_tracer

INTERRUPTS, THREADS = 300, 2
MAX_DELAY = 0.004
TIMEOUT = 30.0
PERIOD = 60
"""Number of spans that are finished between two flushes, or two short-lived tracers."""

ready, done = os.pipe()
main_process = os.getpid()
numbers, threads_finished = itertools.count(), [0] * THREADS
finished = list[int]()
tracers = list[Tracer]()
received, stopping = list[bool](), list[bool]()


def send_signals() -> None:
    """Send a signal at a random moment after each byte."""
    os.close(done)
    for byte in iter(lambda: os.read(ready, 1), b""):
        assert byte == b"."
        select.select([], [], [], os.urandom(1)[0] / 255 * MAX_DELAY)
        os.kill(main_process, signal.SIGINT)


def report_in_thread(thread: int) -> None:
    """Report until the main thread has received all signals."""
    while not stopping:
        time.sleep(0.001)  # so that the queue does not fill
        tracer.start_span(f"thread {thread}").finish()
        threads_finished[thread] += 1


def report(tracer: Tracer) -> None:
    """Report a span, with every kind of call."""
    number = next(numbers)
    span = tracer.start_span(f"{number}", tags={"number": number})
    span.set_tag("key", "value").log_kv({"event": "first"})
    span.set_baggage_item("key", "value")
    headers = dict[str, str]()
    tracer.inject(span.context, Format.HTTP_HEADERS, headers)
    assert tracer.extract(Format.HTTP_HEADERS, headers) is not None
    span.finish()
    finished.append(number)


def work() -> None:
    """Report, flush, and create, use and close a tracer."""
    for _ in range(PERIOD):
        report(tracer)
    tracer.flush(TIMEOUT)
    tracers.append(make_tracer())
    report(tracers[-1])
    tracers[-1].close(TIMEOUT)


def interrupt(*_: object) -> None:
    """Raise KeyboardInterrupt, as Python's own handler does."""
    received.append(True)
    raise KeyboardInterrupt


def receive_signals() -> None:
    """Work until all signals have arrived."""
    for number in range(INTERRUPTS):
        with suppress(KeyboardInterrupt):
            os.write(done, b".")
            # Python ignores an exception in a callback of a weak reference.
            while len(received) == number:
                work()


signal.signal(signal.SIGINT, interrupt)
# A socket whose creation was interrupted is left to the garbage collector.
warnings.simplefilter("ignore", ResourceWarning)
sender = os.fork()
if not sender:
    send_signals()
    os._exit(0)
os.close(ready)
tracer = make_tracer(reporter_queue_size=1_000_000)
threads = [threading.Thread(target=report_in_thread, args=(n,)) for n in range(THREADS)]
for thread in threads:
    thread.start()
# First calls import modules. An interrupted import may leave its module locked, which
# Python's import system does not handle.
work()
receive_signals()
stopping.append(True)
for thread in threads:
    thread.join()
os.close(done)
os.waitpid(sender, 0)
for each in (tracer, *tracers):
    assert each.close(TIMEOUT).result(), each
begun = next(numbers)
print(begun)
print(*sorted({*range(begun)} - {*finished}))
print(*threads_finished)
