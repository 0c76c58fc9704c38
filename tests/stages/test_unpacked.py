"""Archives in an inbox: unpacked, stored, refused, killed in the middle; in a real library."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from pipeline.model.errors import PassingError
from pipeline.model.frames import Value
from pipeline.model.jobs import Work
from pipeline.model.records import Stays
from pipeline.model.survey import Fate
from pipeline.rules.balance import balance
from pipeline.rules.packed import Trouble, is_member, members_taken, why_not_all
from pipeline.stages.unpacked import unpack_archive
from pipeline.world import ledger
from pipeline.world.library import open_library
from pipeline.world.survey import see
from tests.stages.night_library import (
    LONG_AGO_S,
    OTHER,
    OTHER_RIG,
    RIG,
    configure,
    drop,
    is_idle,
    know,
    new_library,
    outlives_its_caches,
    run,
)

PHD2 = "PHD2_GuideLog_2026-01-14_201333.txt"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return new_library(tmp_path / "library", RIG)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Where a night was before it was packed."""
    return tmp_path / "telescope"


def goes_on_and_rests(library: Path) -> bool:
    """The next run goes on with what came out of archives, and the one after it executes nothing."""
    run(library)
    return is_idle(library)


def lights(folder: Path, count: int = 3, **cards: Value) -> dict[str, bytes]:
    names = [f"2026-01-14/LIGHT/{number:04}.fits" for number in range(count)]
    return {name: drop(folder, name, minute=n, **cards).read_bytes() for n, name in enumerate(names)}


def pack(path: Path, members: Mapping[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    return path


def stored_bytes(library: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in (library / RIG).rglob("*.fits"))


def notes(library: Path) -> str:
    folder = library / "_Quarantine"
    return "".join(path.read_text() for path in sorted(folder.iterdir())) if folder.is_dir() else ""


def is_balanced(library: Path) -> bool:
    seen = see(open_library(library), remember=False)
    return balance(seen.survey, seen.ledger).difference == 0


def test_the_last_lines_say_that_another_run_goes_on_with_what_came_out(
    library: Path, elsewhere: Path
) -> None:
    pack(library / "_Inbox/night.zip", lights(elsewhere))
    assert "3 frames came out of archives: the next `doit` goes on with them" in run(library)
    assert goes_on_and_rests(library)


def test_a_zip_of_a_night_is_stored_like_a_folder_of_it(library, elsewhere):
    frames = lights(elsewhere)
    table = {"2026-01-14/LIGHT/ImageMetaData.csv": b"HFR\n2.3\n", "__MACOSX/._x": b"litter"}
    archive = pack(library / "_Inbox/night.zip", {**frames, **table})
    before = archive.read_bytes()
    said = run(library)
    assert "3 stored" in said
    assert "3 received = 3 stored; 1 log or session file" in said
    assert stored_bytes(library) == sorted(frames.values())
    assert archive.read_bytes() == before
    known = ledger.read(library)
    fact = next(f for f in known.stored.values() if f.stays == Stays.FRAME)
    assert fact.original == "night.zip!/2026-01-14/LIGHT/0000.fits"
    assert fact.sha256 is not None
    assert f"{RIG}/00_Frames/DATE_2026-01-14/_witness/ImageMetaData.csv" in known.stored
    assert known.unpacked["_Inbox", "night.zip"]["members"] == 4
    assert members_taken("_Inbox", "night.zip", known) == 4
    assert not (library / ".nightbuild/unpacked").exists()
    assert notes(library) == ""
    assert see(open_library(library), remember=False).survey.counts[Fate.KNOWN] == 1
    assert goes_on_and_rests(library)


def test_a_night_of_which_all_came_in_an_archive_is_judged_and_written_down_by_the_next_run(
    library, elsewhere
):
    pack(library / "_Inbox/night.zip", lights(elsewhere))
    assert "the next `doit` goes on with them" in run(library)
    steps = {line.partition(":")[0] for line in run(library).splitlines() if line.startswith(". ")}
    assert {". measured", ". culled", ". offered", ". catalog", ". reports", ". notes"} <= steps
    assert not {". unpacked", ". renamed"} & steps
    assert is_idle(library)
    assert outlives_its_caches(library)


def test_what_is_in_the_inbox_and_in_an_archive_is_stored_once(library, elsewhere):
    frames = lights(elsewhere)
    pack(library / "_Inbox/night.zip", frames)
    lights(library / "_Inbox", 2)
    run(library)
    assert stored_bytes(library) == sorted(frames.values())
    assert is_balanced(library)
    assert is_idle(library)


def test_the_same_archive_in_a_second_inbox_holds_duplicates(library, elsewhere, tmp_path):
    second = tmp_path / "second"
    second.mkdir()
    configure(library, f"[[inbox]]\npath = '_Inbox'\n[[inbox]]\npath = '{second}'\n")
    frames = lights(elsewhere)
    pack(library / "_Inbox/night.zip", frames)
    pack(second / "copy/night.zip", frames)
    assert "6 received = 3 stored + 3 duplicates" in run(library)
    assert stored_bytes(library) == sorted(frames.values())
    assert goes_on_and_rests(library)


def test_a_tar_is_unpacked_too(library, elsewhere):
    frames = lights(elsewhere, 2)
    (library / "_Inbox").mkdir(exist_ok=True)
    with tarfile.open(library / "_Inbox/night.tar.gz", "w:gz") as packed:
        for name, data in frames.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), LONG_AGO_S
            packed.addfile(info, io.BytesIO(data))
    run(library)
    assert stored_bytes(library) == sorted(frames.values())


def test_a_hostile_zip_is_refused_in_a_sentence_beside_good_frames(library, elsewhere, tmp_path):
    frames = lights(library / "_Inbox", 2)
    good = drop(elsewhere, "good.fits", minute=9).read_bytes()
    pack(library / "_Inbox/bad.zip", {"../../../escaped.fits": good, "sub/good.fits": good})
    pack(library / "_Inbox/bomb.zip", {"zeros.fits": bytes(60_000_000)})
    (library / "_Inbox/text.zip").write_text("this is no archive")
    (library / "_Inbox/cut.zip").write_bytes(pack(tmp_path / "x.zip", lights(elsewhere)).read_bytes()[:-900])
    os.utime(library / "_Inbox/cut.zip", (LONG_AGO_S, LONG_AGO_S))
    run(library)
    assert stored_bytes(library) == sorted([*frames.values(), good])
    assert not list(tmp_path.rglob("escaped*"))
    said = notes(library)
    assert "1 of its 2 files was not taken (../../../escaped.fits: its name leads out of the archive" in said
    assert "bomb.zip was not unpacked: its" in said
    assert "text.zip was not unpacked: it is not what we read" in said
    assert "cut.zip ends in the middle" in said
    assert all(
        (library / "_Inbox" / name).is_file() for name in ("bad.zip", "bomb.zip", "text.zip", "cut.zip")
    )
    assert is_balanced(library)
    assert outlives_its_caches(library)
    (library / "_Inbox/text.zip").unlink()
    run(library)
    assert "text.zip" not in notes(library)
    assert "bomb.zip" in notes(library)


def test_frames_of_an_unknown_rig_in_an_archive_are_taken_once_it_is_known(library, elsewhere):
    mine, theirs = lights(elsewhere / "a", 2), lights(elsewhere / "b", 1, **OTHER)
    members = {f"a/{name}": data for name, data in mine.items()}
    pack(library / "_Inbox/night.zip", members | {f"b/{name}": data for name, data in theirs.items()})
    run(library)
    assert stored_bytes(library) == sorted(mine.values())
    assert "no rig file describes SQA55@f5.3+ATR585M" in notes(library)
    assert "doit rig --new" in notes(library)
    assert ("_Inbox", "night.zip") not in ledger.read(library).unpacked
    assert goes_on_and_rests(library)
    know(library, OTHER_RIG)
    run(library)
    assert len(list(library.glob("SQA55*/00_Frames/**/*.fits"))) == 1
    assert notes(library) == ""
    assert ("_Inbox", "night.zip") in ledger.read(library).unpacked
    assert goes_on_and_rests(library)


def test_a_log_in_the_inbox_finds_its_frames_in_an_archive_the_same_night(library, elsewhere):
    pack(library / "_Inbox/night.zip", lights(elsewhere))
    (library / "_Inbox" / PHD2).write_text("PHD2 version 2.6.14")
    run(library)
    assert (library / RIG / "00_Frames/DATE_2026-01-14/_witness" / PHD2).is_file()
    assert goes_on_and_rests(library)


def test_a_log_in_an_archive_waits_for_its_frames(library):
    pack(library / "_Inbox/logs.zip", {PHD2: b"PHD2 version 2.6.14"})
    run(library)
    assert "no frames of its night have come yet" in notes(library)
    assert is_idle(library)
    lights(library / "_Inbox", 1)
    run(library)
    assert (library / RIG / "00_Frames/DATE_2026-01-14/_witness" / PHD2).is_file()
    assert notes(library) == ""


def test_archives_are_left_alone_where_that_is_wanted(library, elsewhere):
    configure(library, "[archives]\nunpack = false\n")
    pack(library / "_Inbox/night.zip", lights(elsewhere))
    said = run(library)
    assert "unpacked:" not in said and "0 stored" in said
    assert is_idle(library)
    assert see(open_library(library), remember=False).survey.counts[Fate.OTHER] == 1


def test_no_room_is_a_sentence_and_is_tried_again(library, elsewhere):
    archive = pack(library / "_Inbox/night.zip", lights(elsewhere))
    seen = archive.stat()
    configure(library, "[keep_free]\npercent = 100\ngb = 1000000\n")
    with pytest.raises(PassingError, match="waits"):
        unpack_archive(
            Work(library),
            inbox="_Inbox",
            original="night.zip",
            size=seen.st_size,
            mtime_ns=seen.st_mtime_ns,
        )
    assert "night.zip waits" in notes(library)
    assert "Make room" in notes(library)
    assert not (library / ".nightbuild/unpacked").exists()
    assert see(open_library(library), remember=False).survey.counts[Fate.ARCHIVE] == 1
    configure(library)
    run(library)
    assert notes(library) == ""
    assert len(stored_bytes(library)) == 3


def start(library: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "doit"], cwd=library, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def when(condition: Iterable[bool], process: subprocess.Popen[bytes]) -> None:
    for met in condition:
        if met or process.poll() is not None:
            return
        time.sleep(0.002)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a POSIX word")
@pytest.mark.parametrize("moment", ["unpacking", "storing"])
def test_a_run_killed_in_the_middle_leaves_nothing_and_stores_nothing_twice(library, elsewhere, moment):
    frames = lights(elsewhere, 80)
    pack(library / "_Inbox/night.zip", frames)
    process = start(library)
    place = library / ".nightbuild/unpacked"
    if moment == "unpacking":
        when((len(list(place.rglob("*.fits"))) > 20 for _ in range(10_000)), process)
    else:
        when((len(list(library.glob(f"{RIG}/**/*.fits"))) > 20 for _ in range(10_000)), process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was too fast to be killed"
    assert list(place.iterdir())
    run(library)
    assert stored_bytes(library) == sorted(frames.values())
    assert len(ledger.read(library).stored) == 80
    assert not place.exists()
    assert is_balanced(library)
    assert goes_on_and_rests(library)


def test_what_a_killed_run_left_of_an_archive_that_is_gone_is_cleared(library):
    left = library / ".nightbuild/unpacked/.0123456789abcdef/LIGHT"
    left.mkdir(parents=True)
    (left / "x.fits").write_bytes(b"x")
    run(library)
    assert not (library / ".nightbuild/unpacked").exists()
    assert is_idle(library)


def test_members_are_told_from_files():
    assert is_member("sub/night.zip!/LIGHT/x.fits")
    assert is_member("night.tar.gz!/x.fits")
    assert not is_member("wow!/x.fits")
    assert not is_member("night.zip")


def test_what_was_not_taken_is_said_alike_things_together():
    troubles = [Trouble(f"{n}.fits", "no rig file describes X", "doit rig --new X") for n in range(5)]
    why, cure = why_not_all([*troubles, Trouble("a\nb", "it is a link, not a file")], 9)
    assert why == (
        "6 of its 9 files were not taken (0.fits, 1.fits, 2.fits and 2 more: no rig file describes X; "
        "a\N{REPLACEMENT CHARACTER}b: it is a link, not a file)"
    )
    assert cure == "doit rig --new X"
