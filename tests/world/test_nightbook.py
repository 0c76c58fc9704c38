from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from pipeline.model.records import About
from pipeline.rules.decisions import decision_file
from pipeline.world import decisions as decided
from pipeline.world import nightbook
from pipeline.world.nightbook import open_book
from tests.stages.night_library import RIG
from tests.stages.view_library import NIGHT, Views, make_views


@pytest.fixture
def views(tmp_path: Path) -> Views:
    return make_views(tmp_path, 2)


def test_a_book_is_the_same_while_nothing_is_written(views: Views) -> None:
    assert views.book() is views.book()


def test_what_is_decided_is_in_the_book_that_is_opened_next(views: Views) -> None:
    one = views.seen()
    assert views.book().decisions.holds(one.id)
    decided.undo(views.root, one)
    assert not views.book().decisions.holds(one.id)


@pytest.mark.parametrize(
    ("owner", "night"), [(RIG, NIGHT), (RIG, None), (None, NIGHT), (None, None), (RIG, date(2020, 1, 1))]
)
def test_what_was_written_wherever_it_is_filed_is_heard(
    views: Views, owner: str | None, night: date | None
) -> None:
    views.book()
    subject = views.only().members[0].stored
    one = decided.decide(
        views.root, "correct", About.FRAME, subject, owner=owner, night=night, values={"target": "M33"}
    )
    assert views.book().decisions.holds(one.id)
    assert {frames.target for frames in views.book().sets} == {"M31", "M33"}


@pytest.mark.parametrize(("owner", "night"), [(RIG, NIGHT), (RIG, None), (None, NIGHT), (None, None)])
def test_what_another_program_added_about_a_night_is_heard(
    views: Views, owner: str | None, night: date | None
) -> None:
    views.book()
    path = views.root / decision_file(owner, night, "correct")
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = views.only().members[0].stored
    path.write_text(
        f'{{"id":"x","kind":"correct","about":"frame","subject":"{stored}","when":"2026-01-15T09:00:00Z",'
        '"values":{"target":"M33"}}\n',
        encoding="utf-8",
    )
    os.utime(path, (0, 0))
    assert views.book().decisions.holds("x")


def test_the_ledger_alone_needs_no_header(views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightbook, "frames_of_stored", None)
    book = open_book(views.root, RIG, NIGHT)
    assert len(book.ledger.stored) == 2
