"""The page of the backup says what only the library has, how large all is, and what it costs."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.backup import Kept, Receipt
from pipeline.model.library import Configuration, Library
from pipeline.rules.backup_coverage import (
    NightCoverage,
    Share,
    by_kind,
    cover,
    coverage_record,
    lost_words,
    read_coverage,
)
from pipeline.rules.backup_held import PackSum, held_in
from pipeline.rules.backup_packs import receipt_bytes
from pipeline.rules.ledger import fold
from pipeline.rules.report_backup import PAGE, Backed, backup_link, backup_page, build_backup
from tests.held_library import SETTINGS, member, pack
from tests.rules.report_rows import GROUND

RIG, CAMERA = "C8E@f10.0+ASI", "ASI"
LIGHTS = PackSum("packs/a/lights-1.tar", "lights", "DEEP_ARCHIVE", 8, 8_000_000_000, 3_000_000_000)
MASTERS = PackSum(
    "packs/_shelves/masters/masters-1.tar", "masters", "STANDARD", 2, 1_000_000_000, 500_000_000
)
WHOLE = NightCoverage(
    owner=RIG, night="2026-01-14", kinds={"lights": Share(8, 8_000, 8, 8_000)}, packs=(LIGHTS,)
)
HALF = NightCoverage(
    owner=CAMERA,
    night="2026-01-15",
    kinds={"raw_calibration": Share(20, 2_000_000_000, 0, 0), "lights": Share(4, 4, 3, 3)},
)
ALL = Backed(
    place="the bucket nights",
    nights=(WHOLE, HALF),
    masters=Share(2, 10, 2, 10),
    shelves=(MASTERS,),
    verified={LIGHTS.key: "2026-02-01T09:12:00+00:00"},
    months={"DEEP_ARCHIVE": 0.82, "STANDARD": 0.01},
    prices="Amazon's list of 2026-01-01",
    currency="USD",
)


def words(rows):
    return [[cell.text for cell in row] for row in rows]


def test_what_only_the_library_has_is_said_first_with_its_kinds():
    page = build_backup(ALL)
    assert page.lead == "11 of 32 frames are in the bucket nights, in 2 packs."
    assert page.lost == "Would be lost tonight: 21 frames, 2.00 GB: lights 1, raw calibration 20."
    assert words(page.lacking) == [["2026-01-15", "ASI", "24", "21", "0"]]
    assert words(page.coverage)[-1] == ["the libraries", "masters", "2", "2", "–", "–"]


def test_sizes_classes_and_the_cost_of_a_month():
    page = build_backup(ALL)
    assert words(page.sizes)[0] == ["lights", "8", "8.00 GB", "3.00 GB", "38 %"]
    assert words(page.sizes)[-1] == ["together", "10", "9.00 GB", "3.50 GB", "39 %"]
    assert words(page.classes) == [
        ["DEEP_ARCHIVE", "1", "3.00 GB", "0.82 USD"],
        ["STANDARD", "1", "500 MB", "0.01 USD"],
    ]
    assert page.cost.startswith("0.83 USD a month for what is kept now, by Amazon's list of 2026-01-01.")


def test_a_service_without_prices_is_said_to_have_none():
    page = build_backup(replace(ALL, months={}, prices="", currency=""))
    assert words(page.classes)[0][-1] == "not known"
    assert "No price list is known" in page.cost


def test_what_was_never_read_back_is_counted_and_what_waited_longest_is_dated():
    read, never = build_backup(ALL).verified
    assert (
        read
        == "1 of 2 packs was read back and found whole; the one that has waited longest on 2026-02-01, 09:12 UTC."
    )
    assert never == "1 pack was never read back."
    (never,) = build_backup(replace(ALL, verified={})).verified
    assert "the oldest is of the night of 2026-01-14, C8E" in never


def test_an_empty_backup_and_a_whole_one():
    nothing = build_backup(Backed(place="the bucket nights", nights=()))
    assert nothing.lead == "Nothing is in the bucket nights yet: `doit backup` sends it."
    whole = build_backup(replace(ALL, nights=(WHOLE,)))
    assert whole.lost == "" and whole.lacking == ()
    masters = build_backup(replace(ALL, nights=(WHOLE,), masters=Share(3, 30, 2, 20)))
    assert masters.lost == "Would be lost tonight: 1 frame, 10 bytes: masters 1."
    assert "2 packs were found damaged" in build_backup(replace(ALL, broken=2)).broken


def test_the_page_changes_with_what_it_tells_and_with_nothing_else():
    assert backup_page(ALL).path == PAGE
    same = replace(ALL, verified={**ALL.verified, "a pack that is gone": "2026-01-01T00:00:00+00:00"})
    assert backup_page(same).made_from == backup_page(ALL).made_from
    assert backup_page(replace(ALL, broken=1)).made_from != backup_page(ALL).made_from


def test_the_overview_leads_there_only_where_something_is_backed_up():
    assert backup_link(GROUND) is None
    told = Configuration(library=Library(backup=SETTINGS), stranger=GROUND.configuration.stranger)
    assert backup_link(replace(GROUND, configuration=told)).path == PAGE


def test_a_night_is_counted_by_kind_logs_apart():
    home = "C8E/00_Frames/DATE_2026-01-14"
    names = {
        f"{home}/LIGHT/M31/S/a.fits": "a",
        f"{home}/LIGHT/M31/S/b.fits": "b",
        f"{home}/FLAT/S/f.fits": "c",
    }
    record = {
        "event": "received",
        "inbox": "_Inbox",
        "size": 10,
        "mtime_ns": 5,
        "when": "2026-01-15T00:00:00Z",
    }
    told = [record | {"stored": path, "original": path, "sha256": one * 64} for path, one in names.items()]
    log = record | {
        "stored": f"{home}/_witness/x.txt",
        "original": "x",
        "sha256": "d" * 64,
        "stays": "witness",
    }
    one = pack("C8E/DATE_2026-01-14", Kept.LIGHTS, [member(next(iter(names)), "a" * 64)])
    receipt = receipt_bytes(Receipt(home="C8E/DATE_2026-01-14", packs=(one,)))
    found = cover("C8E", "2026-01-14", fold([*told, log]), held_in(receipt, SETTINGS))
    assert found.kinds == {"lights": Share(2, 20, 1, 10), "raw_calibration": Share(1, 10, 0, 0)}
    assert read_coverage(coverage_record(found)) == found
    assert (
        lost_words(by_kind([found]))
        == "would be lost tonight: 2 frames, 20 bytes: lights 1, raw calibration 1"
    )
