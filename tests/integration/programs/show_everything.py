"""
Uses the configurations of a file and prints everything that can be observed of each.

The argument names a JSON file: a list of cases with `name`, `config` (the dict),
`environ`, and `sends`, whether a span is sent.

The output of a case is between the lines `BEGIN name` and `END`: log records of all
levels with their arguments, warnings, the explanation, the texts of the library's
objects that are reachable, exceptions as `sys.excepthook` prints them, with the
arguments of the whole chain, metrics, and pickles if the variables hold the secrets.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import prometheus_client

import jaeger_client.metrics.prometheus
from jaeger_client import Config
from jaeger_client.senders import HttpSender

SERVICE = "bakery & sons"
CLOSE_TIMEOUT = 0.3
printed: set[str] = set()
held: list[BaseException] = []
"""The errors of a case: their frames refer to the values that were used."""


def show(*values: object) -> None:
    """Print *values*, unless the same was printed before."""
    text = " ".join(map(str, values))
    if text not in printed:
        printed.add(text)
        print(text)


class PrintingHandler(logging.Handler):
    """Prints each record, formatted, and everything in it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print *record*."""
        show("LOG", self.format(record))
        arguments = record.args if isinstance(record.args, tuple) else (record.args,)
        show("RECORD", record.msg, *map(repr, arguments), record.exc_info)


def show_error(error: BaseException) -> None:
    """Print *error* as at the end of a program, and the arguments of its chain."""
    held.append(error)
    sys.excepthook(type(error), error, error.__traceback__)
    for each in chain_of(error):
        show("ERROR", repr(each), each.args, vars(each))


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """Return *error* and its causes, including those that tracebacks do not show."""
    if error is not None:
        yield error
        yield from chain_of(error.__cause__)
        yield from chain_of(error.__context__)


def attempt(call: Callable[[], object]) -> Any:
    """Return and print the result of *call*; print its error."""
    try:
        result = call()
    except Exception as error:  # noqa: BLE001 - any error is printed
        show_error(error)
        return None
    for line in f"{result!r}\n{result}".splitlines():
        show("RESULT", line)
    return result


def show_objects() -> None:
    """Print the texts of all objects of the library's types that are reachable."""
    for each in gc.get_objects():
        module = type(each).__module__
        # The texts of spans and of the process contain their tags, which are meant to
        # be sent.
        if module.startswith("jaeger_client") and module != "jaeger_client.model":
            show("OBJECT", repr(each), str(each))


def send_directly() -> None:
    """Send by all senders that are reachable, and print their errors."""
    senders = [each for each in gc.get_objects() if isinstance(each, HttpSender)]
    for sender in senders:
        attempt(partial(sender.send, b"", CLOSE_TIMEOUT))


def observe(config: dict[str, Any], environ: dict[str, str], *, sends: bool) -> None:
    """Print what can be observed of one configuration."""
    os.environ.update(environ)
    Config._has_checked_variables = False
    attempt(lambda: Config(config, service_name=SERVICE, validate=True))
    registry = prometheus_client.CollectorRegistry()
    factory = jaeger_client.metrics.prometheus.PrometheusMetricsFactory(
        registry=registry
    )
    tracer = None
    made = attempt(
        lambda: Config(config, service_name=SERVICE, metrics_factory=factory)
    )
    if made is not None:
        for each in attempt(made.explain):
            show("EXPLAINED", repr(each))
        attempt(lambda: made.sampler)
        tracer = attempt(made.new_tracer)
        if tracer is not None and sends:
            tracer.start_span("bake", tags={"sampling.priority": 1}).finish()
            send_directly()
            tracer.close(CLOSE_TIMEOUT)
    show_objects()
    if tracer is not None:
        tracer.close(CLOSE_TIMEOUT)
    for line in prometheus_client.generate_latest(registry).decode().splitlines():
        show("METRIC", line)
    if environ:
        attempt(lambda: pickle.dumps(Config(config, service_name=SERVICE)))
    for name in environ:
        del os.environ[name]


sys.stderr = sys.stdout
warnings.simplefilter("always")
logging.basicConfig(level=logging.DEBUG, handlers=[PrintingHandler()])
logging.captureWarnings(capture=False)
cases = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
# Objects that exist by now are not searched: they are the same in every program.
gc.collect()
gc.freeze()
for case in cases:
    print("BEGIN", case["name"])
    observe(case["config"], case["environ"], sends=case["sends"])
    held.clear()
    gc.collect()
    print("END", flush=True)
