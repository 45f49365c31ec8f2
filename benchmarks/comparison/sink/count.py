"""What a sink says of what arrived."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Count:
    """What arrived since the last reset."""

    spans: int = 0
    distinct: int = 0
    """Spans of different ids."""
    names: dict[str, int] = field(default_factory=dict)
    """How many different spans have this name."""
    payloads: int = 0
    error: str = ""
    """Why the figures are not to be trusted, if so."""

    def to_json(self) -> dict[str, object]:
        """Return plain values, as they go over the control connection."""
        return asdict(self)
