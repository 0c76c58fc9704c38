"""`doit cull`: sets that ask are answered, one or many, from anywhere; each answer can be taken back."""

from __future__ import annotations

import pytest

from pipeline.model.answers import OK, WAITS
from pipeline.model.errors import UserError
from pipeline.model.verdicts import Fate
from pipeline.world.decisions import read
from tests.culled_library import RIG, days, make_nights, with_usual
from tests.small_library import said, tree
from tests.stages.night_library import outside_caches

TWO = '[cull.pass1]\nhfr = 4.6\nauto_percent = 30\n[cull.pass2]\nhfr = 5.5\nauto_percent = "always"\n'


@pytest.fixture
def nights(tmp_path):
    """A judged night that asks: two of five past 4.6, one of them hopeless."""
    nights = make_nights(tmp_path / "library", 2.0, 2.1, 2.2, 5.0, 6.0, cull=TWO)
    nights.cull()
    return nights


def cull(nights, *words, folder=None):
    return nights.living.command("cull", *words, folder=folder)


def test_alone_it_lists_the_sets_that_ask_with_what_to_type(nights):
    answer = cull(nights)
    text = said(answer)
    assert answer.code() == WAITS
    assert "would lose 2 of 5 (40 %): 2 HFR > 4.6 px" in text
    assert f'`doit cull "{nights.only().id}" --apply` or `--keep`' in text


def test_from_a_shell_as_a_person_types_it(nights):
    one = nights.only()
    asking = nights.living.ask("cull", code=WAITS)
    assert [each["set"] for each in asking] == [one.id]
    done = nights.living.doit("cull", one.blink.replace("/", "\\"), "--apply", "--why", "thin cloud")
    assert "2 of 5 go to _Reject with the next `doit`" in done.stdout
    assert nights.living.doit("cull").stdout == "No set asks anything.\n"
    (decision,) = read(nights.root).of_kind("cull")
    assert (decision.values["answer"], decision.why, decision.subject) == ("apply", "thin cloud", one.id)
    assert decision.values["frames"] == [member.stored for member in one.members[3:]]
    assert nights.living.ask("cull", one.id)[0]["answer"] == "apply"
    nights.living.doit("cull", one.id, "--ask")
    assert nights.living.doit("cull", code=WAITS).stdout.startswith("set")


def test_a_look_at_the_set_before_the_run_does_not_keep_what_was_said_to_go(nights):
    one = nights.only()
    nights.offer()
    cull(nights, one.id, "--apply")
    assert "you have looked at 3 frames" in said(nights.living.command("blink", one.id))
    nights.cull()
    nights.offer()
    assert len(nights.names(one.reject)) == 2


def test_applied_the_suspects_go(nights):
    answer = cull(nights, nights.only().id, "--apply")
    assert answer.sentences == (
        "M31 L 300 s, night of 2026-01-14: apply; 2 of 5 go to _Reject with the next `doit`.",
        f'`doit cull "{nights.only().id}" --ask` asks again.',
    )
    nights.cull()
    nights.offer()
    assert len(nights.names(nights.only().reject)) == 2


def test_kept_only_the_hopeless_go(nights):
    assert "1 of 5 go" in said(cull(nights, "--rig", RIG, "--night", "2026-01-14", "--keep"))
    nights.cull()
    assert nights.fates(Fate.CULLED) == [4]


def test_asked_again_nothing_is_answered(nights):
    before = tree(nights.living)
    for answer in ("--apply", "--keep"):
        cull(nights, nights.only().id, answer)
    assert "the answer 'keep' is taken back; would lose 2 of 5" in said(
        cull(nights, nights.only().id, "--ask")
    )
    assert read(nights.root).holding == {}
    assert tree(nights.living) == before
    assert "was not answered" in said(cull(nights, nights.only().id, "--ask"))


def test_said_twice_it_is_written_once(nights):
    cull(nights, nights.only().id, "--apply")
    assert "apply, as before" in said(cull(nights, nights.only().id, "--apply"))
    assert len(list(read(nights.root).of_kind("cull"))) == 1


def test_an_answer_of_another_kind_replaces_the_first(nights):
    cull(nights, nights.only().id, "--apply")
    cull(nights, nights.only().id, "--keep")
    nights.cull()
    assert nights.fates(Fate.CULLED) == [4]


def test_many_are_answered_at_once_but_only_those_that_ask(nights):
    nights.shoot(2.0, 2.0, 2.0, day=1)
    nights.shoot(5.0, 5.0, day=2)
    nights.cull()
    answer = cull(nights, "--rig", RIG, "--keep")
    assert [row["night"].isoformat() for row in answer.data] == ["2026-01-14", "2026-01-16"]
    assert f'`doit cull --rig "{RIG}" --ask` asks again.' in answer.sentences
    assert "No set there asks anything." in said(cull(nights, "--night", "2026-01-15", "--apply"))


def test_an_answer_needs_a_set(nights):
    with pytest.raises(UserError, match="--apply which sets"):
        cull(nights, "--apply")
    with pytest.raises(UserError, match="--ask takes an answer back"):
        cull(nights, nights.only().id, "--undo")
    with pytest.raises(UserError, match="--hfr goes with --try"):
        cull(nights, "--hfr", "4")


def test_a_set_is_shown_frame_by_frame(nights):
    answer = cull(nights, "10_Blink/M31", folder=nights.root / RIG)
    text = said(answer)
    assert "HFR 6.0 px (NINA) > 4.6" in text
    assert "suspect" in text
    assert "--apply` or `--keep` answers." in text
    assert answer.code() == WAITS
    cull(nights, nights.only().id, "--keep")
    shown = cull(nights, nights.only().id)
    assert "you said keep" in said(shown)
    assert shown.code() == OK


def test_flats_are_not_culled(nights):
    nights.shoot(9.0, day=1, IMAGETYP="FLAT", OBJECT=None)
    with pytest.raises(UserError, match="Only lights are culled"):
        cull(nights, f"{RIG}/10_Blink/_FLAT")


def test_showing_and_listing_touch_nothing(nights):
    before = outside_caches(nights.root)
    cull(nights)
    cull(nights, nights.only().id)
    cull(nights, "--try", "--hfr", "3")
    assert outside_caches(nights.root) == before


class TestRejudge:
    def test_a_rig_learns_anew_and_forgets_that_it_was_asked(self, tmp_path):
        nights = make_nights(tmp_path / "library", cull=with_usual(1.5))
        days(nights, (2.0,), (2.0,), (2.0,), (2.0,))
        assert "what is usual by then: 4 sets" in said(cull(nights, "--rejudge", "--rig", RIG))
        (decision,) = read(nights.root).of_kind("rejudge")
        assert (decision.about, decision.subject, decision.night) == ("rig", RIG, None)
        cull(nights, "--rejudge", "--rig", RIG, "--undo")
        assert read(nights.root).holding == {}
        assert nights.cull() == []
        assert "Nobody asked for that" in said(cull(nights, "--rejudge", "--rig", RIG, "--undo"))

    def test_single_sets_may_be_named(self, nights):
        cull(nights, nights.only().id, "--rejudge")
        (decision,) = read(nights.root).of_kind("rejudge")
        assert (decision.about, decision.subject) == ("set", nights.only().id)
        with pytest.raises(UserError, match="--rejudge which sets"):
            cull(nights, "--rejudge")
