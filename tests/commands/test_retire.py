from __future__ import annotations

import os

import pytest

from pipeline.model.answers import CANNOT, OK, WAITS
from pipeline.model.errors import Busy, UserError
from pipeline.world.lock import Lock
from tests.libraries import nights_work
from tests.living_library import executed, make_library


@pytest.fixture
def library(tmp_path):
    return make_library(tmp_path / "library")


def test_retire_takes_out_at_once_what_is_proven(library):
    library.shoot(1, 2)
    library.doit()
    told = library.ask("retire")
    assert [one["original"] for one in told["retired"]] == [
        "LIGHT/M31/light_001.fits",
        "LIGHT/M31/light_002.fits",
    ]
    assert told["folders_removed"] == [str(library.inbox / "LIGHT/M31"), str(library.inbox / "LIGHT")]
    assert library.left() == []
    assert nights_work(executed(library.doit())) == []
    assert executed(library.doit()) == [], "that they left was written down"
    assert library.doit("retire").stdout == "Nothing can leave the inboxes just now.\n"


def test_a_dry_run_proves_and_changes_nothing(library):
    (frame,) = library.shoot(1)
    library.night()
    library.forget()
    before = library.picture()
    assert (
        library.command("retire", "--dry-run").sentences[0]
        == "1 name would leave, each proven by its stored frame."
    )
    (library.root / library.stored[0]).unlink()
    doubted = library.command("retire", "--dry-run")
    assert "missing" in doubted.sentences[1]
    assert doubted.code() == CANNOT
    os.link(frame, library.root / library.stored[0])
    assert library.picture() == before
    assert not (library.root / ".nightbuild").exists()


def test_one_inbox_alone_by_its_name_or_its_folder(library, tmp_path):
    other = tmp_path / "camera"
    library.settings(f"[[inbox]]\npath = '_Inbox'\n\n[[inbox]]\npath = '{other}'\n")
    library.shoot(1)
    library.shoot(2)
    other.mkdir()
    (library.inbox / "LIGHT/M31/light_002.fits").rename(other / "light_002.fits")
    library.night()
    assert len(library.command("retire", "--inbox", str(other), folder=tmp_path).data["retired"]) == 1
    assert list(other.iterdir()) == []
    assert len(library.command("retire", "--inbox", "_Inbox", folder=tmp_path).data["retired"]) == 1
    with pytest.raises(UserError, match="is no inbox of this library"):
        library.command("retire", "--inbox", "elsewhere")


def test_what_is_not_stored_stays(library):
    (frame,) = library.shoot(1)
    (library.inbox / "notes.txt").write_text("thin cloud")
    assert library.command("retire").data["retired"] == []
    assert frame.exists()


def test_a_synced_inbox_is_said_and_left(library):
    library.shoot(1)
    library.night()
    (library.inbox / ".stfolder").mkdir()
    answer = library.command("retire")
    assert answer.code() == WAITS
    assert "Syncthing" in answer.sentences[-1]
    assert library.left() == ["light_001.fits"]


def test_retire_waits_for_a_run_at_work(library):
    library.shoot(1)
    library.night()
    with Lock(library.root), pytest.raises(Busy):
        library.command("retire")
    assert library.command("retire").code() == OK
