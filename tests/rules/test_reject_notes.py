"""The note in _Reject names each frame and why it lies there."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.verdicts import Fate, Judgement, Reason, SetVerdict, State
from pipeline.rules.own_files import is_own_name
from pipeline.rules.positions import Place
from pipeline.rules.reject_notes import SIGN, WHY, is_why, why_line, why_name, why_text
from pipeline.rules.standings import Standing
from tests.rules.set_values import make_set, member

HFR = Reason(quantity="hfr", value=5.1, limit=4.6)
RMS = Reason(quantity="rms_arcsec", value=2.3, limit=2.0)


def test_a_culled_frame_is_named_with_every_value_and_limit():
    verdict = SetVerdict(frames={member(0).stored: Judgement(fate=Fate.CULLED, reasons=(HFR, RMS))})
    told = Standing(state=State.CULLED, place=Place.REJECT)
    line = why_line(member(0).stored, told, verdict)
    assert line == "culled: HFR 5.1 px (NINA) > 4.6, RMS 2.3″ (NINA) > 2.0"
    assert why_line(member(0).stored, told, None) == "culled"


def test_a_frame_rejected_by_eye_is_blinked_away():
    told = Standing(state=State.REJECTED, place=Place.REJECT, why="moved into bad/")
    assert why_line("x", told, None) == "blinked away: moved into bad/"
    assert why_line("x", replace(told, why=""), None) == "blinked away"


def test_the_note_is_ours_by_its_first_line_and_sorted_by_name():
    text = why_text({"b.fits": "culled", "a.fits": "blinked away"})
    assert text.startswith(SIGN)
    assert text.index("a.fits  blinked away") < text.index("b.fits  culled")


def test_sets_of_two_nights_in_one_folder_have_a_note_each():
    one = make_set()
    other = replace(one, id=f"{one.id}~of 2026-01-20")
    assert why_name(one) == WHY
    assert why_name(other) != WHY
    assert is_why(why_name(one))
    assert is_why(why_name(other))
    assert not is_why("why not.txt")


def test_files_of_the_persons_own_are_neither_markers_nor_verdicts_nor_litter():
    own = ["notes.txt", "x_a.xisf", "drizzle/1.fits", "M31.png"]
    ours = [
        "BLINKED",
        "blinked (1).txt",
        WHY,
        "verdict_M31_0123.json",
        "Thumbs.db",
        "@eaDir/x.fits",
        ".keep",
        "x.part",
    ]
    assert [name for name in (*own, *ours) if is_own_name(name)] == own
