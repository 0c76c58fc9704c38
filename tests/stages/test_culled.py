"""A stored, measured set held against its rig's limits: written down once, by what holds now, and said."""

from __future__ import annotations

import shutil

import pytest

from pipeline.model.jobs import Work
from pipeline.model.records import About
from pipeline.model.verdicts import Fate
from pipeline.rules.words import REJUDGE
from pipeline.stages import culled
from pipeline.world import decisions as decided
from pipeline.world.judgements import asking_sets
from pipeline.world.library import open_library
from tests.culled_library import LIMITS, NIGHT, RIG, days, make_nights, with_usual
from tests.stages.night_library import outside_caches


@pytest.fixture
def nights(tmp_path):
    """One night of six, the last two past the limit of HFR 4.6."""
    return make_nights(tmp_path / "library", 2.0, 2.1, 2.2, 2.3, 5.0, 6.0, cull=LIMITS.replace("30", "50"))


def test_a_set_is_judged_and_the_diary_says_what_went(nights):
    assert nights.cull() == ["C8E   M31 L 300 s             4 of 6 kept    2 HFR > 4.6 px; all without RMS"]
    assert nights.fates(Fate.CULLED) == [4, 5]
    (line,) = nights.judged()
    assert line["medians"] == {"hfr": pytest.approx(2.15)}
    assert (line["kept"], line["of"], line["filter"]) == (4, 6, "L")


def test_a_second_run_does_nothing_and_a_third_without_caches_changes_nothing(nights):
    nights.cull()
    before = outside_caches(nights.root)
    assert nights.cull() == []
    job = culled.plan([nights.only()])[0]
    assert culled.cull_set(Work(nights.root), **job.arguments).says == ""
    shutil.rmtree(nights.root / ".nightbuild")
    nights.measure()
    assert len(nights.cull()) == 1
    assert outside_caches(nights.root) == before
    assert len(nights.judged()) == 1


def test_a_set_that_would_lose_too_many_asks(nights):
    nights.limit(LIMITS)
    assert nights.cull() == [
        "C8E   M31 L 300 s             would lose 2 of 6 (33 %): asks you; all without RMS"
    ]
    assert nights.fates(Fate.SUSPECT) == [4, 5]
    assert asking_sets(open_library(nights.root)) == [nights.only().id]


def test_a_changed_limit_judges_anew_and_says_who_leaves_and_who_comes_back(nights):
    nights.cull()
    nights.offer()
    assert len(nights.names(nights.only().reject)) == 2
    nights.limit("[cull.pass1]\nhfr = 5.5\nauto_percent = 50\n")
    (said,) = nights.cull()
    assert said.endswith("5 of 6 kept    1 HFR 6.0 > 5.5 px; 1 comes back: 2026-01-14_23-25-00")
    nights.offer()
    assert len(nights.names(nights.only().blink)) == 5
    nights.limit('[cull.pass1]\nhfr = 2.15\nauto_percent = "always"\n')
    (said,) = nights.cull()
    assert "3 leave 10_Blink: 2026-01-14_23-15-00, 2026-01-14_23-20-00, 2026-01-14_23-25-00" in said
    nights.offer()
    assert len(nights.names(nights.only().reject)) == 4
    assert nights.cull() == []


def test_a_set_a_person_worked_in_is_left_and_listed(nights):
    nights.cull()
    nights.offer()
    nights.say("blink", 0, verdict="reject")
    nights.limit('[cull.pass1]\nhfr = 2.15\nauto_percent = "always"\n')
    (said,) = nights.cull()
    assert "2 stay, you have worked in this set: 2026-01-14_23-15-00, 2026-01-14_23-20-00" in said
    nights.limit("[cull.pass1]\nhfr = 9.0\n")
    nights.cull()
    assert nights.fates(Fate.CULLED) == [4, 5]


def test_what_somebody_looked_at_is_not_judged_anew_but_late_frames_are(nights):
    nights.cull()
    nights.offer()
    nights.look(range(4))
    nights.shoot(2.0, 9.0)
    nights.limit('[cull.pass1]\nhfr = 1.0\nauto_percent = "always"\n')
    nights.cull()
    assert nights.fates(Fate.CULLED) == [4, 5, 6, 7]
    assert nights.verdict().frames[nights.only().members[0].stored].because == "you have looked at it"


def test_a_word_on_a_frame_is_heard_at_the_next_run(nights):
    nights.cull()
    nights.say("restore", 5)
    (said,) = nights.cull()
    assert "5 of 6 kept" in said
    assert nights.fates(Fate.CULLED) == [4]


def test_flats_pass_and_say_nothing(tmp_path):
    nights = make_nights(tmp_path / "library")
    nights.shoot(9.0, 9.0, IMAGETYP="FLAT", OBJECT=None)
    assert nights.cull() == []
    assert nights.fates(Fate.KEPT) == [0, 1]
    assert len(nights.judged()) == 1


def test_a_set_that_was_never_measured_is_kept_and_says_what_it_lacks(tmp_path):
    nights = make_nights(tmp_path / "library", 9.0, 9.0)
    shutil.rmtree(nights.root / ".nightbuild")
    (said,) = nights.cull()
    assert said.endswith("2 of 2 kept; all without HFR, all without RMS")
    nights.measure()
    assert "asks you" in nights.cull()[0]


def test_a_set_whose_frames_were_duplicates_is_nothing_to_do(nights):
    which = {"owner": RIG, "night": NIGHT.isoformat(), "set_id": "gone"}
    assert culled.is_culled(nights.root, **which)
    assert culled.cull_set(Work(nights.root), **which).says == ""


class TestUsualValues:
    """What is usual is learnt from earlier nights, once."""

    FOUR = ((2.0, 2.0), (2.2, 2.2), (2.4, 2.4), (9.0, 9.0))

    def usual(self, nights):
        return [one.get("usual", {}) for one in nights.judged()]

    def test_a_wholly_clouded_night_does_not_judge_itself(self, tmp_path):
        nights = make_nights(tmp_path / "library", cull=with_usual(1.5))
        days(nights, *self.FOUR)
        assert self.usual(nights) == [{}, {}, {}, {"hfr": 2.2}]
        assert nights.judged()[-1].get("kept", 0) == 0

    def test_new_nights_and_lost_caches_never_judge_old_sets_anew(self, tmp_path):
        nights = make_nights(tmp_path / "library", cull=with_usual(1.5))
        days(nights, *self.FOUR)
        nights.shoot(1.0, 1.0, day=6)
        assert len(nights.cull()) == 1
        before = outside_caches(nights.root)
        shutil.rmtree(nights.root / ".nightbuild")
        nights.measure()
        nights.cull()
        assert outside_caches(nights.root) == before

    def test_they_are_learnt_anew_when_a_person_asks_and_only_once(self, tmp_path):
        nights = make_nights(tmp_path / "library", cull=with_usual(1.5))
        days(nights, *self.FOUR)
        nights.shoot(2.6, day=2)  # late, in the third night
        nights.shoot(2.2, day=4)
        nights.cull()
        decided.decide(nights.root, REJUDGE, About.RIG, RIG, owner=RIG)
        nights.cull()
        assert len(nights.judged()) == 10
        assert nights.cull() == []
        assert len(nights.judged()) == 10

    def test_a_line_of_the_ledger_that_is_damaged_is_no_trouble(self, tmp_path):
        nights = make_nights(tmp_path / "library", 2.0, cull=with_usual(1.5))
        nights.cull()
        _, one = nights.sets()[0]
        journal = nights.root / "_Ledger" / RIG / "DATE_2026-01-14.jsonl"
        with journal.open("a", encoding="utf-8") as file:
            file.write(f'{{"event":"judged","set":"{one.id}","when":5,"usual":["x"],"medians":7}}\n')
        decided.decide(nights.root, REJUDGE, About.SET, one.id, owner=one.owner, night=one.night)
        nights.shoot(2.0, day=1)
        nights.cull()
        assert nights.cull() == []

    def test_learning_anew_what_is_the_same_says_nothing(self, tmp_path):
        nights = make_nights(tmp_path / "library", 2.0, cull=with_usual(1.5))
        nights.cull()
        decided.decide(nights.root, REJUDGE, About.RIG, RIG, owner=RIG)
        assert nights.cull() == []
        assert len(nights.judged()) == 2
