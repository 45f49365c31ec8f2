"""A sink's count of what arrived."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Count:
    """What arrived since the last reset."""

    spans: int = 0
    distinct: int = 0
    """Number of spans with different ids."""
    names: dict[str, int] = field(default_factory=dict)
    """Number of different spans by name."""
    payloads: int = 0
    error: str = ""
    """The reason why the counts are not reliable, if any."""

    def to_json(self) -> dict[str, object]:
        """Return plain values, for the control connection."""
        return asdict(self)
