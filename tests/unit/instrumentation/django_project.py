"""The settings of Django, which can be set once in a process."""

# Django has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import django
from django.conf import settings


def configure() -> None:
    """Configure Django for all tests; the views are those of `test_django.py`."""
    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["testserver"],
            LOGGING_CONFIG=None,
            ROOT_URLCONF="tests.unit.instrumentation.test_django",
            SECRET_KEY="of no use",
        )
        django.setup()
