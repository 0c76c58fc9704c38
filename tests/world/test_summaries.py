from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.records import (
    Adopted,
    Duplicate,
    Hashed,
    LedgerEntry,
    Purged,
    Received,
    Restored,
    Retired,
    Stays,
    Unpacked,
)
from pipeline.model.survey import Arrival, Fate, Found, Sort, Survey
from pipeline.rules.balance import balance, weigh
from pipeline.rules.guards import held_homes
from pipeline.rules.ledger import Ledger, fold, ledger_file
from pipeline.rules.outline import Outline
from pipeline.rules.records import entry_record
from pipeline.rules.summaries import key_of, mark_of, summarise, target_folders, unpack
from pipeline.rules.witnesses import lying_of
from pipeline.world import journals, ledger
from pipeline.world.summaries import FILE, read_outline
from tests.amounts import examples

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
NIGHTS = [date(2026, 1, 14), date(2026, 1, 15), date(2026, 1, 16)]
START = datetime(2026, 1, 17, tzinfo=UTC)
NAMES = [f"{folder}{name}" for folder in ("", "a/", "a.zip!/") for name in ("1.fits", "2.fits", "log.csv")]


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def stored(night: date, name: str = "1.fits", target: str = "M31") -> str:
    return f"{RIG}/00_Frames/DATE_{night}/LIGHT/{target}/FILTER_L/{name}"


def received(
    night: date, name: str = "1.fits", *, minute: int = 0, size: int = 10, address: str = ""
) -> Received:
    return Received(
        when=at(minute),
        inbox="_Inbox",
        original=name,
        stored=address or stored(night, name),
        size=size,
        mtime_ns=5,
    )


def retired(night: date, name: str = "1.fits", *, minute: int = 0) -> Retired:
    return Retired(when=at(minute), inbox="_Inbox", original=name, stored=stored(night, name))


def folded(entries: list[LedgerEntry]) -> Ledger:
    return fold([entry_record(entry) for entry in entries])


Told = dict[date, list[LedgerEntry]]


def outline_of(nights: Mapping[date, Sequence[LedgerEntry]]) -> Outline:
    return Outline(
        {
            ledger_file(RIG, night): summarise([entry_record(entry) for entry in entries])
            for night, entries in sorted(nights.items())
        }
    )


def write(library: Path, night: date, *entries: LedgerEntry, rested: bool = True) -> Path:
    ledger.write(library, RIG, night, entries)
    path = library / ledger_file(RIG, night)
    if rested:
        an_hour_ago = time.time() - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))
    return path


def outline(library: Path) -> Outline:
    return read_outline(library, library / ".nightbuild")


@st.composite
def nights(draw: st.DrawFn, *, shared: bool) -> Told:
    """The ledger's lines by night; inbox names are used again in other nights, or never."""
    told: Told = {}
    for number, night in enumerate(NIGHTS):
        prefix = "" if shared else f"{number}/"
        names = st.sampled_from([f"{prefix}{name}" for name in NAMES])
        addresses = st.sampled_from(
            [
                stored(night),
                stored(night, "2.fits", "m 31"),
                stored(night, "3.fits", "NGC 7000"),
                f"{RIG}/00_Frames/DATE_{night}/_witness/log.csv",
                f"_Calibration/ZWO ASI2600MM Pro/DATE_{night}/DARK/EXP_300.00/{number}.fits",
            ]
        )
        whens = st.integers(0, 50).map(at)
        looks = {"inbox": st.just("_Inbox"), "original": names, "size": st.integers(1, 3)}
        looks["mtime_ns"] = st.integers(1, 2)
        hashes = st.sampled_from(["aa", "bb"])
        one = st.one_of(
            st.builds(Received, when=whens, stored=addresses, stays=st.sampled_from(Stays), **looks),
            st.builds(Adopted, when=whens, stored=addresses, size=st.just(1), mtime_ns=st.just(1)),
            st.builds(Duplicate, when=whens, of=addresses, sha256=hashes, **looks),
            st.builds(Hashed, when=whens, stored=addresses, sha256=hashes),
            st.builds(Retired, when=whens, inbox=st.just("_Inbox"), original=names, stored=addresses),
            st.builds(Purged, when=whens, stored=addresses, size=st.just(1), sha256=hashes, why=st.just("")),
            st.builds(Restored, when=whens, stored=addresses),
            st.builds(Unpacked, when=whens, sha256=hashes, members=st.just(1), **looks),
        )
        told[night] = draw(st.lists(one, max_size=12))
    return told


def whole(told: Told) -> Ledger:
    return folded([entry for _, entries in sorted(told.items()) for entry in entries])


def held_names(known: Ledger) -> int:
    here = {(fact.inbox, fact.original) for fact in known.stored.values()} | set(known.duplicates)
    return sum(
        inbox == "_Inbox" and "!/" not in name and (inbox, name) not in known.retired for inbox, name in here
    )


@given(nights(shared=False))
@settings(max_examples=examples(40), deadline=None)
def test_the_outline_says_what_the_whole_ledger_says(told: Told) -> None:
    known, drawn = whole(told), outline_of(told)
    assert drawn.held_homes() == held_homes(known)
    assert drawn.held_names("_Inbox") == held_names(known)
    assert drawn.target_folders() == target_folders(known.stored)
    assert set(drawn.lying()) == lying_of(known.stored.values())


@given(nights(shared=False), st.lists(st.sampled_from(list(Fate)), min_size=3, max_size=3))
@settings(max_examples=examples(40), deadline=None)
def test_the_balance_is_the_same_by_outline_and_by_ledger(told: Told, fates: list[Fate]) -> None:
    here = [f"{number}/{name}" for number, name in enumerate(["1.fits", "a/2.fits", "new.fits"])]
    arrivals = tuple(
        Arrival(found=Found("_Inbox", name, 1, 1, Sort.FRAME), fate=fate)
        for name, fate in zip(here, fates, strict=True)
    )
    survey = Survey(arrivals=arrivals)
    sums = weigh(survey, outline_of(told).remembered(), lambda origin: key_of(*origin))
    assert sums == balance(survey, whole(told))


@given(nights(shared=True), st.sampled_from(NAMES))
@settings(max_examples=examples(50), deadline=None)
def test_the_journals_that_speak_of_a_name_say_all_that_is_said_of_it(told: Told, name: str) -> None:
    spoken = outline_of(told).speaking_of([("_Inbox", name)])
    near = whole({night: entries for night, entries in told.items() if ledger_file(RIG, night) in spoken})
    known, origin = whole(told), ("_Inbox", name)
    assert near.of_origin(*origin) == known.of_origin(*origin)
    for field in ("duplicates", "looks", "compared", "retired", "given_up", "unpacked"):
        assert getattr(near, field).get(origin) == getattr(known, field).get(origin)
    for size in (1, 2, 3):
        for mtime_ns in (1, 2):
            assert near.holds(origin, size, mtime_ns) == known.holds(origin, size, mtime_ns)
            assert near.twin_of(origin, size, mtime_ns) == known.twin_of(origin, size, mtime_ns)


def test_a_name_used_again_in_a_later_night_lies_in_the_inbox_again() -> None:
    first, second = NIGHTS[0], NIGHTS[1]
    went: list[LedgerEntry] = [received(first, minute=1), retired(first, minute=2)]
    again = outline_of({first: went, second: [received(second, minute=3)]})
    assert again.held_names("_Inbox") == 1
    went_too: list[LedgerEntry] = [received(second, minute=3), retired(second, minute=4)]
    assert outline_of({first: went, second: went_too}).held_names("_Inbox") == 0
    earlier = outline_of({first: [received(first, minute=3)], second: [*went_too, retired(second, minute=5)]})
    assert earlier.held_names("_Inbox") == 0, "the later word counts, whichever night it was filed under"


def test_what_a_night_ever_received_only_grows() -> None:
    night = NIGHTS[0]
    first = [received(night, size=10)]
    anew = [*first, received(night, size=11)]  # the stored frame was missing, and came again
    found = Duplicate(
        when=at(5), inbox="_Inbox", original="b.fits", size=7, mtime_ns=8, sha256="aa", of=stored(night)
    )
    marks = outline_of({night: [*anew, found]}).nights[RIG, night]
    looks = [("1.fits", 10, 5), ("1.fits", 11, 5), ("b.fits", 7, 8)]
    assert list(marks) == sorted(mark_of("_Inbox", *look) for look in looks)


def test_witnesses_and_members_of_archives_are_no_news_of_a_night_though_members_make_it_one() -> None:
    night = NIGHTS[0]
    home = f"{RIG}/00_Frames/DATE_{night}/_witness/log.csv"
    told: list[LedgerEntry] = [
        received(night, "a.zip!/1.fits"),
        Received(
            when=at(0),
            inbox="_Inbox",
            original="log.csv",
            stored=home,
            size=1,
            mtime_ns=1,
            stays=Stays.WITNESS,
        ),
    ]
    (marks,) = outline_of({night: told}).nights.values()
    assert list(marks) == []
    assert outline_of({night: told[1:]}).nights == {}


def test_only_a_changed_journal_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, NIGHTS[0], received(NIGHTS[0]))
    changed = write(tmp_path, NIGHTS[1], received(NIGHTS[1], "2.fits"))
    outline(tmp_path)
    write(tmp_path, NIGHTS[1], received(NIGHTS[1], "3.fits"))
    read: list[Path] = []
    parse = journals.read

    def note(path: Path) -> journals.Journal:
        read.append(path)
        return parse(path)

    monkeypatch.setattr(journals, "read", note)
    assert len(outline(tmp_path).nights[RIG, NIGHTS[1]]) == 2
    assert read == [changed]
    read.clear()
    outline(tmp_path)
    assert read == []


def test_a_journal_that_has_not_rested_is_read_in_every_run(tmp_path: Path) -> None:
    path = write(tmp_path, NIGHTS[0], received(NIGHTS[0]), rested=False)
    seen = path.stat()
    assert len(outline(tmp_path).nights[RIG, NIGHTS[0]]) == 1
    text = path.read_text(encoding="utf-8").replace("1.fits", "9.fits")  # as long as before, at the same time
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert outline(tmp_path).nights[RIG, NIGHTS[0]][0] == mark_of("_Inbox", "9.fits", 10, 5)


def test_a_journal_from_the_future_is_never_trusted(tmp_path: Path) -> None:
    path = write(tmp_path, NIGHTS[0], received(NIGHTS[0]))
    tomorrow = time.time() + 86_400
    os.utime(path, (tomorrow, tomorrow))
    outline(tmp_path)
    assert not (tmp_path / ".nightbuild" / FILE).exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: None,
        lambda data: data[:-40],
        lambda _: b"\xff\x00 no JSON",
        lambda data: data.replace(b'"keys":"', b'"keys":"zz'),
        lambda _: b'{"version":99}',
    ],
    ids=["gone", "cut", "junk", "edited", "another version"],
)
def test_a_lost_or_damaged_cache_costs_time_only(
    tmp_path: Path, damage: Callable[[bytes], bytes | None]
) -> None:
    write(tmp_path, NIGHTS[0], received(NIGHTS[0]), received(NIGHTS[0], "2.fits"))
    before = outline(tmp_path)
    cache = tmp_path / ".nightbuild" / FILE
    whole_cache = cache.read_bytes()
    damaged = damage(whole_cache)
    cache.unlink() if damaged is None else cache.write_bytes(damaged)
    assert outline(tmp_path) == before
    assert cache.read_bytes() == whole_cache


def test_a_torn_last_line_is_left_out_until_it_is_closed(tmp_path: Path) -> None:
    path = write(tmp_path, NIGHTS[0], received(NIGHTS[0]))
    with path.open("ab") as journal:
        journal.write(b'{"event":"received","inbox":"_In')
    os.utime(path, (1_600_000_000, 1_600_000_000))
    assert len(outline(tmp_path).nights[RIG, NIGHTS[0]]) == 1
    write(tmp_path, NIGHTS[0], received(NIGHTS[0], "2.fits"))
    assert len(outline(tmp_path).nights[RIG, NIGHTS[0]]) == 2


def test_a_journal_that_went_is_forgotten(tmp_path: Path) -> None:
    path = write(tmp_path, NIGHTS[0], received(NIGHTS[0]))
    write(tmp_path, NIGHTS[1], received(NIGHTS[1]))
    outline(tmp_path)
    path.unlink()
    assert list(outline(tmp_path).nights) == [(RIG, NIGHTS[1])]
    assert str(NIGHTS[0]).encode() not in (tmp_path / ".nightbuild" / FILE).read_bytes()


def test_nothing_is_written_when_nothing_is_to_be_remembered(tmp_path: Path) -> None:
    write(tmp_path, NIGHTS[0], received(NIGHTS[0]))
    known = read_outline(tmp_path, tmp_path / ".nightbuild", remember=False)
    assert known.held_homes() == {f"{RIG}/00_Frames": 1}
    assert not (tmp_path / ".nightbuild").exists()
    assert read_outline(tmp_path, None) == known


def test_journals_are_outlined_in_the_order_the_ledger_is_read_in(tmp_path: Path) -> None:
    for night in reversed(NIGHTS):
        write(tmp_path, night, received(night))
    ledger.write(tmp_path, None, None, [received(NIGHTS[0], address="elsewhere/1.fits")])
    paths = [path.relative_to(tmp_path).as_posix() for path in ledger.journal_files(tmp_path / "_Ledger")]
    assert list(outline(tmp_path).journals) == paths
    assert list(read_outline(tmp_path, None).journals) == paths


def test_numbers_are_packed_and_unpacked_alike() -> None:
    names = summarise([entry_record(received(NIGHTS[0]))]).names["_Inbox"]
    assert list(unpack(names.keys)) == [key_of("_Inbox", "1.fits")]


def test_lines_written_twice_are_summed_up_once() -> None:
    lines = [entry_record(received(NIGHTS[0], name, minute=at)) for at, name in enumerate(NAMES)]
    assert summarise([line for line in lines for _ in range(2)]) == summarise(lines)
    assert summarise([*lines, *lines]) == summarise(lines)
