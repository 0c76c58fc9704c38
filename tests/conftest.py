"""What every test stands on: no library of the person's own, and properties that are not judged by the clock."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("night", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("night")


@pytest.fixture(autouse=True)
def no_library_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's NIGHTBUILD_LIBRARY must never be what a test works on."""
    for name in ("NIGHTBUILD_LIBRARY", "NIGHTBUILD_RIGS"):
        monkeypatch.delenv(name, raising=False)
