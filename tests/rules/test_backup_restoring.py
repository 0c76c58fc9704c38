from __future__ import annotations

import pytest

from pipeline.model.backup import Kept, Member, Pack
from pipeline.rules.backup_keys import pack_key
from pipeline.rules.backup_restoring import (
    Chosen,
    choose_all,
    choose_everything,
    choose_words,
    fewest_packs,
    means,
)
from pipeline.rules.ledger import fold
from pipeline.rules.restore_words import coming_words

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
HOME = f"{RIG}/DATE_2026-01-14"
SET = f"{RIG}/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L_EXP_300.00"
FRAME, OTHER = f"{SET}/2026-01-15_00-12-33.fits", f"{SET}/2026-01-15_00-17-33.fits"
MASTER = "_Dark Library/ZWO ASI2600MM Pro/masterDark_EXPOSURE_300.00.fits"


def sha(letter):
    return letter * 64


def member(path, letter="a", mtime_ns=1):
    return Member(path=path, size=10, mtime_ns=mtime_ns, sha256=sha(letter), codec="none", at=512, packed=10)


def pack(*members, letter="1", home=HOME, kind=Kept.LIGHTS):
    return Pack(
        key=pack_key(home, kind, sha(letter)),
        kind=kind,
        size=2048,
        sha256=sha(letter),
        storage_class="STANDARD",
        members=members,
    )


def ledger(*stored, **sha_of):
    return fold(
        {
            "event": "received",
            "inbox": "_Inbox",
            "original": f"{number}.fits",
            "stored": path,
            "size": 10,
            "mtime_ns": 1,
            "sha256": sha(letter) if letter else None,
        }
        for number, (path, letter) in enumerate(stored)
    )


def test_the_version_first_recorded_is_taken_however_late_another_was_kept():
    packs = [pack(member(FRAME, "a")), pack(member(FRAME, "b", mtime_ns=9), letter="2")]
    chosen = choose_all(packs, ledger((FRAME, "a")))
    assert [one.sha256 for one in chosen.wanted] == [sha("a")]


def test_of_what_was_never_hashed_the_latest_is_taken():
    packs = [pack(member(FRAME, "a")), pack(member(FRAME, "b", mtime_ns=9), letter="2")]
    assert choose_all(packs, ledger((FRAME, None))).wanted[0].sha256 == sha("b")


def test_frames_no_pack_has_are_known_and_not_kept():
    chosen = choose_all([pack(member(FRAME))], ledger((FRAME, "a"), (OTHER, "b")))
    assert chosen.not_kept == (OTHER,) and chosen.altered == ()


def test_frames_kept_with_other_bytes_are_named_and_not_placed():
    chosen = choose_all([pack(member(FRAME, "c"))], ledger((FRAME, "a")))
    assert chosen.altered == (FRAME,) and not chosen.wanted and not chosen.not_kept


def test_frames_that_were_given_up_do_not_come_back():
    given_up = fold([
        {"event": "received", "inbox": "_Inbox", "original": "1.fits", "stored": FRAME, "size": 10, "mtime_ns": 1},
        {"event": "purged", "stored": FRAME, "size": 10, "sha256": sha("a"), "why": "by hand"},
    ])  # fmt: skip
    assert choose_all([pack(member(FRAME))], given_up).wanted == ()


def test_masters_come_back_though_no_ledger_line_names_them():
    shelf = pack(member(MASTER), home="_shelves/masters", kind=Kept.MASTERS)
    assert [one.to for one in choose_all([shelf], ledger()).wanted] == [MASTER]


def test_the_same_bytes_in_two_packs_come_back_once_from_the_one_that_is_awake():
    packs = [pack(member(FRAME)), pack(member(FRAME), letter="2")]
    (one,) = choose_all(packs, ledger((FRAME, "a"))).wanted
    assert len(one.copies) == 2
    (best,) = fewest_packs([one], {packs[1].key: True})
    assert best.copies[0].pack == packs[1]


@pytest.mark.parametrize(
    "word",
    [
        FRAME,
        "2026-01-15_00-12-33.fits",
        SET,
        f"{SET}/",
        SET.replace("/", "\\"),
        "M31",
        "m31",
        "2026-01-14",
        f"2026-01-14/{RIG}",
        RIG,
        "DATE_2026-01-14/LIGHT",
    ],
)
def test_a_frame_is_meant_by_its_name_its_folders_its_session_and_its_target(word):
    assert means(word, FRAME)


@pytest.mark.parametrize("word", ["M3", "2026-01-15", "2026-01-14/other", "00-12-33.fits", "", "."])
def test_other_words_mean_other_frames(word):
    assert not means(word, FRAME)


def test_a_word_that_means_nothing_is_said():
    chosen = choose_words([pack(member(FRAME))], ["M31", "M42"], ledger((FRAME, "a")))
    assert [one.to for one in chosen.wanted] == [FRAME] and chosen.unmatched == ("M42",)


def test_without_any_records_the_latest_of_everything_comes_back():
    packs = [pack(member(FRAME, "a")), pack(member(FRAME, "b", mtime_ns=9), member(OTHER), letter="2")]
    assert {one.sha256 for one in choose_everything(packs).wanted} == {sha("b"), sha("a")}


def test_what_lies_there_already_is_not_said_to_be_coming():
    assert (
        coming_words(Chosen(), "/mnt", 3)
        == "Nothing is to come: 3 files of that size lie there already, in /mnt."
    )
    assert coming_words(Chosen(), "/mnt") == "0 files, 0 bytes (0 bytes to download), to /mnt."
