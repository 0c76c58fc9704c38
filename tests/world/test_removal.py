from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from pipeline.world.links import Mode, place
from pipeline.world.removal import retire, withdraw


class Diary:
    """Stands for the ledger: what was recorded, and whether the name was still there then."""

    def __init__(self, watched: Path) -> None:
        self.watched = watched
        self.seen: list[bool] = []

    def __call__(self) -> None:
        self.seen.append(os.path.lexists(self.watched))


def stored(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "store.fits"
    path.write_bytes(b"raw light" * 1000)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("mode", list(Mode))
def test_link_whose_twin_is_there_goes_after_the_ledger_was_written(tmp_path: Path, mode: Mode) -> None:
    twin, sha256 = stored(tmp_path)
    link = tmp_path / "blink.fits"
    place(twin, link, mode)
    diary = Diary(link)
    assert withdraw(link, twin, sha256, record=diary) is None
    assert diary.seen == [True]
    assert not os.path.lexists(link)
    assert twin.exists()


def test_last_copy_of_a_frame_is_never_withdrawn(tmp_path: Path) -> None:
    twin, sha256 = stored(tmp_path)
    link = tmp_path / "blink.fits"
    place(twin, link)
    twin.unlink()
    diary = Diary(link)
    assert "stored twin" in (withdraw(link, twin, sha256, record=diary) or "")
    assert link.exists()
    assert diary.seen == []


def test_edited_copy_is_a_persons_and_stays(tmp_path: Path) -> None:
    twin, sha256 = stored(tmp_path)
    link = tmp_path / "blink.fits"
    place(twin, link, Mode.COPY)
    link.write_bytes(b"cropped by hand")
    assert "edited?" in (withdraw(link, twin, sha256, record=Diary(link)) or "")
    assert link.exists()


def test_copy_stays_when_the_stored_frame_is_not_what_was_recorded(tmp_path: Path) -> None:
    twin, _ = stored(tmp_path)
    link = tmp_path / "blink.fits"
    place(twin, link, Mode.COPY)
    assert "doit verify" in (withdraw(link, twin, "0" * 64, record=Diary(link)) or "")
    assert link.exists()


def test_another_file_that_took_the_name_meanwhile_stays(tmp_path: Path) -> None:
    twin, sha256 = stored(tmp_path)
    link = tmp_path / "blink.fits"
    place(twin, link)

    def person_saves() -> None:
        link.unlink()
        link.write_bytes(b"a new picture")

    assert "changed while" in (withdraw(link, twin, sha256, record=person_saves) or "")
    assert link.read_bytes() == b"a new picture"


def test_link_already_gone_or_a_folder_is_a_sentence(tmp_path: Path) -> None:
    twin, sha256 = stored(tmp_path)
    assert "not there" in (withdraw(tmp_path / "x", twin, sha256, record=Diary(twin)) or "")
    (tmp_path / "dir.fits").mkdir()
    (tmp_path / "dir.fits" / "inside").write_bytes(b"")
    assert withdraw(tmp_path / "dir.fits", twin, sha256, record=Diary(twin)) is not None
    assert (tmp_path / "dir.fits" / "inside").exists()


def test_inbox_name_goes_once_its_stored_twin_is_read_again(tmp_path: Path) -> None:
    twin, sha256 = stored(tmp_path)
    original = tmp_path / "inbox.fits"
    place(twin, original, Mode.COPY)
    found, diary = original.stat(), Diary(original)
    mtime_ns = found.st_mtime_ns
    assert retire(original, twin, size=found.st_size, mtime_ns=mtime_ns, sha256=sha256, record=diary) is None
    assert not original.exists()
    assert diary.seen == [True]


@pytest.mark.parametrize("harm", ["rewritten", "twin changed", "twin gone", "twin cut"])
def test_inbox_name_in_doubt_stays(tmp_path: Path, harm: str) -> None:
    twin, sha256 = stored(tmp_path)
    original = tmp_path / "inbox.fits"
    place(twin, original, Mode.COPY)
    found = original.stat()
    if harm == "rewritten":
        original.write_bytes(b"the next night's frame")
    elif harm == "twin changed":
        twin.write_bytes(b"x" * found.st_size)
    elif harm == "twin gone":
        twin.unlink()
    else:
        twin.write_bytes(twin.read_bytes()[:100])
    size, mtime_ns, diary = found.st_size, found.st_mtime_ns, Diary(original)
    assert retire(original, twin, size=size, mtime_ns=mtime_ns, sha256=sha256, record=diary)
    assert original.exists()
    assert diary.seen == []
