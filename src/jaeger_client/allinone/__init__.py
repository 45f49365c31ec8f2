"""
The development backend: takes what arrives on the wire and shows it.

Needs the extra `allinone`. It shares no code with the client's encoders, so
that what it shows is what others see.
"""

from __future__ import annotations
