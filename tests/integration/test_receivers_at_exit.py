"""Processes that end while collectors misbehave."""

from __future__ import annotations

import itertools
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from jaeger_client._internal.process_end import EXIT_TIMEOUT
from tests.integration.collectors import ROUTES, collect
from tests.integration.conftest import RunProgram
from tests.integration.conversations import cases_of
from tests.integration.misbehaviour import SLOW_BEHAVIOURS
from tests.integration.reporting import make_authority

MARGIN: Final = 25.0
"""Timeout in seconds for 36 collectors on a busy machine; each may take 300."""


@pytest.mark.long
def test_exit_ends_whatever_the_collectors_do(
    run_program: RunProgram, tmp_path: Path
) -> None:
    """The end of the process takes 5 seconds for all of them, and logs each loss."""
    authority = make_authority(tmp_path)
    cases = cases_of(ROUTES, SLOW_BEHAVIOURS).values()
    with ExitStack() as stack:
        urls = [
            stack.enter_context(
                collect(route, itertools.repeat(behaviour.step), authority.tls)
            ).url
            for route, behaviour in cases
        ]
        output = run_program("exit_with_collectors.py", authority.ca_file, *urls)
        ended = time.monotonic()
    lines = [line for line in output.splitlines() if "end of the process" in line]
    logged = [url for url in urls if any(url in line for line in lines)]

    assert ended - float(output.split()[0]) < EXIT_TIMEOUT + MARGIN
    assert urls == logged
