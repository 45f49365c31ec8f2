"""Secrets are sent where they are meant to be, and shown nowhere else."""

from __future__ import annotations

from pathlib import Path

from tests.integration.canaries import (
    leaks_in,
    observe,
    settings_with_secrets,
    unknown_settings,
)


def test_no_setting_shows_a_secret(tmp_path: Path) -> None:
    """A secret in any setting, valid or not, from dict or variable, is not shown."""
    observed = observe([*settings_with_secrets(), *unknown_settings()], tmp_path)

    assert [] == leaks_in(observed)
