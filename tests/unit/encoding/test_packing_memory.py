"""A span for which memory does not suffice costs only that span."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process")
@pytest.mark.timeout(150)
def test_little_memory() -> None:
    """The spans beside it are sent; it is sent, too, or counted as lost."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.foreign.little_memory"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert not done.stderr
    assert {"2 1"} == set(done.stdout.splitlines())
