"""
The application's own work: plain Python for as long as it is told to.

Run as a program, with the fields of `Work` as JSON, it prints how many rows that is
here and now. Every peer gets this number, so that each does the same.
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
    """How much the handler of a request does by itself."""

    seconds: float = 0.001
    """CPU that it uses."""


def work(rows: int) -> int:
    """Render *rows* rows, as a handler does; return how long the page is."""
    customers = [
        {"id": str(number), "name": f"customer {number}"} for number in range(rows)
    ]
    page = [f"<li id={row['id']}>{row['name'].title()}</li>" for row in customers]
    return sum(map(len, page))


def count_rows(seconds: float) -> int:
    """Return for how many rows `work` needs *seconds* of CPU."""
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
