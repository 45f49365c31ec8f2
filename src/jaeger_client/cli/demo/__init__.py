"""
The demo: three small services, and the trace of a request as a tree in the terminal.

`frontend`, `customers` and `routes` are ordinary programs that are traced as any
application is; `service` is what they have in common. `run` starts them, sends requests
to the frontend and shows the spans that arrived at a `backend`.
"""

from __future__ import annotations
