from __future__ import annotations

from datetime import date

from pipeline.model.frames import Kind
from pipeline.model.masters import Change
from pipeline.model.records import About, Decision
from pipeline.rules.decisions import UNDO, fold
from pipeline.rules.pins import CHANGED, PIN, changes_of, mark_of, pins_of
from tests.rules.set_values import RIG, at, make_set


def said(*told):
    lines = [
        Decision(
            id=str(minute),
            kind=kind,
            about=about,
            subject=subject,
            when=at(minute),
            values=values,
            undoes=undoes,
        )
        for minute, (kind, about, subject, values, undoes) in enumerate(told)
    ]
    return fold([lines])


def pin(kind, master, **more):
    return PIN, About.SET, make_set().id, {"kind": kind, "master": master, **more}, None


def changed(night, rig=RIG):
    return CHANGED, About.RIG, rig, {"night": night}, None


def test_the_latest_pin_of_a_kind_holds():
    told = said(pin("DARK", "a"), pin("FLAT", "b"), pin("DARK", "c", sha256="ff"))
    found = pins_of(make_set(), told)
    assert {kind: (one.path, one.sha256) for kind, one in found.items()} == {
        Kind.DARK: ("c", "ff"),
        Kind.FLAT: ("b", ""),
    }


def test_a_pin_taken_back_leaves_the_one_before():
    told = said(pin("DARK", "a"), pin("DARK", "b"), (UNDO, About.SET, make_set().id, {}, "1"))
    assert pins_of(make_set(), told)[Kind.DARK].path == "a"


def test_a_pin_that_says_no_master_is_none():
    assert pins_of(make_set(), said(pin("LIGHT", "a"), pin("DARK", None), pin([], "a"))) == {}


def test_a_rig_changed_on_the_nights_a_person_said():
    told = said(changed("2026-01-20"), changed("2026-01-14", "c8e@f10+zwo asi2600mm pro"), changed("soon"))
    assert changes_of(RIG, told) == (
        Change(rig=RIG, night=date(2026, 1, 14)),
        Change(rig=RIG, night=date(2026, 1, 20)),
    )
    assert changes_of("SQA55@f5.3+ATR585M", told) == ()
    assert mark_of(RIG, date(2026, 1, 20), told).id == "0"
    assert mark_of(RIG, date(2026, 1, 21), told) is None
