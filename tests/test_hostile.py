"""Bad input, end to end: whatever lies in an inbox, whatever the disk does, no frame is lost and the night goes on."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.model.jobs import Work
from pipeline.stages.recorded import record_night
from pipeline.stages.renamed import store_night
from pipeline.world.files import is_part
from tests.amounts import FILES
from tests.copies import copy_library
from tests.libraries import (
    RECORDS,
    doit,
    executed,
    fill_inbox,
    is_at_rest,
    night,
    received_twice,
    sha256,
    stored_tree,
    sums,
    write,
)
from tests.libraries import frame_bytes as frame
from tests.stages.night_library import (
    OTHER_RIG,
    RIG,
    RIG_FILES,
    is_idle,
    new_library,
    outside_caches,
)
from tests.world.disks import other_disk, small_disk

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
posix = pytest.mark.skipif(os.name == "nt", reason="these names and files exist on POSIX only")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return new_library(tmp_path / "library", RIG, OTHER_RIG)


def light(seed: int, minute: int | None = None, **cards: object) -> bytes:
    clock = f"2026-01-14T{20 + (minute or seed) // 60:02}:{(minute or seed) % 60:02}:00.5"
    return frame(seed, **({"DATE__OBS": clock, "DATE__LOC": clock} | cards))  # type: ignore[arg-type]


def settings(library: Path, *lines: str) -> None:
    manual = [] if any(line.startswith("retire") for line in lines) else ["retire = 'manual'"]
    text = "\n".join(["settle_seconds = 0", *manual, *lines])
    (library / "_Rigs/library.toml").write_text(text, encoding="utf-8")


def whole(library: Path) -> None:
    """The balance holds, nothing is half, nothing is due, and no cache matters."""
    assert sums(library).difference == 0
    assert received_twice(library) == []
    assert [path for path in library.rglob("*") if is_part(path.name)] == []
    assert is_at_rest(library)


# -- a zoo of files, in one night --------------------------------------------------------------------------------------

NAMES = {
    "dots": "../../etc",
    "device": "CON",
    "newline": "M\n31",
    "long": "x" * 300,
    "script": "<script>alert(1)</script>",
    "slashes": "C/2022 E3\\..\\..",
    "escape": "\x1b[2Jgone",
    "kanji": "オリオン" * 30,
    "blank": "  ",
    "dot": ".",
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, subprocess.CompletedProcess[str]]]:
    root = tmp_path_factory.mktemp("zoo")
    library = new_library(root / "library", RIG, OTHER_RIG)
    inbox = library / "_Inbox"
    for seed, (name, target) in enumerate(NAMES.items(), 1):
        write(inbox / f"targets/{name}.fits", light(seed, OBJECT=target))
    write(inbox / "case/a.fits", light(30, OBJECT="Crescent"))
    write(inbox / "case/b.fits", light(31, OBJECT="crescent"))
    write(inbox / "numbers/nan.fits", light(40, EXPOSURE=float("nan"), EXPTIME=float("nan")))
    write(inbox / "numbers/text.fits", light(41, EXPOSURE="NaN", EXPTIME="NaN"))
    write(inbox / "numbers/huge.fits", light(42, GAIN=10**30, XPIXSZ=10**40, OFFSET=-(10**25)))
    write(
        inbox / "numbers/infinite.fits",
        light(43).replace(b"SET-TEMP=                -10.0", b"SET-TEMP=                1E999"),
    )
    write(
        inbox / "long/dark.fits", light(50, IMAGETYP="DARK", INSTRUME="camera of " + "x" * 200, OBJECT=None)
    )
    write(inbox / "cut/in header.fits", light(60)[:1000])
    write(inbox / "cut/in data.fits", light(61)[:-2800])
    write(inbox / "cut/empty.fits", b"")
    write(inbox / "cut/text.fits", b"not a picture\n" * 500)
    write(inbox / "cut/random.fits", os.urandom(9000))
    write(inbox / "x.fits/within.fits", light(70))
    write(inbox / "x.fits/.fits", light(71))
    deep = inbox / "/".join(["d"] * 400)
    write(deep / "deep.fits", light(72))
    if os.name != "nt":
        write(inbox / "names/new\nline.fits", light(80))
        write(inbox / f"names/{'n' * 240}.fits", light(81))
        write(inbox / "names/--json.fits", light(82))
        write(Path(os.fsdecode(os.fsencode(inbox) + b"/names/caf\xe9.fits")), light(83))
        (inbox / "loop").symlink_to(".", target_is_directory=True)
        (inbox / "link.fits").symlink_to(inbox / "x.fits/within.fits")
        (inbox / "away.fits").symlink_to("/nowhere/at/all.fits")
        os.mkfifo(inbox / "pipe.fits")
        secret = write(inbox / "names/secret.fits", light(84))
        secret.chmod(0)
    result = doit(library)
    yield library, result
    shutil.rmtree(library, ignore_errors=True)


def test_a_zoo_of_bad_input_ends_as_named_refusals_and_the_night_goes_on(zoo):
    library, result = zoo
    assert "Traceback" not in result.stdout + result.stderr
    assert "bug" not in result.stdout + result.stderr
    assert result.returncode in {0, 1}
    assert sums(library).difference == 0
    assert len(stored_tree(library)) >= len(NAMES)


def test_nothing_of_a_hostile_name_leaves_the_library_or_its_bounds(zoo):
    library, _ = zoo
    assert sorted(path.name for path in library.parent.iterdir()) == ["library"]
    for path in stored_tree(library):
        assert len(path) <= 200, path
        assert all(len(part.encode()) <= 140 for part in path.split("/")), path
        assert path.isprintable(), path
        assert {".", ".."}.isdisjoint(path.split("/"))
        assert "CON" not in path.split("/")
    targets = {path.split("/")[4] for path in stored_tree(library) if "/LIGHT/" in path}
    assert not {one for one in targets if any(char in '<>:"|?*\\' for char in one)}


def test_two_targets_that_differ_by_case_share_the_first_ones_folder(zoo):
    library, _ = zoo
    folders = {path.split("/")[4] for path in stored_tree(library) if "rescent" in path}
    assert folders == {"Crescent"}


def test_every_bad_file_has_its_sentence(zoo):
    library, _ = zoo
    answer = json.loads(doit(library, "status", "--json").stdout)
    refused = {one["where"].rpartition("/")[2] for one in answer["quarantined"]}
    assert {
        "in header.fits",
        "in data.fits",
        "empty.fits",
        "text.fits",
        "random.fits",
        "blank.fits",
    } <= refused
    assert len(list((library / "_Quarantine").glob("*.txt"))) == len(answer["quarantined"])
    said = " ".join(one["what"] for one in answer["waiting"])
    if os.name != "nt":
        for word in (
            "loop is a symbolic link",
            "link.fits is a symbolic link",
            "pipe.fits is no regular file",
            "not UTF-8",
        ):
            assert word in said
    assert "x.fits is a folder" in said


@posix
@pytest.mark.skipif(IS_ROOT, reason="root reads every file")
def test_a_file_nobody_may_read_is_named(zoo):
    library, _ = zoo
    assert any("secret.fits" in path.name for path in (library / "_Quarantine").iterdir())


def test_a_folder_called_like_a_frame_and_a_deep_one_are_looked_into(zoo):
    library, _ = zoo
    originals = {
        line for path in (library / "_Ledger").rglob("*.jsonl") for line in path.read_text().splitlines()
    }
    assert any("x.fits/within.fits" in line for line in originals)
    assert any("d/d/deep.fits" in line for line in originals)


def test_the_zoo_is_dealt_with_once(zoo):
    library, _ = zoo
    again = doit(library)
    assert [task for task in executed(again.stdout) if not task.startswith("quarantined")] == []
    whole(library)


# -- disks -------------------------------------------------------------------------------------------------------------


@posix
def test_a_read_only_inbox_is_read_and_keeps_its_names(tmp_path, library):
    card = tmp_path / "card"
    with small_disk(card, size="4m"):
        fill_inbox(card, 4)
        subprocess.run(["mount", "-o", "remount,ro", str(card)], check=True)
        settings(library, f"inboxes = ['{card}']", "retire = 'next_run'")
        assert not [line for line in night(library) if line.startswith("!")]
        assert len(stored_tree(library)) == 4
        later = doit(library)
        assert later.returncode == 0, later.stdout
        assert "cannot be written" in later.stdout
        assert len(list(card.rglob("*.fits"))) == 4
        assert sums(library).difference == 0
        assert executed(doit(library).stdout) == []


def test_a_store_on_another_disk_gets_verified_copies(tmp_path, library):
    inbox = other_disk(tmp_path)
    try:
        fill_inbox(inbox, 6)
        settings(library, f"inboxes = ['{inbox}']")
        night(library)
        raw = {sha256(path) for path in inbox.rglob("*.fits")}
        assert {digest for digest, _ in stored_tree(library).values()} == raw
        assert '"how":"copy"' in "".join(path.read_text() for path in (library / "_Ledger").rglob("*.jsonl"))
        whole(library)
    finally:
        shutil.rmtree(inbox)


def test_a_disk_without_hard_links_is_no_reason_to_stop(library, monkeypatch):
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    fill_inbox(library / "_Inbox", 4)
    said = night(library)
    assert not [line for line in said if line.startswith("!")]
    assert {path.stat().st_nlink for path in (library / RIG).rglob("*.fits")} == {1}
    assert len(stored_tree(library)) == 4
    whole(library)


def test_room_is_kept_and_the_run_says_in_numbers_what_it_would_take(tmp_path):
    raw = tmp_path / "raw"
    fill_inbox(raw, 40, nights=1)
    with small_disk(tmp_path / "disk", size="4m") as disk:
        library = new_library(disk / "library", RIG, OTHER_RIG)
        settings(
            library,
            f"inboxes = ['{raw}']",
            f"state_dir = '{tmp_path / 'state'}'",
            "[keep_free]",
            "percent = 98",
        )
        short = doit(library)
        assert short.returncode == 1
        assert "the next 20 frames must be copied and need 115 kB" in short.stdout, short.stdout
        assert "kept. Make room" in short.stdout
        assert stored_tree(library) == {}
        assert sums(library).left == 40
        settings(
            library,
            f"inboxes = ['{raw}']",
            f"state_dir = '{tmp_path / 'state'}'",
            "[keep_free]",
            "percent = 1",
        )
        assert doit(library).returncode == 0
        assert len(stored_tree(library)) == 40


# -- frames that come twice, grow, or change ---------------------------------------------------------------------------


def test_the_same_file_in_two_inboxes_is_stored_once(tmp_path, library):
    write(tmp_path / "one/a.fits", light(1))
    write(tmp_path / "two/b.fits", light(1))
    settings(library, f"inboxes = ['{tmp_path / 'one'}', '{tmp_path / 'two'}']")
    night(library)
    now = sums(library)
    assert (now.received, now.stored, now.duplicates) == (2, 1, 1)
    assert len(stored_tree(library)) == 1
    whole(library)


def test_a_growing_file_is_left_until_it_is_whole(library):
    settings(library)
    path = library / "_Inbox/growing.fits"
    path.write_bytes(light(1)[:-2800])
    first = doit(library)
    assert first.returncode == 0, first.stdout + first.stderr
    assert stored_tree(library) == {}
    assert sums(library).left == 1
    path.write_bytes(light(1))
    said = executed("\n".join(night(library)))
    steps = [task.partition(":")[0] for task in said]
    assert [step for step in steps if step not in RECORDS] == ["renamed", "measured", "culled", "shown"]
    assert len(stored_tree(library)) == 1
    whole(library)


def test_a_frame_changed_through_an_open_descriptor_after_it_was_linked_is_named_not_hashed(library):
    path = write(library / "_Inbox/a.fits", light(1))
    with path.open("r+b") as writer:
        run_stage(library, "renamed", store_night)
        writer.seek(-2880, os.SEEK_END)
        writer.write(b"changed")
        writer.flush()
        said = run_stage(library, "recorded", record_night)
    assert said == [f"{RIG}  2026-01-14  0 recorded, 1 changed or missing: doit verify"]
    answer = json.loads(doit(library, "status", "--json").stdout)
    assert any("changed or missing since stored" in one["what"] for one in answer["waiting"])
    assert sums(library).difference == 0


def run_stage(library: Path, stage: str, effect) -> list[str]:
    from pipeline.stages.night import plan_library

    jobs = [job for job in plan_library(library).jobs if job.stage == stage]
    return [effect(Work(library), **job.arguments).says for job in jobs]


def test_a_file_replaced_between_plan_and_run_is_left_for_the_next(library):
    from pipeline.stages.night import plan_library

    path = write(library / "_Inbox/a.fits", light(1))
    gone = write(library / "_Inbox/b.fits", light(2))
    jobs = [job for job in plan_library(library).jobs if job.stage == "renamed"]
    path.write_bytes(light(3))
    os.utime(path, ns=(1_768_600_000_000_000_000, 1_768_600_000_000_000_000))
    gone.unlink()
    said = [store_night(Work(library), **job.arguments).says for job in jobs]
    assert "0 stored, 2 left" in said[0]
    assert stored_tree(library) == {}
    night(library)
    assert [digest for digest, _ in stored_tree(library).values()] == [sha256(path)]


@posix
@pytest.mark.skipif(IS_ROOT, reason="root reads every file")
def test_one_frame_that_cannot_be_copied_stops_no_other(tmp_path, library):
    inbox = other_disk(tmp_path)
    paths = fill_inbox(inbox, 4, nights=1)
    settings(library, f"inboxes = ['{inbox}']")
    doit(library, "status")  # its header is known by now
    paths[0].chmod(0)
    assert doit(library).returncode == 1
    assert len(stored_tree(library)) == 3


def test_clocks_that_jump_do_not_matter(library):
    future, past = time.time() + 2 * 365 * 86_400, 0
    for name, seed, moment in (("future", 1, future), ("past", 2, past)):
        path = write(library / f"_Inbox/{name}.fits", light(seed))
        os.utime(path, (moment, moment))
    (library / "_Rigs/library.toml").write_text("settle_seconds = 5\nretire = 'next_run'\n")
    night(library)
    assert len(stored_tree(library)) == 2
    night(library)
    assert list((library / "_Inbox").rglob("*.fits")) == []
    whole(library)


# -- caches and locks --------------------------------------------------------------------------------------------------


def test_a_state_that_makes_no_sense_costs_time_and_nothing_else(library):
    fill_inbox(library / "_Inbox", 6)
    write(library / "_Inbox/cut.fits", light(300, minute=90)[:-2800])
    assert doit(library).returncode == 0
    before = outside_caches(library)
    for damage in ("garbage", "empty", "newer", "other table"):
        for name in ("state.sqlite", "index.sqlite"):
            spoil(library / ".nightbuild" / name, damage)
        result = doit(library)
        assert result.returncode == 0, result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        assert outside_caches(library) == before
    assert is_idle(library)


def spoil(path: Path, damage: str) -> None:
    if damage == "garbage":
        path.write_bytes(path.read_bytes()[:1500] + os.urandom(6000))
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 99" if damage == "newer" else "CREATE TABLE sighting(x)")
            db.execute("CREATE TABLE other(x)")
        db.close()


def test_a_lock_of_a_dead_process_is_taken_over_and_one_of_another_host_is_not(library):
    fill_inbox(library / "_Inbox", 2)
    state = library / ".nightbuild"
    state.mkdir()
    holder = {
        "token": "a",
        "host": "here",
        "machine": "",
        "pid": 2**22 + 7,
        "started": "1",
        "since": "2026-01-14T20:00:00+00:00",
        "command": "doit",
    }
    stranger = json.dumps(holder | {"host": "nas", "machine": "another"}).ljust(1023) + "\n000000000001\n"
    (state / "holder").write_text(stranger)
    busy = doit(library)
    assert (busy.returncode, busy.stdout) == (3, "")
    assert "nas" in busy.stderr
    assert stored_tree(library) == {}
    from pipeline.world.processes import host_id

    (state / "holder").write_text(
        json.dumps(holder | {"machine": host_id()}).ljust(1023) + "\n000000000001\n"
    )
    assert doit(library).returncode == 0
    assert len(stored_tree(library)) == 2


# -- what held frames is away ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = new_library(tmp_path_factory.mktemp("filled") / "library", RIG, OTHER_RIG)
    fill_inbox(library / "_Inbox", 12, nights=2)
    write(library / "_Inbox/cut.fits", light(300, minute=90)[:-2800])
    night(library)
    return library


@pytest.fixture
def full(filled: Path, tmp_path: Path) -> Path:
    """That library, of a test's own."""
    return copy_library(filled, tmp_path / "library")


def forgotten(library: Path, forget: bool) -> dict[str, tuple[object, ...]]:
    if forget:
        shutil.rmtree(library / ".nightbuild")
    return outside_caches(library)


def test_a_root_replaced_by_an_empty_folder_is_refused_and_left_empty(tmp_path, full):
    full.rename(tmp_path / "unmounted")
    full.mkdir()
    for words in ((), ("plan",), ("status",), ("retire",)):
        result = doit(full, *words, folder=tmp_path)
        assert result.returncode == 3
        assert "not reachable" in result.stderr
    assert list(full.iterdir()) == []


@pytest.mark.parametrize("forget", [False, True], ids=["with caches", "without"])
def test_a_rig_folder_that_is_away_waits_and_its_new_frames_with_it(tmp_path, full, forget):
    (full / RIG).rename(tmp_path / "away")
    arrive_both(full)
    before = forgotten(full, forget)
    result = doit(full)
    assert result.returncode == 1
    assert f"{RIG}/00_Frames holds nothing, though the ledger knows 6 files there" in result.stdout
    assert not (full / RIG).exists()
    assert not [line for line in executed(result.stdout) if RIG in line]
    changed = {
        path
        for path, seen in outside_caches(full).items()
        if before.get(path) != seen and (full / path).is_file()
    }
    told = ("_Inbox/new", "_Catalog/_library.json", "_Reports/", "_Notes/")
    assert all(OTHER_RIG in path or path.startswith(told) for path in changed), changed
    assert not [path for path in changed if RIG in path]
    assert sums(full).difference == 0
    assert doit(full, "plan").returncode == 0
    status = json.loads(doit(full, "status", "--json").stdout)
    assert any("holds nothing" in one["what"] for one in status["waiting"])
    (tmp_path / "away").rename(full / RIG)
    night(full)
    assert len(stored_tree(full)) == 14
    whole(full)


def arrive_both(library: Path) -> None:
    from tests.stages.night_library import OTHER

    write(library / "_Inbox/new/a.fits", light(400, minute=100))
    write(library / "_Inbox/new/b.fits", light(401, minute=101, **OTHER))


@pytest.mark.parametrize("left", ["empty", "litter"])
def test_an_emptied_stage_folder_is_not_filled_again(full, left):
    frames = full / RIG / "00_Frames"
    shutil.rmtree(frames)
    frames.mkdir()
    if left == "litter":
        (frames / ".DS_Store").write_bytes(b"x")
    shutil.rmtree(full / ".nightbuild")
    write(full / "_Inbox/new.fits", light(400, minute=100))
    result = doit(full)
    assert result.returncode == 1
    assert "holds nothing" in result.stdout
    assert [path.name for path in frames.iterdir()] == ([".DS_Store"] if left == "litter" else [])
    assert len(list((full / "_Inbox").rglob("*.fits"))) == 14


def test_a_rig_removed_for_good_begins_anew_once_the_ledger_says_so(full):
    assert doit(full).returncode == 0
    shutil.rmtree(full / RIG)
    shutil.rmtree(full / "_Ledger" / RIG)
    assert doit(full).returncode == 0
    assert len(stored_tree(full)) == 12


def test_a_store_without_its_ledger_is_refused_not_stored_again(tmp_path, full):
    (full / "_Ledger").rename(tmp_path / "ledger")
    before = outside_caches(full)
    for words in ((), ("plan",)):
        result = doit(full, *words)
        assert result.returncode == 3
        assert "the ledger (_Ledger) is gone or empty" in result.stderr
    assert outside_caches(full) == before
    (tmp_path / "ledger").rename(full / "_Ledger")
    whole(full)


def test_one_rigs_ledger_lost_stops_that_rig_alone(tmp_path, full):
    (full / "_Ledger" / RIG).rename(tmp_path / "ledger")
    arrive_both(full)
    result = doit(full)
    assert result.returncode == 1
    assert f"Frames are stored in {RIG}/00_Frames, but its ledger is gone" in result.stdout
    assert not (full / "_Ledger" / RIG).exists()
    assert len(stored_tree(full)) == 13


@pytest.mark.parametrize("how", ["absent", "empty"])
def test_an_inbox_that_is_away_judges_nothing_and_the_others_go_on(tmp_path, full, how):
    other = tmp_path / "other"
    settings(full, f"inboxes = ['_Inbox', '{other}']")
    write(other / "new.fits", light(400, minute=100))
    shutil.rmtree(full / "_Inbox")
    if how == "empty":
        (full / "_Inbox").mkdir()
    note = list((full / "_Quarantine").iterdir())
    result = doit(full)
    assert result.returncode == 1
    assert "The inbox _Inbox is" in result.stdout
    assert len(stored_tree(full)) == 13
    assert list((full / "_Quarantine").iterdir()) == note
    assert sums(full).difference == 0
    if how == "empty":
        assert "put an empty file named .keep into it" in result.stdout
        (full / "_Inbox/.keep").touch()
        assert all(line.startswith(". reports:") for line in night(full))  # it is away no longer
        assert night(full) == []
        assert list((full / "_Quarantine").glob("*.txt")) == []


def test_an_inbox_we_emptied_ourselves_is_no_cause_for_alarm(full):
    settings(full)
    (full / "_Inbox/cut.fits").unlink()
    assert doit(full, "retire").returncode == 0
    assert list((full / "_Inbox").iterdir()) == []
    assert all(line.startswith(". reports:") for line in night(full))  # what waited does no longer
    assert night(full) == []
    whole(full)


def test_a_disk_that_goes_between_plan_and_run_is_noticed(tmp_path, full):
    from pipeline.model.errors import NotReachable
    from pipeline.stages.night import plan_library

    write(full / "_Inbox/new.fits", light(400, minute=100))
    jobs = [job for job in plan_library(full).jobs if job.arguments.get("arrivals")]
    (full / RIG).rename(tmp_path / "away")
    with pytest.raises(NotReachable, match="is gone or empty"):
        store_night(Work(full), **jobs[0].arguments)
    assert not (full / RIG).exists()


# -- many --------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_thousands_of_files_in_one_folder(library):
    """Nearly all of a kind nobody looks at, so that it is the storing of them that is tried; and one large set."""
    settings(library, "[blink]", "pages = false")
    (library / "_Rigs" / f"{RIG}.toml").write_text(
        RIG_FILES[RIG] + "[cull.pass1]\nhfr = 4.6\n", encoding="utf-8"
    )
    inbox = library / "_Inbox"
    inbox.mkdir(exist_ok=True)
    begun = datetime(2026, 1, 14, 20, tzinfo=UTC).timestamp()
    kinds = [light(1), *[light(1, IMAGETYP="SNAPSHOT")] * 9]
    for number in range(FILES):
        moment = datetime.fromtimestamp(begun + number, UTC).strftime("%Y-%m-%dT%H:%M:%S.5").encode()
        own = kinds[number % len(kinds)].replace(b"2026-01-14T20:01:00.5", moment)
        (inbox / f"{number:05}.fits").write_bytes(own[:-8] + number.to_bytes(8, "big"))
    for path in inbox.iterdir():
        os.utime(path, (1_768_500_000, 1_768_500_000))
    for what in ("first run", "no-op"):
        started = time.monotonic()
        result = doit(library)
        print(f"{what}: {time.monotonic() - started:.1f} s", file=sys.stderr)
        assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    assert sums(library).stored == FILES
