"""Names that went with their target's folder cost no look; those that lie there are found."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from pipeline.world.present import Present


def test_a_name_that_lies_there_is_found_also_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    leaf = tmp_path / "10_Blink" / "M31" / "DATE_2026-01-14"
    leaf.mkdir(parents=True)
    (leaf / "a.fits").symlink_to(tmp_path / "gone")
    there = Present(tmp_path)
    assert there.holds("10_Blink/M31/DATE_2026-01-14/a.fits")
    assert not there.holds("10_Blink/M31/DATE_2026-01-14/b.fits")
    assert not there.holds("10_Blink/M33/DATE_2026-01-14/a.fits")
    assert not there.holds("20_Data/M31/DATE_2026-01-14/a.fits")


def test_a_target_whose_accent_the_disk_spells_otherwise_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "10_Blink" / unicodedata.normalize("NFD", "Café")).mkdir(parents=True)
    assert Present(tmp_path)._listed("10_Blink") == frozenset({"café"})


def test_a_folder_that_cannot_be_listed_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "10_Blink" / "M31").mkdir(parents=True)

    def refused(_: object) -> list[str]:
        raise PermissionError

    monkeypatch.setattr("os.listdir", refused)
    assert Present(tmp_path).holds("10_Blink/M31")
