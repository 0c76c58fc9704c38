from __future__ import annotations

import pytest

from pipeline.model.frames import Kind
from pipeline.world.looking import look_at_set
from pipeline.world.master_shelf import read_shelf
from pipeline.world.set_masters import match_set, night_filters
from tests.commands.shelf import BIASES, DARKS, lay, lay_flat
from tests.stages.view_library import make_views


@pytest.fixture
def views(tmp_path):
    """One set of M31 in L, of a rig that takes flats up to nine nights away."""
    made = make_views(tmp_path / "library", frames=1)
    made.rig("[matching]\nflat_max_nights = 9\n")
    return made


def found(views, kind=Kind.LIGHT):
    book = views.book()
    now = next(look_at_set(book, one) for one in book.sets if one.kind is kind)
    return match_set(now, read_shelf(book.library))


def flat_of(views):
    master = found(views).master(Kind.FLAT)
    return master.path if master is not None else None


def test_flats_of_another_night_must_hold_the_filters_of_all_the_nights_lights(views):
    near, far = lay_flat(views.root, "2026-01-12"), lay_flat(views.root, "2026-01-08")
    assert flat_of(views) == near
    views.shoot(30, FILTER="R")
    (now,) = (look_at_set(views.book(), one) for one in views.book().sets if "FILTER_R" in one.id)
    assert set().union(*night_filters(now).values()) == {"L", "R"}
    assert flat_of(views) is None
    lay_flat(views.root, "2026-01-08", "masterFlat_FILTER_R.fits", FILTER="R")
    assert flat_of(views) == far


def test_a_jump_of_the_focal_length_among_the_flats_parts_the_nights(views):
    lay_flat(views.root, "2026-01-09")
    assert flat_of(views) is not None
    lay_flat(views.root, "2026-01-11", FOCALLEN=1280.0)
    assert flat_of(views) is None
    reasons = [one.reasons for one in found(views).matches[Kind.FLAT].candidates]
    assert ("the rig was changed on 2026-01-14 (focal length 2032 mm, before 1280 mm)",) in reasons


def test_sets_of_flats_are_matched_with_what_is_taken_from_them(views):
    views.shoot(40, IMAGETYP="FLAT", EXPOSURE=2.0, EXPTIME=2.0)
    bias = lay(views.root, f"{BIASES}/masterBias.fits", "Bias", "2026-01-02", EXPOSURE=0.0, EXPTIME=0.0)
    assert found(views, Kind.FLAT).master(Kind.BIAS).path == bias
    dark = lay(
        views.root, f"{DARKS}/masterFlatDark.fits", "FlatDark", "2026-01-02", EXPOSURE=2.0, EXPTIME=2.0
    )
    assert found(views, Kind.FLAT).master(Kind.FLATDARK).path == dark
