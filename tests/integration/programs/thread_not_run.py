"""
Holds the interpreter lock for two seconds, like uWSGI without --enable-threads.

The module `uwsgi`, which exists in processes of uWSGI only, is replaced here.
"""

from __future__ import annotations

import ctypes
import logging
import sys
import types

from tests.integration.programs.make_tracer import make_tracer

uwsgi = types.ModuleType("uwsgi")
vars(uwsgi).update(worker_id=lambda: 1, masterpid=lambda: 0)
sys.modules["uwsgi"] = uwsgi
logging.basicConfig(stream=sys.stdout, format="%(message)s")
tracer = make_tracer(reporter_flush_interval=0.1)
tracer.start_span("delayed").finish()
# PyDLL keeps the lock while it is called.
ctypes.PyDLL(None).sleep(2)
