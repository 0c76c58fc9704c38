from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.model.answers import OK, WAITS
from pipeline.model.records import Received
from pipeline.rules.addresses import read_address
from pipeline.world import ledger
from pipeline.world.lock import Lock
from pipeline.world.verified import FILE, Verified
from tests.judged_library import JudgedLibrary
from tests.living_library import environment, executed, flip, make_library, put


@pytest.fixture
def library(tmp_path):
    return make_library(tmp_path / "library")


def alone(library, number=1):
    """A stored frame without any other name."""
    library.shoot(number)
    library.night()
    library.command("retire")
    return library.root / library.stored[-1]


def test_a_sound_store_is_said_to_be_sound_and_nothing_changes(library):
    library.shoot(1, 2, 3)
    library.doit()
    before = library.picture()
    told = library.ask("verify")
    assert (told["read"], told["missing"], told["extra"], told["changed"]) == (3, [], [], [])
    assert library.picture() == before
    assert executed(library.doit()) == []


def test_a_flipped_bit_a_missing_and_an_unknown_file_are_found_each_with_its_cure(library):
    flipped = alone(library)
    missing = alone(library, 2)
    alone(library, 3)
    flip(flipped)
    missing.unlink()
    stray = put(flipped.parent / "stray.fits", b"whose?")
    (flipped.parent / ".DS_Store").write_bytes(b"litter")
    told = library.ask("verify", code=1)
    names = {kind: [Path(one["path"]).name for one in told[kind]] for kind in ("changed", "missing", "extra")}
    assert names == {"changed": [flipped.name], "missing": [missing.name], "extra": [stray.name]}
    assert "from a backup" in told["changed"][0]["mend"]
    assert "run `doit`" in told["extra"][0]["mend"]
    shown = library.doit("verify", code=1).stdout
    assert "Wrong: 1 missing, 1 extra, 1 changed." in shown
    assert "its time unchanged" in shown


@pytest.mark.parametrize("harm", ["flipped", "cut", "missing", "a link"])
@pytest.mark.skipif(os.name == "nt", reason="the command named is POSIX")
def test_the_named_command_mends_it(library, harm):
    (frame,) = library.shoot(1)
    library.settings('views = "auto"\n')
    library.night()
    stored = library.root / library.stored[0]
    data = frame.read_bytes()
    stored.unlink()
    if harm == "a link":
        stored.symlink_to(frame)
    elif harm != "missing":
        put(stored, data if harm == "flipped" else data[:100])
    if harm == "flipped":
        flip(stored)
    answer = library.command("verify")
    (line,) = [line for line in answer.sentences if line.startswith("    mend: ")]
    assert "cp -pf" in line
    subprocess.run(line.removeprefix("    mend: "), shell=True, check=True)
    assert library.command("verify").code() == OK
    assert stored.read_bytes() == data


def test_what_verify_found_is_told_by_the_status_until_it_is_found_whole(library):
    flipped, missing = alone(library), alone(library, 2)
    alone(library, 3)
    whole, gone = flipped.read_bytes(), missing.read_bytes()
    times = [(path, path.stat().st_mtime_ns) for path in (flipped, missing)]
    flip(flipped)
    missing.unlink()
    assert not any(flipped.name in line for line in library.command("status").sentences)
    library.command("verify")
    library.night()
    told = "\n".join(library.command("status").sentences)
    assert "Stuck" in told
    assert flipped.name in told
    assert missing.name in told
    assert "from a backup" in told
    put(missing, gone)
    flipped.chmod(0o644)
    flipped.write_bytes(whole)
    for path, mtime_ns in times:
        os.utime(path, ns=(mtime_ns, mtime_ns))
    assert flipped.name in "\n".join(library.command("status").sentences)
    assert library.command("verify").code() == OK
    told = "\n".join(library.command("status").sentences)
    assert flipped.name not in told
    assert missing.name not in told


def test_a_frame_in_the_trash_is_mended_from_there(library):
    stored = alone(library)
    path = library.stored[0]
    thrown = library.root / "_Trash/2026-01-14_21-03-05" / path
    thrown.parent.mkdir(parents=True)
    stored.rename(thrown)
    (finding,) = library.command("verify").data["missing"]
    assert finding["mend"].startswith("doit trash --restore ")
    assert library.command("trash", "--restore", path).code() == OK
    assert library.command("verify").code() == OK


def test_a_store_that_is_away_as_a_whole_is_not_called_missing(library):
    stored = alone(library)
    (stored.parents[5]).rename(library.root / "unmounted")
    told = library.command("verify")
    assert told.code() == WAITS
    assert told.data["missing"] == []
    assert "Is the disk mounted?" in told.data["notes"][0]


def test_a_touched_frame_is_sound(library):
    stored = alone(library)
    os.utime(stored)
    assert library.command("verify").code() == OK


def test_a_frame_without_a_hash_gets_it_unless_it_was_written_to(library):
    for number in (1, 2):
        place = put(library.root / f"rig/00_Frames/DATE_2026-01-14/LIGHT/M31/F/{number}.fits", b"bytes")
        stored = place.relative_to(library.root).as_posix()
        address = read_address(stored)
        seen = place.stat()
        entry = Received(
            when=datetime.now(UTC), inbox="_Inbox", original=f"{number}.fits", stored=stored, size=seen.st_size,
            mtime_ns=seen.st_mtime_ns,
        )  # fmt: skip
        ledger.write(library.root, address.owner, address.night, [entry])
    os.utime(place)
    with Lock(library.root):
        assert "another run is at work" in library.command("verify").sentences[1]
    told = library.command("verify").data
    assert told["hashed"] == 1
    assert "not known" in told["changed"][0]["what"]
    assert [bool(fact.sha256) for fact in library.ledger.stored.values()] == [True, False]


def test_a_limit_reads_the_oldest_unverified_first_and_always_gets_on(library):
    library.shoot(1, 2, 3)
    library.night()
    verified = Verified(library.root / ".nightbuild")
    seen = []
    for _ in range(4):
        told = library.command("verify", "--limit-gb", "0.000001").data
        assert told["read"] == 1
        seen.append(max(verified.proofs().values(), key=lambda proof: proof.at).stored)
    assert sorted(seen[:3]) == library.stored
    assert seen[3] == seen[0]
    library.forget()
    assert library.command("verify").data["read"] == 3


def test_a_stopped_pass_goes_on_where_it_was_and_a_whole_one_begins_anew(library):
    library.shoot(1, 2, 3)
    library.night()
    library.command("verify")
    assert library.command("verify").data["read"] == 3, "a flipped bit must be found by the next whole pass"
    verified = Verified(library.root / ".nightbuild")
    verified.begin("\0\0", (datetime.now(UTC) + timedelta(seconds=-1)).isoformat())
    library.command("verify", "--limit-gb", "0.000001")
    told = library.command("verify").data
    assert (told["read"], told["read_before"]) == (0, 3) or told["read"] + told["read_before"] == 3
    verified.begin("\0\0", "2026-01-01")
    assert library.command("verify", "--all").data["read"] == 3


def test_a_selection_looks_at_nothing_else(library):
    alone(library)
    (library.root / library.stored[0]).unlink()
    assert library.command("verify", "--night", "2026-01-15").code() == OK
    assert library.command("verify", "--night", "2026-01-14", "--target", "m31").code() == WAITS


@pytest.mark.skipif(os.name == "nt", reason="SIGINT and SIGKILL")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_what_was_read_before_a_stop_is_not_read_again(library, how):
    library.shoot(*range(1, 13))
    library.night()
    slow = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell said to ignore it\n"
        "import time; from pipeline.world import verification as v; real = v.sha256_of\n"
        "def sha(path):\n    time.sleep(0.3); return real(path)\n"
        "v.sha256_of = sha; v._EVERY_S = 0.1\n"
        "import sys; from doit.doit_cmd import DoitMain; sys.argv = ['doit', 'verify']; sys.exit(DoitMain().run(['verify']))"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", slow], cwd=library.root, env=environment(), stderr=subprocess.DEVNULL
    )
    cache = library.root / ".nightbuild"
    until = time.monotonic() + 60
    while not Verified(cache).proofs() and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(how)
    assert running.wait(60) != 0
    read = len(Verified(cache).proofs())
    told = library.command("verify").data
    assert 0 < read < 12
    assert (told["read_before"], told["read"]) == (read, 12 - read)


def test_a_damaged_cache_costs_only_time(library):
    library.shoot(1)
    library.night()
    (library.root / ".nightbuild" / FILE).write_bytes(b"this is no database at all" * 100)
    assert library.command("verify").data["read"] == 1
    assert Verified(library.root / ".nightbuild").proofs()


@pytest.fixture
def offered(tmp_path):
    """Three frames offered to eyes."""
    made = JudgedLibrary(tmp_path / "library")
    made.shoot(1, 2, 3)
    made.night()
    return made


def place_of(offered, minute):
    [place] = offered.blink().glob(f"*00-{minute:02}-33*")
    return place


def test_places_that_are_links_are_sound_and_counted(offered):
    answer = offered.ask("verify")
    assert answer.code() == OK
    assert "3 names in 10_Blink, _Reject and 20_Data looked at." in answer.sentences


def test_an_edited_copy_under_a_frames_name_is_named_and_left(offered):
    place = place_of(offered, 1)
    data = bytearray(place.read_bytes())
    data[-7] ^= 1
    place.unlink()
    place.write_bytes(bytes(data))
    answer = offered.ask("verify")
    [edited] = answer.data["edited"]
    assert edited["path"] == place.relative_to(offered.root).as_posix()
    assert edited["mend"].partition("type: ")[2].startswith("doit restore ")
    assert answer.code() == WAITS
    assert place.read_bytes() == bytes(data)


def test_equal_copies_are_healthy_and_empty_places_are_no_fault(offered):
    copied = place_of(offered, 1)
    data = copied.read_bytes()
    copied.unlink()
    copied.write_bytes(data)
    place_of(offered, 2).unlink()
    answer = offered.ask("verify")
    assert answer.code() == OK
    assert any(note.startswith("1 is an equal copy in place of links") for note in answer.data["notes"])
    assert any(note.startswith("1 is not there: the next `doit`") for note in answer.data["notes"])
