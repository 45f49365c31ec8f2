"""
Forks while another thread is inside `Config.initialize_tracer`.

The child initializes a tracer of its own, and prints its service name.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from jaeger_client import Config, Tracer

TIMEOUT = 20
begun, done = threading.Event(), threading.Event()


class Slow(Config):
    """A `Config` that is slow to create its tracer."""

    def new_tracer(self, io_loop: object = None) -> Tracer:
        """Wait for the fork."""
        begun.set()
        done.wait(TIMEOUT)
        return super().new_tracer(io_loop)


def main() -> None:
    """Fork while the lock of `Config` is held."""
    slow = Slow({}, service_name="parent")
    thread = threading.Thread(target=slow.initialize_tracer)
    thread.start()
    assert begun.wait(TIMEOUT)
    child = os.fork()
    if child == 0:
        # A child that waits for the lock must not outlive the test.
        signal.alarm(TIMEOUT)
        tracer = Config({}, service_name="child").initialize_tracer()
        assert tracer is not None
        print(tracer.service_name)
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    done.set()
    thread.join(TIMEOUT)
    assert Config.initialized()


if __name__ == "__main__":
    main()
