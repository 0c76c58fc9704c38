"""Who decides: the name a person is logged in by, kept with each decision."""

from __future__ import annotations

import getpass
from collections.abc import Mapping


def who_decides(environment: Mapping[str, str]) -> str:
    """The person's login name; empty where the system knows none."""
    named = next((environment[key] for key in ("LOGNAME", "USER", "USERNAME") if environment.get(key)), "")
    try:
        return named or getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
