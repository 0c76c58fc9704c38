"""Raw calibration frames go once their master is safe: proven case by case, kill-safe, and never made again after that."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.model.answers import CANNOT, OK, WAITS
from pipeline.model.errors import UserError
from pipeline.model.records import Stays
from pipeline.world import ledger
from pipeline.world.library import open_library
from tests.eyes import Eyes
from tests.held_library import TOML, hold, hold_masters
from tests.killed import killed_at
from tests.looking import answered, asked
from tests.masters_library import CAMERA, FEW, LIMITS, NO_EYES, Stacked, make_stacked
from tests.stages.night_library import drop, outside_caches
from tests.stages.test_gathered import in_libraries, library_with, master

KINDS = ("BIAS", "DARK", "FLATDARK", "FLAT")


@pytest.fixture(scope="module")
def stacked(tmp_path_factory) -> Callable[..., Path]:
    """Libraries whose frames of some kinds became masters, each made once."""
    made: dict[tuple[str, ...], Path] = {}

    def make(*kinds: str) -> Path:
        if kinds not in made:
            night = make_stacked(tmp_path_factory.mktemp("stacked") / "library")
            night.limit(LIMITS + FEW + NO_EYES)
            for kind in kinds:
                night.expose(kind)
            night.doit()
            night.ask("retire")
            made[kinds] = night.root
        return made[kinds]

    return make


@pytest.fixture
def done(tmp_path, stacked) -> Callable[..., Stacked]:
    """A library of one's own in which nobody looks at calibration frames, and these have become masters."""

    def copied(*kinds: str) -> Stacked:
        return Stacked(shutil.copytree(stacked(*kinds), tmp_path / "library"), shot=100)

    return copied


def raws(night: Stacked) -> list[str]:
    return sorted(path for path, fact in night.ledger.stored.items() if fact.stays == Stays.FRAME)


def bytes_of_masters(night: Stacked) -> dict[str, bytes]:
    return {one.path: (night.root / one.path).read_bytes() for one in night.shelf()}


def require_same_masters_for_ever(
    night: Stacked, before: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """VERSION raised, the caches gone, `doit`, `doit prune`: same master, same hash, never a target again."""
    night.doit()
    monkeypatch.setattr("pipeline.rules.master_standing.VERSION", 99)
    monkeypatch.setattr("pipeline.stages.masters.VERSION", 99)
    shutil.rmtree(night.root / ".nightbuild")
    said = night.doit()
    assert "masters:" not in said
    night.ask("prune", "--yes")
    assert bytes_of_masters(night) == before
    night.require_idle()
    assert bytes_of_masters(night) == before


def test_a_dry_run_says_group_by_group_what_would_go_and_changes_nothing(done):
    night = done(*KINDS)
    before = outside_caches(night.root)
    answer = night.ask("purge", "--raw-calibration")
    assert answer.code() == OK and outside_caches(night.root) == before
    assert [one["kind"] for one in answer.data["groups"]] == list(KINDS)
    assert len(answer.data["frames"]) == 16 and answer.data["freed_bytes"] > 0
    assert answer.sentences[1].startswith(
        f"4 darks, {CAMERA}, 300 s, 2026-01-14: their master is _Dark Library/"
    )
    assert "16 raw frames (4 bias, 4 dark, 4 flat-dark, 4 flat) would go to the trash" in answer.closing[0]
    assert answer.closing[1] == "Nothing was changed. To do it: doit purge --raw-calibration --yes"


def test_raw_frames_go_and_their_masters_stay_the_same_whatever_comes(done, monkeypatch):
    night = done(*KINDS)
    before = bytes_of_masters(night)
    answer = night.ask("purge", "--raw-calibration", "--yes")
    assert answer.code() == OK and len(answer.data["frames"]) == 16, answer
    assert raws(night) == [] and sorted(answer.data["promoted"]) == sorted(before)
    stones = night.ledger.tombstones.values()
    assert {str(one["why"]) for one in stones} == {f"its master is {path}" for path in before}
    assert night.ask("verify").code() == OK
    require_same_masters_for_ever(night, before, monkeypatch)
    assert night.ask("purge", "--raw-calibration").data["groups"] == []


def test_restored_frames_come_back_and_break_nothing(done):
    night = done("DARK", "FLATDARK", "FLAT")
    before, whole = bytes_of_masters(night), {path: (night.root / path).read_bytes() for path in raws(night)}
    night.ask("purge", "--raw-calibration", "--yes")
    some = [path for path in whole if "/DARK/" in path][:3]
    night.ask("trash", "--restore", *some)
    night.doit()
    assert bytes_of_masters(night) == before
    night.require_rest()
    assert {path: (night.root / path).read_bytes() for path in raws(night)} == {
        path: whole[path] for path in some
    }
    again = night.ask("purge", "--raw-calibration", "--yes")
    assert sorted(again.data["frames"]) == some, "proven by what went before, and what is here"
    night.ask("trash", "--restore", *whole)
    night.doit()
    night.require_rest()
    assert bytes_of_masters(night) == before and sorted(raws(night)) == sorted(whole)


def test_only_the_night_or_camera_or_rig_that_is_named(done):
    night = done("DARK", "FLATDARK", "FLAT")
    night.expose("DARK", day=3)
    night.doit()
    night.ask("retire")

    def kinds(*words: str) -> list[tuple[str, int]]:
        told = night.ask("purge", "--raw-calibration", *words).data["groups"]
        return [(one["kind"], one["frames"]) for one in told]

    assert kinds("--night", "2026-01-17") == [("DARK", 4)]
    assert kinds("--camera", CAMERA.lower()) == [("DARK", 8), ("FLATDARK", 4), ("FLAT", 4)]
    with pytest.raises(UserError, match=f"no camera 'another' here; there are {CAMERA}"):
        kinds("--camera", "another")
    with pytest.raises(UserError, match=r"C9X"):
        kinds("--rig", "C9X")
    assert kinds("--rig", "c8e") == kinds("--camera", CAMERA)
    before = {path: data for path, data in bytes_of_masters(night).items() if "superseded" not in path}
    night.ask("purge", "--raw-calibration", "--night", "2026-01-17", "--yes")
    assert len(raws(night)) == 12
    night.doit()
    night.require_rest()
    assert before.items() <= bytes_of_masters(night).items()
    night.ask("purge", "--raw-calibration", "--yes")
    assert raws(night) == []
    night.doit()
    assert before.items() <= bytes_of_masters(night).items()
    night.require_rest()


def test_an_earlier_campaign_stays_where_it_is_when_the_later_one_has_gone(done):
    night = done("DARK")
    night.expose("DARK", day=40)
    night.doit()
    night.ask("retire")
    before = bytes_of_masters(night)
    night.ask("purge", "--raw-calibration", "--night", "2026-02-23", "--yes")
    night.doit()
    assert bytes_of_masters(night) == before
    night.require_rest()
    night.ask("purge", "--raw-calibration", "--yes")
    night.ask("trash", "--restore", *[path for path in night.ledger.tombstones if "2026-01-14" in path][:3])
    night.doit()
    assert bytes_of_masters(night) == before, "a superseded one stands for its frames too"
    night.require_rest()


def test_frames_nobody_has_looked_at_are_not_touched(tmp_path):
    night = make_stacked(tmp_path / "library")
    night.expose("DARK")
    night.doit()
    night.ask("retire")
    assert night.ask("purge", "--raw-calibration", "--yes").data["frames"] == []
    night.blink("DARK")
    night.doit()
    night.expose("DARK")
    night.doit()
    night.ask("retire")
    answer = night.ask("purge", "--raw-calibration", "--yes")
    assert answer.code() == CANNOT and answer.data["frames"] == []
    assert "4 frames beside them still wait to be looked at" in answer.data["groups"][0]["why_not"]
    assert len(raws(night)) == 8


def test_what_was_left_out_of_the_master_goes_with_its_group_and_is_counted(tmp_path):
    night = make_stacked(tmp_path / "library")
    night.expose("DARK", 5)
    night.expose("DARK", 1, level=9_000.0)
    night.doit()
    home = night.root / f"_Calibration/{CAMERA}/10_Blink/DARK"
    first = sorted(home.rglob("*.fits"))[0]
    night.move(first, f"_Reject/_Calibration/{CAMERA}/{first.parent.relative_to(home.parent.parent)}")
    night.blink("DARK")
    night.doit()
    night.ask("retire")
    (master,) = night.shelf()
    assert master.frames == 4, "one rejected by eye, one refused"
    answer = night.ask("purge", "--raw-calibration")
    (told,) = answer.data["groups"]
    assert (told["frames"], told["rejected"], told["refused"]) == (5, 1, 1), answer
    assert "5 darks" in answer.sentences[0] and "and 1 rejected one: their master is" in answer.sentences[0]
    assert answer.sentences[0].endswith(", into which 4 of 5 went")
    assert night.ask("purge", "--raw-calibration", "--yes").code() == OK
    assert raws(night) == [] and list(night.root.glob("_Reject/**/*.fits")) == []
    whys = sorted(str(one["why"]).partition(" master ")[0] for one in night.ledger.tombstones.values())
    assert whys == ["its", "its", "its", "its", "its", "left out of its"]
    night.doit()
    night.require_rest()


@pytest.mark.parametrize("harm", ["pixel", "cut", "gone", "held", "rejected"])
def test_a_master_in_doubt_proves_nothing(done, harm):
    night = done("BIAS")
    (master,) = night.shelf()
    path = night.root / master.path
    if harm == "gone":
        path.unlink()
    elif harm == "rejected":
        night.ask("master", master.path, "--reject")
    elif harm == "held":
        path.rename((path.parent / "held").joinpath(path.name)) if (
            path.parent / "held"
        ).mkdir() is None else None
    else:
        spoil(path, harm)
    answer = night.ask("purge", "--raw-calibration", "--yes")
    assert answer.code() == CANNOT and answer.data["frames"] == [], answer
    assert len(raws(night)) == 4 and night.ledger.tombstones == {}
    assert answer.data["promoted"] == []


def spoil(path, harm: str) -> None:
    """One bit in the pixels, its time kept; or the end cut off."""
    seen, data = path.stat(), bytearray(path.read_bytes())
    path.chmod(0o644)
    data[-3000] ^= 1
    path.write_bytes(data if harm == "pixel" else data[:-2880])
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def test_a_master_spoilt_between_look_and_deed_keeps_its_raws(done, monkeypatch):
    night = done("BIAS", "DARK")
    monkeypatch.setattr("pipeline.world.purge_raws.why_not_safe", once_spoiling(night))
    answer = night.ask("purge", "--raw-calibration", "--yes")
    assert answer.code() == WAITS and len(answer.data["frames"]) == 4, "the darks went, the bias stayed"
    assert len(raws(night)) == 4 and "proves nothing" in answer.data["refused"][0]


def once_spoiling(night: Stacked):
    from pipeline.rules.purge_raws import why_not_safe

    calls = []

    def asked(case, shelf, unsafe):
        calls.append(case)
        if len(calls) == 3:  # two looks, then the first deed
            spoil(night.root / case.master.path, "pixel")
        return why_not_safe(case, shelf, unsafe)

    return asked


def test_flats_wait_while_what_was_taken_off_them_is_not_safe(done):
    night = done("FLATDARK", "FLAT")
    dark = next(one.path for one in night.shelf() if "FlatDark" in one.path)
    spoil(night.root / dark, "pixel")
    answer = night.ask("purge", "--raw-calibration", "--yes")
    assert answer.code() == CANNOT and len(raws(night)) == 8
    assert "which was taken off them, is not safe itself" in answer.data["groups"][1]["why_not"]


def test_a_full_disk_stops_it_with_a_sentence_and_the_same_command_goes_on(done, monkeypatch):
    night = done("DARK")
    before, real, calls = bytes_of_masters(night), ledger.write, []

    def full(*args, **kwargs):
        calls.append(args)
        if len(calls) in {4, 5}:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*args, **kwargs)

    monkeypatch.setattr("pipeline.world.ledger.write", full)
    answer = night.ask("purge", "--raw-calibration", "--yes")
    assert answer.code() == WAITS and "the disk takes nothing more" in answer.sentences[-1]
    monkeypatch.undo()
    assert 0 < len(raws(night)) < 4 and night.ask("verify").code() == OK
    night.doit()
    assert bytes_of_masters(night) == before
    assert night.ask("purge", "--raw-calibration", "--yes").code() == OK
    assert raws(night) == []
    night.doit()
    assert bytes_of_masters(night) == before
    night.require_rest()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize(
    ("step", "nth", "moment"),
    [
        pytest.param("pipeline.world.promotion:protect", 1, "before", marks=pytest.mark.slow),
        ("pipeline.world.purge_raws:promote_master", 1, "after"),
        ("pipeline.world.purging:_write", 2, "after"),
        pytest.param("pipeline.world.trash:_move", 3, "after", marks=pytest.mark.slow),
    ],
)
def test_killed_anywhere_no_byte_is_lost_and_the_same_command_ends_it(done, step, nth, moment):
    night = done("BIAS")
    before, whole = bytes_of_masters(night), {path: (night.root / path).read_bytes() for path in raws(night)}
    words = ("purge", "--raw-calibration", "--yes")
    assert killed_at(night.root, step, nth, moment, *words) == -signal.SIGKILL
    night.doit()
    assert bytes_of_masters(night) == before
    night.require_idle()
    assert night.ask(*words).code() == OK
    assert raws(night) == [] and not any((night.root / path).exists() for path in whole)
    assert night.ask("verify").code() == OK
    night.doit()
    night.require_rest()
    assert bytes_of_masters(night) == before
    night.ask("trash", "--restore", *whole)
    assert {path: (night.root / path).read_bytes() for path in raws(night)} == whole


def test_a_trash_that_leads_elsewhere_takes_nothing(done, tmp_path):
    night = done("BIAS")
    (tmp_path / "elsewhere").mkdir()
    (night.root / "_Trash").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    answer = night.ask("purge", "--raw-calibration", "--yes")
    assert answer.code() == CANNOT and len(answer.data["refused"]) == 4
    assert len(raws(night)) == 4 and night.ledger.tombstones == {}
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_names_left_in_an_inbox_are_said_since_they_free_nothing(done):
    night = done("BIAS")
    one = raws(night)[0]
    os.link(night.root / one, night.root / "_Inbox/again.fits")
    answer = night.ask("purge", "--raw-calibration")
    assert "1 frame of them free nothing while another name" in answer.closing[1]


def test_a_number_that_is_not_expected_changes_nothing(done):
    night = done("BIAS")
    answer = night.ask("purge", "--raw-calibration", "--yes", "--expect", "5")
    assert answer.code() == CANNOT and "4 frames would go, but --expect says 5" in answer.sentences[0]
    assert len(raws(night)) == 4
    assert night.ask("purge", "--raw-calibration", "--yes", "--expect", "4").code() == OK


@pytest.mark.parametrize(
    "words",
    [
        ("--raw-calibration", "x.fits"),
        ("--camera", "x"),
        ("--older-than", "3"),
        ("--expect", "3", "x"),
        ("--wbpp",),
    ],
)
def test_what_does_not_go_together_is_refused(done, words):
    night = done("BIAS")
    with pytest.raises(UserError):
        night.ask("purge", *words)


def test_hostile_names_of_camera_and_filter_stay_inside(tmp_path):
    night = make_stacked(tmp_path / "library")
    night.limit(LIMITS + FEW + NO_EYES)
    night.expose("FLAT", FILTER="../../etc\n<b>", INSTRUME=CAMERA)
    night.expose("FLATDARK")
    night.doit()
    night.ask("retire")
    before = bytes_of_masters(night)
    assert len(before) == 2
    answer = night.ask("purge", "--raw-calibration", "--yes")
    assert answer.code() == OK and raws(night) == []
    assert all(path.resolve().is_relative_to(night.root.resolve()) for path in night.root.rglob("*"))
    night.doit()
    night.require_rest()
    assert bytes_of_masters(night) == before


def test_from_a_terminal_and_from_a_program(done):
    night = done("BIAS", "DARK")
    said = night.doit("purge", "--raw-calibration", "--camera", CAMERA)
    assert said.strip().endswith(f"To do it: doit purge --raw-calibration --camera '{CAMERA}' --yes")
    told = asked(night.root, "purge", "--raw-calibration", "--yes")
    assert (told["done"], len(told["frames"]), len(told["promoted"]), told["refused"]) == (True, 8, 2, [])
    assert [one["kind"] for one in told["groups"]] == ["BIAS", "DARK"]


def by_hand(tmp_path, clock: str, number: int = 4, **cards) -> Path:
    """A library with raw darks of a night, and a master dark that WBPP made of some."""
    library, wbpp = library_with(tmp_path)
    for minute in range(number):
        drop(library / "_Inbox", f"d{minute}.fits", minute=minute, IMAGETYP="DARK", FILTER=None, OBJECT=None,
             EXPTIME=60.0, EXPOSURE=60.0)  # fmt: skip
    told = {"IMAGETYP": "Master Dark", "EXPTIME": 60.0, "NCOMBINE": 3, "DATE__OBS": clock, **cards}
    master(wbpp, "masterDark.fits", **told)
    Eyes(library).doit()
    answered(library, "retire")
    assert len(in_libraries(library)) == 1
    return library


def test_raws_of_a_master_made_by_hand_go_only_when_asked_with_their_counts(tmp_path):
    library = by_hand(tmp_path, "2026-01-15T00:01:33")
    (path,) = in_libraries(library)
    assert answered(library, "purge", "--raw-calibration", "--yes").code() == CANNOT
    shown = answered(library, "purge", "--raw-calibration", "--made-by-hand")
    assert shown.code() == OK and "4 darks" in shown.sentences[0]
    assert (
        f"their master is {path}; made by hand of 3 frames, matched by keys and night" in shown.sentences[0]
    )
    before = (library / path).read_bytes()
    answer = answered(library, "purge", "--raw-calibration", "--made-by-hand", "--yes")
    assert answer.code() == OK and len(answer.data["frames"]) == 4
    Eyes(library).doit()
    Eyes(library).require_rest()
    assert in_libraries(library) == [path] and (library / path).read_bytes() == before


@pytest.mark.parametrize(
    ("clock", "cards"),
    [
        ("2026-01-19T00:01:33", {}),
        ("2026-01-15T00:01:33", {"EXPTIME": 90.0}),
        ("2026-01-15T00:01:33", {"GAIN": 0}),
    ],
)
def test_a_master_made_by_hand_of_another_night_or_setting_proves_nothing(tmp_path, clock, cards):
    library = by_hand(tmp_path, clock, **cards)
    answer = answered(library, "purge", "--raw-calibration", "--made-by-hand", "--yes")
    assert answer.code() == CANNOT and answer.data["frames"] == []


def test_raws_wait_until_the_backup_has_their_master_where_it_must(done):
    night = done("DARK")
    (night.root / "_Rigs/library.toml").write_text(TOML + "purge_needs = true\n", encoding="utf-8")
    (dark,) = bytes_of_masters(night)
    answer = night.ask("purge", "--raw-calibration", "--yes")
    (kept,) = answer.data["groups"]
    assert answer.data["frames"] == [] and len(raws(night)) == 4
    assert kept["why_not"] == f"their master {dark}: no backup has it yet; `doit backup` sends it"
    hold_masters(night.root, [dark])
    answer = night.ask("purge", "--raw-calibration", "--yes")
    assert answer.data["promoted"] == [dark] and len(answer.data["frames"]) == 4
    assert night.ask("purge", "--raw-calibration", "--no-needs-backup").data["groups"] == []


def test_raws_that_the_backup_keeps_itself_must_be_there_too(done):
    night = done("DARK")
    text = TOML + "purge_needs = true\nraw_calibration = { keep = true }\n"
    (night.root / "_Rigs/library.toml").write_text(text, encoding="utf-8")
    hold_masters(night.root, bytes_of_masters(night))
    first, *others = raws(night)
    settings = open_library(night.root).configuration.library.backup
    hold(night.root, [first], settings)
    (group,) = night.ask("purge", "--raw-calibration").data["groups"]
    assert group["why_not"] == "no backup has 3 of 4 frames yet; `doit backup` sends them"
    hold(night.root, others, settings)
    assert len(night.ask("purge", "--raw-calibration", "--yes").data["frames"]) == 4
