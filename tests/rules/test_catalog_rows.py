"""Rows of the catalogue worked out of values: what is unknown is not there, and what was known once stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from pipeline.model.calibrated import CalibratedLight, CalibrationProgress
from pipeline.model.catalog import CalibrationRow, FrameRow, MasterRow, SetRow
from pipeline.model.frames import Frame, Kind
from pipeline.model.library import Configuration, TargetAlias
from pipeline.model.masters import Master
from pipeline.model.measures import Measured
from pipeline.model.records import About, Decision, StoredFact
from pipeline.model.rigs import Camera, Rig, Site
from pipeline.model.verdicts import Fate, Judgement, Reason, SetVerdict, State
from pipeline.rules.catalog_basis import heard_in, settings_basis
from pipeline.rules.catalog_masters import master_rows
from pipeline.rules.catalog_rows import NightNow, filled, frame_row
from pipeline.rules.catalog_told import Told, of_manifests, of_rows
from tests.factories import make_frame

NIGHT = date(2026, 1, 14)
HOME = "C8E/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L/a.fits"


def rig(name: str = "C8E@f10.0+ASI", **more: Any) -> Rig:
    return Rig(name=name, optic="C8E", focal_ratio=10.0, camera=Camera(name="ASI"), **more)


def correction(about: About, subject: str, **values: object) -> Decision:
    when = datetime(2026, 2, 1, tzinfo=UTC)
    return Decision(id="1", kind="correct", about=about, subject=subject, when=when, values=values)


def test_what_is_unknown_or_no_number_is_not_in_a_row() -> None:
    row = filled(
        FrameRow, {"a": None, "b": "", "c": float("nan"), "d": [], "e": {}, "f": 0, "g": 0.0, "h": False}
    )
    assert dict(row) == {"f": 0, "g": 0.0, "h": False}


def test_where_the_wheel_stood_is_told_of_flats_and_lights_but_of_no_dark_or_bias() -> None:
    fact = StoredFact(HOME, 10, 20, None, "_Inbox", "a.fits", "", "frame", "received")
    now = NightNow(night="2026-01-14", facts={HOME: fact}, links={}, states={HOME: State.ACCEPTED})
    told = {kind: frame_row(now, HOME, make_frame(kind=kind, filter="L"), Told(), {}) for kind in Kind}
    without = {kind for kind, row in told.items() if "filter" not in row}
    assert without == {Kind.DARK, Kind.BIAS, Kind.MASTER_DARK, Kind.MASTER_BIAS}


def test_manifests_and_the_rows_made_of_them_tell_the_same() -> None:
    reason = Reason(quantity="hfr", value=5.1, limit=4.6)
    verdict = SetVerdict(
        frames={"a": Judgement(fate=Fate.CULLED, reasons=(reason,)), "b": Judgement(fate=Fate.KEPT)},
        held=True,
    )
    measured = {
        "a": Measured(stored="a", size=1, mtime_ns=1, values={"hfr": 5.123456789, "stars": float("inf")})
    }
    lights = {"b": CalibratedLight(stored="b", target="20_Data/b_c.fits")}
    progress = CalibrationProgress(accepted=1, calibrated=1, score=91.234)
    told = of_manifests(Told(), measured, verdict, (lights, progress))
    frames = [
        FrameRow(
            stored="a", night="", kind="", state="", fate="culled", reasons=["HFR 5.1 px (NINA) > 4.6"],
            values={"hfr": 5.1235},
        ),
        FrameRow(stored="b", night="", kind="", state="", fate="kept", calibrated="20_Data/b_c.fits"),
    ]  # fmt: skip
    one = SetRow(id="s", owner="", night="", rig="", kind="", label="", frames=2, states={}, held=True)
    row = CalibrationRow(set="s", state="done", calibrated=1, withheld=0, failed=0, score=91.23)
    assert told == of_rows(frames, one, row)
    assert of_manifests(told, None, None, None) == told
    assert told.verdict is not None
    assert told.verdict.frames["a"].fate is Fate.CULLED
    assert Told().verdict is None


def test_only_settings_that_rows_tell_of_make_a_night_anew() -> None:
    plain = Configuration(rigs=(rig(), rig("Other")), stranger=rig("unnamed"))
    basis = settings_basis(plain, "C8E@f10.0+ASI")
    other = replace(plain, rigs=(rig(), rig("Other", focal_length_mm=500.0)))
    focal = replace(plain, rigs=(rig(focal_length_mm=2000.0), rig("Other")))
    named = replace(plain, targets=(TargetAlias(name="M31", aliases=("Andromeda",)),))
    site = replace(plain, library=replace(plain.library, sites=(Site(name="home", latitude=1, longitude=2),)))
    culled = replace(plain, rigs=(replace(rig(), cull=replace(rig().cull, pass1=None)), rig("Other")))
    assert settings_basis(culled, "C8E@f10.0+ASI") == basis
    assert settings_basis(replace(plain, rigs=(rig(),)), "C8E@f10.0+ASI") == basis
    found = {settings_basis(one, "C8E@f10.0+ASI") for one in (plain, focal, named, site)}
    assert len(found) == 4
    assert settings_basis(other, "ASI") != settings_basis(plain, "ASI")  # a camera may hang on any rig


def test_a_correction_is_heard_in_the_nights_it_may_speak_of() -> None:
    lying = [("_Inbox", "LIGHT/M31", "C8E/00_Frames/DATE_2026-01-14")]

    def heard(one: Decision, night: date = NIGHT) -> bool:
        return heard_in([one], "C8E", night, lying, {}) != ""

    assert heard(correction(About.FRAME, HOME, target="M31"))
    assert not heard(correction(About.FRAME, HOME), date(2026, 1, 15))
    assert heard(correction(About.SET, "C8E/00_Frames/DATE_2026-01-14/LIGHT"))
    assert heard(correction(About.INBOX, "_Inbox/LIGHT"))
    assert heard(correction(About.INBOX, "_Inbox/LIGHT/M31/a.fits"))
    assert not heard(correction(About.INBOX, "_Inbox/LIGHT/M33/a.fits"))
    assert heard(correction(About.NIGHT, "2026-01-15"))
    assert not heard(correction(About.NIGHT, "2026-03-15"))
    assert heard_in([], "C8E", NIGHT, lying, {"m31": "M31"}) == ""


def test_a_master_tells_who_chose_it_last_and_by_which_digest() -> None:
    frame = Frame(path="m", kind=Kind.MASTER_DARK, camera="ASI", exposure_s=300.0, night=NIGHT)
    master = Master(path="_Dark Library/m.fits", frame=frame, size=9, frames=20, sha256="of a cache")
    chosen = {"DARK": {"path": master.path, "sha256": "now"}}
    older = {"DARK": {"path": master.path, "sha256": "then"}}
    told = {"owner": "", "night": "", "rig": "", "kind": "LIGHT", "label": "", "frames": 1, "states": {}}
    sets: list[Any] = [
        {**told, "id": "b", "masters": chosen, "chosen": "2026-02-03T00:00:00Z"},
        {**told, "id": "a", "masters": older, "chosen": "2026-02-01T00:00:00Z"},
    ]
    (row,) = master_rows([master], sets)
    assert row == MasterRow(
        path=master.path, kind="MASTER DARK", state="good", label="dark 300 s", camera="ASI", exposure_s=300.0,
        night="2026-01-14", frames=20, sha256="now", size=9, sets=["a", "b"], last_chosen="2026-02-03",
    )  # fmt: skip
    (unused,) = master_rows([replace(master, superseded=True)], [])
    assert (unused["state"], "sha256" in unused, "sets" in unused) == ("superseded", False, False)
