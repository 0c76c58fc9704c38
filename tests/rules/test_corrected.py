from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from pipeline.model.frames import Kind
from pipeline.model.records import About, Decision, StoredFact
from pipeline.model.survey import Found, Sort
from pipeline.rules.corrected import MTIME_NS, SIZE, heed, night_subject
from pipeline.rules.corrections import CORRECT, check_corrections
from pipeline.rules.decisions import UNDO, fold
from pipeline.rules.identity import Clues, Known
from pipeline.rules.ledger import Ledger
from pipeline.rules.records import moment_text
from tests.factories import make_frame, make_header, make_rig

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
SET = "C8E@f10.0+X/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L"
STORED = f"{SET}/a.fits"


def say(about, subject, *words, minute=0, **more):
    when = NOON + timedelta(minutes=minute)
    values = check_corrections(words) | more
    name = f"{about}-{subject}-{minute}"
    return Decision(id=name, kind=CORRECT, about=about, subject=subject, when=when, values=values)


def take_back(decision, minute):
    when = NOON + timedelta(minutes=minute)
    return Decision(
        id=f"undo{minute}",
        kind=UNDO,
        about=decision.about,
        subject=decision.subject,
        when=when,
        undoes=decision.id,
    )


def fact(stored=STORED, original="LIGHT/a.fits", *, minute=30, size=10, mtime_ns=5):
    when = moment_text(NOON + timedelta(minutes=minute))
    return StoredFact(stored, size, mtime_ns, None, "_Inbox", original, when, "frame", "received")


def found(original="LIGHT/a.fits", size=10, mtime_ns=5):
    return Found("_Inbox", original, size, mtime_ns, Sort.FRAME)


def heeded(*decisions, facts=()):
    return heed(fold([[one] for one in decisions]), Ledger(stored={one.stored: one for one in facts}))


def test_nothing_is_heard_in_a_library_nobody_corrected():
    corrections = heeded()
    assert corrections.of_stored(fact()) is None
    assert corrections.of_found(found()) is None
    assert corrections.of_night(make_frame()) is None


def test_the_file_outranks_its_set_and_that_the_night_whenever_they_were_said():
    corrections = heeded(
        say(About.FRAME, STORED, "target=file"),
        say(About.SET, SET, "target=set", "filter=set", minute=1),
        say(About.SET, SET.rpartition("/")[0], "filter=above", "panel=7", minute=2),
        say(About.NIGHT, "2026-01-14", "target=night", "panel=8", "exposure=9", minute=3),
    )
    near = corrections.of_stored(fact())
    assert (near.target, near.filter, near.panel) == ("file", "set", "7")
    frame = corrections.identify(
        Clues(path=STORED, original="LIGHT/a.fits", header=make_header(), corrections=near), Known()
    )
    assert (frame.target, frame.panel, frame.exposure_s) == ("file", "7", 9.0)
    assert frame.sources["exposure_s"] == "correction of the night"
    assert frame.sources["filter"] == "correction of the set"


def test_a_rigs_night_outranks_the_night_of_all():
    frame = make_frame()
    corrections = heeded(
        say(About.NIGHT, night_subject(date(2026, 1, 14), frame.rig), "target=rig"),
        say(About.NIGHT, night_subject(date(2026, 1, 14), "c8e@f10+zwo asi2600mm pro"), "filter=R", minute=1),
        say(About.NIGHT, "2026-01-14", "target=all", minute=2),
        say(About.NIGHT, night_subject(date(2026, 1, 14), "SQA55@f5.3+X"), "target=other", minute=3),
    )
    said = corrections.of_night(frame)
    assert (said.target, said.filter) == ("rig", "R")
    assert corrections.of_night(make_frame(night=date(2026, 1, 15))) is None
    assert corrections.of_night(make_frame(kind=Kind.DARK, night=date(2026, 1, 14))) is None


def test_the_later_word_on_one_file_holds_by_whichever_name_it_was_said():
    corrections = heeded(
        say(About.INBOX, "_Inbox/LIGHT/a.fits", "target=first", "filter=L", size=10, mtime_ns=5),
        say(About.FRAME, STORED, "target=second", minute=40),
        facts=[fact()],
    )
    said = corrections.of_stored(fact())
    assert (said.target, said.filter) == ("second", "L")


def test_what_was_said_in_the_inbox_is_heard_by_the_stored_frame():
    decision = say(About.INBOX, "_Inbox/LIGHT/a.fits", "target=M33", **{SIZE: 10, MTIME_NS: 5})
    assert heeded(decision).of_found(found()).target == "M33"
    assert heeded(decision, facts=[fact()]).of_stored(fact()).target == "M33"


def test_a_later_file_of_the_same_name_hears_nothing_of_it():
    decision = say(About.INBOX, "_Inbox/LIGHT/a.fits", "target=M33", **{SIZE: 10, MTIME_NS: 5})
    corrections = heeded(decision, facts=[fact()])
    assert corrections.of_found(found(mtime_ns=77)) is None
    again = fact(SET + "/b.fits", minute=50, mtime_ns=77)
    both = heeded(decision, facts=[fact(), again])
    assert both.of_stored(again) is None
    assert both.of_stored(fact()).target == "M33"


def test_a_file_copied_anew_before_it_was_stored_is_still_meant():
    decision = say(About.INBOX, "_Inbox/LIGHT/a.fits", "target=M33", **{SIZE: 10, MTIME_NS: 5})
    assert heeded(decision).of_found(found(mtime_ns=77)).target == "M33"
    anew = fact(mtime_ns=77)
    assert heeded(decision, facts=[anew]).of_stored(anew).target == "M33"


def test_a_folder_of_an_inbox_speaks_for_all_below_it_also_once_stored():
    corrections = heeded(say(About.INBOX, "_Inbox/LIGHT", "target=M33"), facts=[fact()])
    assert corrections.of_found(found("LIGHT/deep/x.fits")).target == "M33"
    assert corrections.of_found(found("LIGHTS/x.fits")) is None
    assert corrections.of_stored(fact()).target == "M33"


def test_an_undo_of_an_undo_is_heard():
    decision = say(About.FRAME, STORED, "target=M33")
    undo = take_back(decision, 1)
    assert heeded(decision, undo).of_stored(fact()) is None
    assert heeded(decision, undo, take_back(undo, 2)).of_stored(fact()).target == "M33"


def test_a_decision_nobody_understands_is_noted_and_the_rest_heard():
    broken = say(About.FRAME, STORED, "target=M33", exposure="soon")
    corrections = heeded(broken)
    assert corrections.of_stored(fact()).target == "M33"
    assert "exposure not understood" in corrections.notes[0].text


def test_a_rig_that_a_person_named_is_it_whatever_the_serial_number_says():
    own = make_rig()
    known = Known(rigs=[make_rig(camera=type(own.camera)(name=own.camera.name, ids=("1",)))])
    header = make_header(CAMERAID="2")
    assert heeded().identify(Clues(path="LIGHT/x.fits", header=header), known).rig_known is False
    said = heeded(say(About.FRAME, STORED, f"rig={own.name}")).of_stored(fact())
    assert (
        heeded().identify(Clues(path="LIGHT/x.fits", header=header, corrections=said), known).rig_known
        is True
    )


def test_a_corrected_night_is_no_disagreement():
    said = heeded(say(About.FRAME, STORED, "night=2026-01-20")).of_stored(fact())
    frame = heeded().identify(Clues(path="LIGHT/x.fits", header=make_header(), corrections=said), Known())
    assert frame.night == date(2026, 1, 20)
    assert not frame.has("night-disagrees")
