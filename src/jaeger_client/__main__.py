"""`python -m jaeger_client`: the same as the command `jaeger-client`."""

from __future__ import annotations

import sys

from jaeger_client.cli import main

if __name__ == "__main__":
    sys.exit(main())
