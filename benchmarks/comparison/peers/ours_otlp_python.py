"""The encoder of `ours_otlp` without compiled modules; see `ours_python`."""

from __future__ import annotations

from benchmarks.comparison.peers.ours import OurPeerOtlp

PEER = OurPeerOtlp
