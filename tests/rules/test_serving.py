from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from pipeline.model.frames import Kind
from pipeline.model.masters import Candidate, Fitness, Master, Match, SetMatch
from pipeline.model.served import Lack
from pipeline.rules.frozen import freeze, is_same_choice, lacking, masters_of, missing_of
from pipeline.rules.lacking import lacking_in
from pipeline.rules.ledger import fold
from pipeline.rules.master_needs import missing_data, missing_lines, needs_of_lacks
from pipeline.rules.records import entry_record
from pipeline.rules.serving import Ground, There, Wish, date_folder, place_name, plan_places
from tests.factories import make_frame

DATE = "C8E/20_Data/M31/accept/DATE_2026-01-14"
WHEN = datetime(2026, 1, 15, 8, tzinfo=UTC)
DARK = "_Dark Library/cam/masterDark.fits"


def given_record(sha256: str, master: str = DARK) -> dict[str, Any]:
    return {"event": "master_given", "master": master, "sha256": sha256}


def taken_record(sha256: str, **more: Any) -> dict[str, Any]:
    return {"event": "master_taken", "master": DARK, "sha256": sha256, **more}


def ground(there: There = There.OURS, **links: dict[str, Any]) -> Ground:
    given = {f"{DATE}/{name}.fits": record for name, record in links.items()}
    return Ground(folders={DATE}, given=given, there=dict.fromkeys(given, there))


def wish(sha256: str, master: str = DARK) -> dict[str, list[Wish]]:
    return {DATE: [Wish(master=master, sha256=sha256)]}


def test_what_lies_there_is_judged_by_its_bytes_and_not_by_its_name():
    places = plan_places(wish("new"), {}, ground(masterDark=given_record("old")))
    assert [one.sha256 for one in places.take] == ["old"]
    assert [one.link for one in places.give] == [f"{DATE}/masterDark.fits"]


def test_what_cannot_be_taken_away_keeps_its_name_and_the_new_one_lies_beside_it():
    stuck = Ground(
        folders={DATE},
        given={f"{DATE}/masterDark.fits": given_record("old")},
        stuck={f"{DATE}/masterDark.fits"},
    )
    places = plan_places(wish("new"), {}, stuck)
    assert places.take == () and [one.link for one in places.give] == [f"{DATE}/masterDark~2.fits"]


def test_master_another_set_needs_stays():
    places = plan_places({}, {DATE: {"old"}}, ground(masterDark=given_record("old")))
    assert places.is_empty


def test_master_that_lies_there_is_not_given_twice():
    assert plan_places(wish("1"), {}, ground(masterDark=given_record("1"))).is_empty


def test_emptied_place_is_written_off_and_never_filled_again():
    first = plan_places(wish("1"), {}, ground(There.NOTHING, masterDark=given_record("1")))
    assert [one.link for one in first.gone] == [f"{DATE}/masterDark.fits"] and first.give == ()
    then = ground(There.NOTHING, masterDark=taken_record("1", by_person=True))
    assert plan_places(wish("1"), {}, then).is_empty


def test_place_somebody_put_another_file_into_is_theirs():
    places = plan_places(wish("1"), {}, ground(There.OTHER, masterDark=given_record("1")))
    assert len(places.gone) == 1 and places.give == () and places.take == ()


def test_place_we_took_away_may_be_filled_again():
    places = plan_places(wish("1"), {}, ground(There.NOTHING, masterDark=taken_record("1", gone=True)))
    assert len(places.give) == 1


def test_name_left_by_a_killed_run_is_taken_and_an_empty_one_is_said_to_be_gone():
    there = plan_places({}, {}, ground(There.OURS, masterDark=taken_record("1")))
    assert [one.is_told for one in there.take] == [True]
    empty = plan_places({}, {}, ground(There.NOTHING, masterDark=taken_record("1")))
    assert empty.take == () and len(empty.close) == 1


@given(
    some.lists(some.sampled_from("abcd"), max_size=4),
    some.dictionaries(some.sampled_from("vwxyz"), some.sampled_from("abcd")),
)
def test_no_two_masters_ever_get_one_name(wanted: list[str], lying: dict[str, str]):
    now = ground(**{name: given_record(sha256) for name, sha256 in lying.items()})
    wishes = {DATE: [Wish(master=DARK, sha256=one) for one in dict.fromkeys(wanted)]}
    places = plan_places(wishes, {}, now)
    kept = set(now.given) - {one.link for one in places.take}
    names = [one.link for one in places.give]
    assert len(set(names)) == len(names) and not kept & set(names)
    lies = {now.given[link]["sha256"] for link in kept} | {one.sha256 for one in places.give}
    assert lies == set(wanted)


def test_twins_of_a_name_keep_their_ending():
    assert place_name(DATE, "x/masterFlat_L.fits.fz", 2) == f"{DATE}/masterFlat_L~2.fits.fz"
    assert date_folder("a/b") == "a/b"


def match(**chosen: str) -> SetMatch:
    kinds = {
        kind: Match(
            kind=kind,
            chosen=Candidate(
                master=Master(path=chosen[kind.value], frame=make_frame()), fitness=Fitness.CHOSEN
            ),
            why=f"{kind.value.lower()} fits",
        )
        if kind.value in chosen
        else Match(kind=kind, missing=f"shoot {kind.value}")
        for kind in (Kind.DARK, Kind.FLAT, Kind.BIAS)
        if kind is not Kind.BIAS or "DARK" not in chosen
    }
    return SetMatch(matches=kinds)


def test_choice_keeps_what_it_has_and_takes_what_it_lacked():
    first = freeze("s", match(FLAT="f1"), {"f1": "1"}, None, when=WHEN)
    assert first.missing == ("DARK",) and first.masters["FLAT"]["sha256"] == "1"
    record = entry_record(first)
    then = freeze("s", match(FLAT="f2", DARK="d"), {"f2": "2", "d": "3"}, record, when=WHEN)
    assert {kind: said["path"] for kind, said in then.masters.items()} == {"FLAT": "f1", "DARK": "d"}
    assert then.missing == () and not is_same_choice(then, record)
    assert is_same_choice(first, record)


def test_where_darks_lack_no_bias_is_asked_for_besides():
    assert lacking(match()) == {"DARK": "shoot DARK", "FLAT": "shoot FLAT"}
    assert lacking(match(), {"DARK"}) == {"FLAT": "shoot FLAT"}


def test_damaged_lines_say_nothing():
    odd = {
        "event": "matched",
        "set": "s",
        "masters": {"DARK": 5, "FLAT": {"path": 1}, "X": {}},
        "missing": "DARK",
    }
    assert masters_of(odd) == {} and missing_of(odd) == {}
    ledger = fold([odd, {"event": "master_given", "link": f"{DATE}/x.fits"}])
    assert lacking_in(ledger) == (Lack(folder=DATE),)


def lights(number: int = 2) -> list[dict[str, Any]]:
    store = "C8E/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L_EXP_300.00"
    return [
        {
            "event": "delivered",
            "link": f"{DATE}/FILTER_L_EXP_300.00/{n}.fits",
            "stored": f"{store}/{n}.fits",
            "when": "2",
        }
        for n in range(number)
    ]


def test_ledger_alone_tells_what_lacks_and_what_is_unfinished():
    name = "C8E/M31/DATE_2026-01-14/FILTER_L_EXP_300.00"
    assert lacking_in(fold(lights())) == (Lack(set=name, frames=2),)
    masters = {"FLAT": {"path": "f", "sha256": "1"}}
    chosen = {
        "event": "matched",
        "set": name,
        "masters": masters,
        "missing": ["DARK"],
        "shoot": {"DARK": "darks"},
    }
    short = Lack(set=name, kind="DARK", shoot="darks", frames=2)
    assert lacking_in(fold([*lights(), chosen])) == (short, Lack(folder=DATE))
    laid = {"link": f"{DATE}/f.fits", **given_record("1")}
    assert lacking_in(fold([*lights(), chosen, laid])) == (short,)
    whole = {**chosen, "missing": []}
    assert lacking_in(fold([*lights(), whole, laid])) == ()
    theirs = {"link": f"{DATE}/f.fits", **taken_record("1", by_person=True)}
    assert lacking_in(fold([*lights(), whole, laid, theirs])) == ()


def test_what_to_shoot_is_said_once_for_all_that_wait_for_it():
    lacks = {
        ("C8E@f10+X", date(2026, 1, day)): [
            Lack(set=f"s{day}", kind="DARK", shoot="darks of 300 s", frames=day),
            Lack(set=f"s{day}", kind="FLAT", shoot=f"flats with L of the night of 2026-01-{day}; or choose among those "
                 "of 2026-01-02 (3 days older) or 2026-01-09 (4 days newer)", frames=day),
        ]
        for day in (10, 11)
    }  # fmt: skip
    needs = needs_of_lacks(lacks)
    first, *flats = missing_lines(needs)
    assert first.what == "Shoot darks of 300 s (C8E): 2 sets of 21 lights wait for them"
    assert (
        "or choose flats of another night: 2026-01-02 (3 days older), 2026-01-09 (4 days newer)"
        in flats[0].what
    )
    assert flats[0].command == "doit match s11", (
        "which of them is the nearest is known when the set is matched"
    )
    assert [one["frames"] for one in missing_data(needs)] == [21, 11, 10]
