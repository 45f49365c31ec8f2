"""
The application's own work: plain Python for a given time.

Run as a program, with the fields of `Work` as JSON, it prints the number of rows that
take this time on this machine. Every peer gets this number, so that each does the same.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from dataclasses import dataclass

_TRIAL_ROWS = 500
_TRIALS = 400


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a handler apart from tracing."""

    seconds: float = 0.001
    """CPU that it uses."""


def work(rows: int) -> int:
    """Render *rows* rows, as a handler does; return the length of the page."""
    customers = [
        {"id": str(number), "name": f"customer {number}"} for number in range(rows)
    ]
    page = [f"<li id={row['id']}>{row['name'].title()}</li>" for row in customers]
    return sum(map(len, page))


def count_rows(seconds: float) -> int:
    """Return the number of rows for which `work` needs *seconds* of CPU."""
    took = statistics.median(_time_trial() for _ in range(_TRIALS))
    return max(1, round(_TRIAL_ROWS * seconds / took))


def _time_trial() -> float:
    start = time.thread_time()
    work(_TRIAL_ROWS)
    return time.thread_time() - start


def main() -> None:
    """Print the number of rows for the work that the command line describes."""
    print(count_rows(Work(**json.loads(sys.argv[1])).seconds))


if __name__ == "__main__":
    main()
