"""`doit cull --try`: what a limit would have done to past nights, in a table and on a page; nothing is changed."""

from __future__ import annotations

import re
import shutil

import pytest

from pipeline.model.errors import UserError
from tests.culled_library import RIG, make_nights
from tests.small_library import said
from tests.stages.night_library import outside_caches


@pytest.fixture
def nights(tmp_path):
    """Two judged nights."""
    nights = make_nights(tmp_path / "library", 2.0, 2.1, 2.2, 4.3)
    nights.shoot(2.0, 5.0, 2.2, 2.4, day=1)
    nights.cull()
    return nights


def try_out(nights, *words, folder=None):
    return nights.living.command("cull", "--try", *words, folder=folder)


def test_past_nights_are_held_against_a_limit(nights):
    answer = try_out(nights, "--hfr", "4.2")
    rows = list(answer.rows)
    assert [(row["night"], row["go now"], row["go then"]) for row in rows] == [
        ("2026-01-14", "0", "1"),
        ("2026-01-15", "1", "1"),
    ]
    assert "2 sets, 8 frames: 1 go by the limits in force, 2 (25.0 %) by those tried." in said(answer)
    assert answer.sentences == (
        "In force  hfr 4.6, rms_arcsec 2.0; asks from 30 % on",
        "Tried     hfr 4.2, rms_arcsec 2.0; asks from 30 % on",
    )


def test_nights_rig_and_filter_choose(nights):
    assert (
        len(try_out(nights, "--hfr", "4", "--night", "2026-01-15..2026-01-20", "--rig", RIG).data["sets"])
        == 1
    )
    assert len(try_out(nights, "--hfr", "4", "--filter", "l").data["sets"]) == 2
    with pytest.raises(UserError, match="No set of the filter 'Ha' there"):
        try_out(nights, "--hfr", "4", "--filter", "Ha")


def test_every_quantity_of_a_limit_may_be_typed(nights):
    answer = try_out(
        nights, "--stars-measured", "0.6x", "--trail", "--rms-arcsec", "none", "--auto", "always"
    )
    assert answer.data["tried"] == "hfr 4.6, stars_measured 0.6 x the set's median, trail rejects; never asks"
    assert try_out(nights, "--pass", "2", "--hfr", "6").data["tried"] == "hfr 6.0; never asks"


def test_what_is_no_limit_is_refused(nights):
    with pytest.raises(UserError, match="--try which limits"):
        try_out(nights)
    with pytest.raises(UserError, match="expected a share from 0 to 100, or always"):
        try_out(nights, "--auto", "101")


def test_sets_that_were_never_measured_are_judged_by_their_names(nights):
    shutil.rmtree(nights.root / ".nightbuild")
    answer = try_out(nights, "--hfr", "4.2")
    assert [one["leaves"] != [] for one in answer.data["sets"]] == [True, False]
    assert "2 sets not measured here" in said(answer)


def test_the_page_needs_nothing_but_itself(nights):
    nights.shoot(5.0, day=3, OBJECT="<script>alert(1)</script>")
    before = outside_caches(nights.root)
    done = nights.living.doit("cull", "--try", "--hfr", "4.2", "--html")
    page = nights.root / "_Reports/cull_try.html"
    assert str(page) in done.stdout
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "HFR (px)" in text
    assert "would go" in text
    assert "<script>" not in text
    assert re.search(r"(?:src|href)=\"(?!data:)|url\(|@import|https?:", text) is None
    assert {path for path in outside_caches(nights.root) if path not in before} == {
        "_Reports",
        "_Reports/cull_try.html",
    }
    stamp = page.stat().st_mtime_ns
    try_out(nights, "--hfr", "4.2", "--html")
    assert page.stat().st_mtime_ns == stamp


def test_a_page_goes_where_it_is_put_but_never_over_another_file(nights, tmp_path):
    notes = tmp_path / "notes.html"
    notes.write_text("mine")
    with pytest.raises(UserError, match="is there and no page of a trial"):
        try_out(nights, "--hfr", "4", "--html", "notes.html", folder=tmp_path)
    for _ in range(2):
        try_out(nights, "--hfr", "4", "--html", "trial.html", folder=tmp_path)
    assert (tmp_path / "trial.html").stat().st_size < 20_000
    assert notes.read_text() == "mine"
