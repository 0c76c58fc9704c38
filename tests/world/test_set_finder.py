"""A set is found by whatever a person calls it, from wherever they stand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.model.errors import UserError
from pipeline.model.jobs import Work
from pipeline.stages import renamed
from pipeline.world.library import open_library
from pipeline.world.set_finder import find_sets, open_sets
from pipeline.world.survey import see
from tests.small_library import C8E, bare_library, shoot

M31 = f"{C8E}/M31/DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00"
M42 = f"{C8E}/M42/DATE_2026-01-15/FILTER_H_EXP_300.00_SETTEMP_-10.00"
GAIN = f"{M31}~2"
_DAY = 24 * 12


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Three sets: two nights, two targets, two gains in one folder."""
    living = bare_library(tmp_path_factory.mktemp("sets") / "library")
    for number in (1, 2):
        shoot(living, f"{number}.fits", number)
    shoot(living, "3.fits", 3, GAIN=0)
    shoot(living, "4.fits", 4 + _DAY, OBJECT="M42", FILTER="Ha")
    seen = see(open_library(living.root, {}))
    for job in renamed.plan(seen.survey.arrivals, seen.outline.nights):
        renamed.store_night(Work(living.root), **job.arguments)
    return living


@pytest.fixture(scope="module")
def opened(library):
    return open_library(library.root, {})


def names(opened, *words, standing=None, **asked):
    return [one.id for _, one in find_sets(opened, words, standing or opened.root, **asked)]


def test_every_set_of_every_night_is_walked(opened):
    found = list(open_sets(opened))
    assert [one.id for _, one in found] == [M31, GAIN, M42]
    assert [book.night for book, _ in found] == [date(2026, 1, 14)] * 2 + [date(2026, 1, 15)]
    assert [one.id for _, one in open_sets(opened, frozenset({date(2026, 1, 15)}))] == [M42]


def test_a_name_means_that_set_alone_though_another_shares_its_folder(opened):
    assert names(opened, M31) == [M31]
    assert names(opened, GAIN) == [GAIN]


@pytest.mark.parametrize("stage", ["10_Blink", "20_Data", "00_Frames"])
def test_a_folder_of_any_stage_means_the_sets_seen_in_it(opened, stage):
    _, m42 = find_sets(opened, [M42], opened.root)[0]
    folder = {
        "10_Blink": m42.blink,
        "20_Data": m42.data,
        "00_Frames": m42.members[0].stored.rpartition("/")[0],
    }
    assert names(opened, folder[stage]) == [M42]
    assert names(opened, folder[stage].replace("/", "\\") + "\\") == [M42]
    assert names(opened, str(opened.root / folder[stage]), standing=Path("/")) == [M42]
    assert names(opened, m42.reject) == [M42]


def test_a_folder_above_means_all_sets_below_it(opened):
    assert names(opened, f"{C8E}/10_Blink/M31") == [M31, GAIN]
    assert names(opened, f"{C8E}/10_Blink/m31/") == [M31, GAIN]
    assert names(opened, f"_Reject/{C8E}") == [M31, GAIN, M42]
    assert names(opened, f"{C8E}/M4*") == [M42]


def test_words_are_read_from_where_the_person_stands(opened):
    standing = opened.root / C8E / "10_Blink"
    assert names(opened, "M42", standing=standing) == [M42]
    assert names(opened, ".", standing=opened.root / C8E / "10_Blink" / "M42") == [M42]


def test_a_file_means_its_own_set(opened):
    (_, second), *_ = find_sets(opened, [GAIN], opened.root)
    member = second.members[0]
    assert names(opened, member.stored) == [GAIN]
    assert names(opened, f"{second.blink}/{member.name}") == [GAIN]
    assert names(opened, f"{second.blink}/bad/anything.fits") == [M31, GAIN]


def test_rig_night_and_target_choose_among_all_or_among_the_named(opened):
    assert names(opened, night="2026-01-14") == [M31, GAIN]
    assert names(opened, night="2026-01-14..2026-01-15", target="m42") == [M42]
    assert names(opened, night="..2026-01-14", rig=C8E.replace("f10.0", "f10")) == [M31, GAIN]
    assert names(opened, night="2026-01-15..") == [M42]
    assert names(opened, C8E, target="M31") == [M31, GAIN]
    assert names(opened) == [M31, GAIN, M42]


def test_what_means_nothing_is_answered_with_what_is_near(opened):
    with pytest.raises(UserError, match=r'did you mean ".*M31/DATE_2026-01-14'):
        names(opened, M31.replace("FILTER_L", "FILTER_G"))
    with pytest.raises(UserError, match=r"is no set of this library\. Type a set's folder"):
        names(opened, "nothing")
    with pytest.raises(UserError, match="No set of the rig 'X' here; there are C8E"):
        names(opened, rig="X")
    with pytest.raises(UserError, match=r'No set of the rig .C9E@f10.* here; did you mean "C8E'):
        names(opened, rig="C9E@f10.0+ZWO ASI2600MM")
    with pytest.raises(UserError, match=r"No set of night 2026-02-01 and target M31\."):
        names(opened, night="2026-02-01", target="M31")
    with pytest.raises(UserError, match="expected a date such as"):
        names(opened, night="yesterday")
    with pytest.raises(UserError, match="the last night lies before the first"):
        names(opened, night="2026-01-15..2026-01-14")


def test_a_night_a_person_corrected_is_found_by_what_they_said(library):
    decision = library.command("correct", f"{C8E}/00_Frames/DATE_2026-01-15", "night=2026-01-20")
    opened = open_library(library.root, {})
    moved = f"{M42.replace('2026-01-15', '2026-01-20')}~of 2026-01-15"
    try:
        assert names(opened, night="2026-01-20") == [moved]
        assert names(opened, f"{C8E}/10_Blink/M42/DATE_2026-01-20") == [moved]
    finally:
        library.command("correct", decision.data["decision"], "--undo")
