from __future__ import annotations

from pipeline.rules.master_coming import Coming, coming_line
from pipeline.rules.master_needs import Need, missing_lines

DARKS = "darks of 300 s at −10 °C"
WAITS = "1 set of 9 lights waits for them"


def need(rig: str, coming: Coming | None) -> Need:
    return Need(set=f"{rig}/M31/A", rig=rig, kind="DARK", shoot=DARKS, frames=9, coming=coming)


def test_held_master_is_a_persons_to_decide_about() -> None:
    line = coming_line(Coming(held="_Dark Library/A/held/m.fits"), DARKS, WAITS, "A/M31")
    assert line.what == f"Decide about the new master of the {DARKS}, which is held: {WAITS}"
    assert line.command == 'doit master "_Dark Library/A/held/m.fits" --ok'
    assert line.or_else.endswith("--reject")


def test_frames_in_several_sets_are_found_one_set_after_the_other() -> None:
    line = coming_line(
        Coming(have=20, wanted=10, eyes=12, folder="F", set="S", sets=3), DARKS, WAITS, "A/M31"
    )
    assert line.what == f"Look through the {DARKS} (12 wait in F and 2 sets more): {WAITS}"
    assert (line.where, line.command) == ("F", "doit blink S")


def test_frames_of_a_night_that_is_not_over_are_offered_later() -> None:
    line = coming_line(Coming(have=20, wanted=10, eyes=12), DARKS, WAITS, "A/M31")
    assert "are offered when their night is over" in line.what and line.command == "doit --now"


def test_what_only_needs_a_run_says_so() -> None:
    line = coming_line(Coming(have=20, wanted=10), DARKS, WAITS, "A/M31")
    assert line.what.startswith("The next `doit` makes the master of the darks")


def test_darks_of_one_camera_do_not_stand_for_anothers() -> None:
    lines = missing_lines([need("A", Coming(eyes=5, have=20, folder="F", set="S", sets=1)), need("B", None)])
    assert [line.what.partition(" darks")[0] for line in lines] == ["Look through the", "Shoot"]
