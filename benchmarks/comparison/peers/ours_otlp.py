"""jaeger-client 5 with its other encoder: only encoding differs."""

from __future__ import annotations

from benchmarks.comparison.peers.ours import OurPeerOtlp

PEER = OurPeerOtlp
