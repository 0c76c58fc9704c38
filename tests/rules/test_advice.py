"""Spellings that look like one target are proposed, never joined."""

from __future__ import annotations

from pipeline.model.library import TargetAlias
from pipeline.model.survey import Arrival, Fate, Found, Sort
from pipeline.rules.advice import advice
from tests.factories import make_frame


def arrival(target: str, ra_deg: float, dec_deg: float) -> Arrival:
    found = Found("_Inbox", f"{target}.fits", 1, 1, Sort.FRAME)
    return Arrival(
        found=found,
        fate=Fate.STORE,
        frame=make_frame(target=target, panel="", ra_deg=ra_deg, dec_deg=dec_deg),
    )


def test_two_spellings_of_one_designation_are_proposed() -> None:
    (said,) = advice({"m31": "M31", "messier 31": "Messier 31", "ngc 7000": "NGC 7000"}, (), (), ())
    assert "M31" in said
    assert "Messier 31" in said
    assert "targets.toml" in said


def test_two_names_for_one_place_in_the_sky_are_proposed() -> None:
    said = advice(
        {},
        (arrival("Andromeda", 10.68, 41.27), arrival("M31", 10.7, 41.3), arrival("M33", 23.46, 30.66)),
        (),
        (),
    )
    assert len(said) == 1


def test_what_is_joined_already_is_not_said_again() -> None:
    joined = TargetAlias(name="M31", aliases=("Messier 31",))
    assert advice({"m31": "M31", "messier 31": "Messier 31"}, (), (joined,), ()) == []


def test_what_the_settings_warn_of_is_shown() -> None:
    assert advice({}, (), (), ("paths would be long",)) == ["paths would be long"]
