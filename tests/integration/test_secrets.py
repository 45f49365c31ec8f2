"""Secrets appear on the wire, where they belong, and nowhere else."""

from __future__ import annotations

from pathlib import Path

from tests.integration.canaries import (
    leaks_in,
    observe,
    settings_with_secrets,
    unknown_settings,
)


def test_no_setting_shows_a_secret(tmp_path: Path) -> None:
    """In any setting by dict or variable, valid or not, it is shown nowhere."""
    observed = observe([*settings_with_secrets(), *unknown_settings()], tmp_path)

    assert [] == leaks_in(observed)
