"""Runs ten tasks in children of a pool; the arguments are its kind and start method."""

from __future__ import annotations

import importlib
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.integration.programs.make_tracer import make_tracer

TASKS = 10

tracer = make_tracer(reporter_flush_interval=30)
if __name__ == "__mp_main__" and "early" in sys.argv:
    # Also defined while a spawned child imports this program, before it is a child.
    tracer.start_span("early").finish()


def work(number: int) -> int:
    """Report a span and end, without calling the tracer."""
    tracer.start_span(f"task {number}").finish()
    return number


def run_recycled(pools: Any) -> None:
    """Run each task in a child that ends after it."""
    pool = pools.Pool(2, maxtasksperchild=1)
    pool.map(work, range(TASKS), chunksize=1)
    pool.close()
    pool.join()


def run_closed(pools: Any) -> None:
    """Run all tasks in two children, which end when the pool is closed."""
    pool = pools.Pool(2)
    pool.map(work, range(TASKS), chunksize=1)
    pool.close()
    pool.join()


def run_processes(pools: Any) -> None:
    """Run each task in a process of its own."""
    processes = [pools.Process(target=work, args=(n,)) for n in range(TASKS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def run_executor(_pools: Any) -> None:
    """Run all tasks in the children of an executor."""
    with ProcessPoolExecutor(2) as executor:
        list(executor.map(work, range(TASKS)))


KINDS = {
    "recycled": run_recycled,
    "closed": run_closed,
    "processes": run_processes,
    "executor": run_executor,
    "early": run_processes,
}


if __name__ == "__main__":
    _, package, kind, method = sys.argv
    multiprocessing.set_start_method(method)
    KINDS[kind](importlib.import_module(package))
