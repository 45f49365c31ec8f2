"""
The demo: three small services, and what they traced as a tree in the terminal.

`frontend`, `customers` and `routes` are ordinary programs that use what every
application uses; `service` is what the three share. `run` starts them, asks the
frontend and shows what arrived.
"""

from __future__ import annotations
