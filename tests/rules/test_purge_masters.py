from __future__ import annotations

from dataclasses import replace
from datetime import date

from pipeline.model.calibration import Grouping, MasterRecipe
from pipeline.model.frames import Frame, Kind
from pipeline.model.master_groups import Batch, Group, Policy
from pipeline.model.masters import Master
from pipeline.rules.ledger import fold
from pipeline.rules.master_headers import Made
from pipeline.rules.master_standing import stand
from pipeline.rules.purge_masters import (
    Uses,
    age_days,
    sort_out,
    taken_off,
    uses_in,
    without_due,
    without_used,
)

NIGHT = date(2026, 1, 14)
DARK = Frame(path="x", kind=Kind.DARK, camera="ASI", exposure_s=300.0, night=NIGHT)
PATH = "_Dark Library/ASI/masterDark_EXPOSURE_300.00.fits"


def master(path: str = PATH, *, night: date | None = NIGHT, **changes: object) -> Master:
    frame = replace(DARK, path=path, kind=Kind.MASTER_DARK, night=night)
    return Master(path=path, frame=frame, size=1, superseded="superseded" in path, **changes)  # type: ignore[arg-type]


def group(digest: str = "1" * 64, count: int = 20) -> Group:
    batch = Batch(owner="ASI", filed=NIGHT, set_id="s", frame=DARK, count=count, digest=digest)
    policy = Policy(grouping=Grouping(), recipe=MasterRecipe(), backend="built-in")
    return Group(kind=Kind.DARK, policy=policy, batches=(batch,), path=PATH)


def made(one: Group | None = None, **changes: str) -> Made:
    return Made(inputs="i", frames=one.digest if one else "20:ff", **changes)


def test_one_that_stands_for_frames_in_the_store_is_not_offered():
    here = group()
    shelf = [(master(), made(here)), (master(f"{PATH[:-5]}~2.fits"), made())]
    spares, kept = without_due(shelf, shelf, [here], stand(shelf, ()), {})
    assert [one.path for one in kept] == [PATH]
    assert "would make it again" in kept[0].why
    assert [one.master.path for one in spares] == [f"{PATH[:-5]}~2.fits"]


def test_two_that_stand_for_one_group_do_not_both_go():
    here = group()
    by_hand = [(master(), Made(by="PixInsight")), (master(PATH.replace("fits", "xisf")), Made(by="Siril"))]
    spares, kept = without_due(by_hand, by_hand, [here], stand(by_hand, ()), {})
    assert spares == [] and len(kept) == 2


def test_a_group_that_is_due_anyway_holds_nothing_back():
    here, shelf = group(), [(master(), made())]
    assert [one.master.path for one in without_due(shelf, shelf, [here], stand(shelf, ()), {})[0]] == [PATH]


def test_what_the_ledger_points_to_is_known_by_its_bytes_whatever_it_is_called_now():
    ledger = fold(
        [
            {
                "event": "matched",
                "set": "M31",
                "when": "",
                "masters": {"DARK": {"path": "old", "sha256": "aa"}},
            },
            {"event": "master_given", "link": "20_Data/a.fits", "master": "old", "sha256": "bb", "when": ""},
            {"event": "master_taken", "link": "20_Data/b.fits", "master": "old", "sha256": "cc", "when": ""},
        ]
    )
    uses = uses_in(ledger)
    shelf = [(master(f"{name}.fits"), made()) for name in "abc"]
    hashes = {"a.fits": "aa", "b.fits": "bb", "c.fits": "cc"}
    spare, kept = without_used(shelf, uses, lambda one: hashes[one.path])
    assert [one.path for one, _ in spare] == ["c.fits"]
    assert [one.why for one in kept] == ["M31 was accepted with it", "it lies at 20_Data/a.fits"]
    assert without_used(shelf[:1], Uses(), lambda _: "")[1][0].why.startswith("it cannot be read")


def test_held_damaged_used_young_ones_and_what_is_no_master_stay():
    shelf = [
        (master("held.fits", held="odd"), made()),
        (master("damaged.fits", trouble="cut off"), made()),
        (master("rejected.fits", trouble="you rejected it"), made()),
        (master("used.fits"), made()),
        (master("young.fits", night=date(2026, 3, 1)), made()),
        (replace(master("light.fits"), frame=replace(DARK, kind=Kind.LIGHT)), made()),
    ]
    uses = Uses(by_path={"used.fits": "M31 would be calibrated with it"})
    free, kept = sort_out(shelf, uses, older_than_days=30, today=date(2026, 3, 10))
    assert [one.path for one, _ in free] == ["rejected.fits"]
    assert [one.path for one in kept] == ["held.fits", "damaged.fits", "used.fits", "young.fits"]
    assert kept[-1].why == "it is 9 days old"


def test_what_was_taken_off_flats_that_can_be_made_again_is_needed():
    flat, dark = (master("flat.fits"), made(less="i")), (master(), made())
    shelf = [flat, dark]
    uses = Uses(by_inputs=taken_off(shelf, stand(shelf, ())))
    assert [one.why for one in sort_out([dark], uses, older_than_days=None, today=NIGHT)[1]] == [
        "it was taken off flat.fits"
    ]
    assert taken_off(shelf, stand(shelf, ["flat.fits"])) == {}


def test_age_is_counted_from_the_last_exposure_and_without_any_night_from_the_file():
    assert age_days(master(), made(first="2026-01-14", last="2026-01-20"), date(2026, 1, 21)) == 1
    assert age_days(master(), made(), date(2026, 1, 21)) == 7
    assert age_days(master(night=None, mtime_ns=86_400 * 10**9), made(), date(1970, 1, 4)) == 2
