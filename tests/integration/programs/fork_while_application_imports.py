"""Forks on one thread while another one imports a module on first use."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

import jaeger_client
from jaeger_client import ConstSampler, Tracer
from jaeger_client.reporter import InMemoryReporter

module = sys.argv[1]
importing, forked = threading.Event(), threading.Event()
tracer = Tracer("shop", InMemoryReporter(), ConstSampler(decision=True))


class SlowLoader(SourceFileLoader):
    """Makes an import last until the fork, or 1.5 seconds: a fork waits for 2."""

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module, on the first thread that arrives after the fork."""
        importing.set()
        forked.wait(1.5)
        super().exec_module(module)


class Finder(PathFinder):
    """Finds the one module; during the search forks wait for the import system."""

    @classmethod
    def find_spec(
        cls,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the spec of the module with a slow loader."""
        spec = super().find_spec(fullname, path, target)
        if fullname != module or spec is None or spec.origin is None:
            return None
        spec.loader = SlowLoader(fullname, spec.origin)
        return spec


USES: dict[str, Callable[[], object]] = {
    "jaeger_client.reporter.future": lambda: (
        tracer.close().set_running_or_notify_cancel
    ),
    "jaeger_client.thrift": lambda: jaeger_client.thrift.make_tag,
}

sys.meta_path.insert(0, Finder)
thread = threading.Thread(target=USES[module])
thread.start()
assert importing.wait(10)
child = os.fork()
forked.set()
if child == 0:
    signal.alarm(10)  # ends a child that waits for a thread that it does not have
    USES[module]()
    os._exit(0)
thread.join()
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
