"""jaeger-client 5 without its compiled modules; `variables_of` selects the others."""

from __future__ import annotations

from benchmarks.comparison.peers.ours import OurPeer

PEER = OurPeer
