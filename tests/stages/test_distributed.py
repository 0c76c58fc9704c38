"""Masters beside the lights that need them, and what an accepted set keeps: whole nights, by `doit`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from pipeline.model.errors import UserError
from pipeline.model.frames import Kind
from pipeline.model.jobs import Outcome, Work
from pipeline.model.plans import Plans, Wish
from pipeline.model.records import About
from pipeline.model.served import Lack
from pipeline.model.sets import FrameSet
from pipeline.rules.lacking import lacking_in
from pipeline.rules.plan_priority import NOTHING_SAID, Urgency
from pipeline.stages import distributed
from pipeline.stages.night import plan_library
from pipeline.stages.ordering import hold_back
from pipeline.stages.scheduler import look_after_database
from pipeline.world import decisions as decided
from pipeline.world.chosen import chosen_masters, live_masters
from tests.copies import another
from tests.eyes import LIMITS
from tests.scheduler_database import make_database
from tests.served_library import DARK, DATE, FLAT, make_served
from tests.stages.night_library import OTHER, OTHER_RIG, RIG
from tests.typed import typed

CAMERA = "ZWO ASI2600MM Pro"

M31 = f"M31/accept/{DATE}"
DARK_NAME = "masterDark_EXPOSURE_300.00_SETTEMP_-10.00_GAIN_100_OFFSET_50.fits"
FLAT_NAME = "masterFlat_FILTER_L_SETTEMP_-10.00_GAIN_100_OFFSET_50_FOCALLEN_2032.fits"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A night of M31, offered; a dark and a flat of that night in the libraries."""
    served = make_served(tmp_path_factory.mktemp("made"))
    served.shoot(2.0, 2.1, 2.2)
    served.dark = served.master()
    served.flat = served.master(FLAT, night="2026-01-14")
    served.doit()
    return served


@pytest.fixture
def eyes(made, tmp_path):
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


def test_masters_lie_once_in_the_date_folder_of_accepted_lights(eyes):
    eyes.accept()
    eyes.doit()
    assert eyes.masters() == [f"{M31}/{DARK_NAME}", f"{M31}/{FLAT_NAME}"]
    (chosen,) = eyes.matched()
    assert set(chosen["masters"]) == {"DARK", "FLAT"} and "missing" not in chosen
    assert eyes.masters("10_Blink") == []
    eyes.require_rest()


def test_nothing_lies_beside_lights_nobody_has_looked_at(eyes):
    assert eyes.masters("10_Blink") == [] and eyes.masters() == []
    assert eyes.matched() == []
    eyes.require_idle()


def accepted(eyes) -> None:
    """The night is looked at and taken on."""
    eyes.accept()
    eyes.doit()


def ask(eyes, word: str, **values: object) -> None:
    """What `doit rematch` and `doit pin` write."""
    one = eyes.only("M31")
    decided.decide(eyes.root, word, About.SET, one.id, owner=one.owner, night=one.night, values=values)


def dark_in(eyes) -> bytes:
    """The dark that lies beside the accepted lights."""
    return (eyes.root / RIG / "20_Data" / M31 / DARK_NAME).read_bytes()


def test_masters_wait_in_10_blink_beside_lights_that_wait_and_travel_with_them(eyes):
    eyes.limit(f"{LIMITS}[accept]\nmin_frames = 4\n")
    accepted(eyes)
    assert eyes.masters("10_Blink") == [f"M31/{DATE}/{DARK_NAME}", f"M31/{DATE}/{FLAT_NAME}"]
    assert eyes.masters() == [] and eyes.matched() == []
    eyes.require_rest()
    eyes.limit()
    eyes.doit()
    assert eyes.masters() == [f"{M31}/{DARK_NAME}", f"{M31}/{FLAT_NAME}"]
    assert eyes.masters("10_Blink") == []
    assert [path.name for path in (eyes.root / RIG / "10_Blink/M31").rglob("*")] == [DATE, "BLINKED"]
    eyes.require_rest()


def test_set_that_lacked_a_dark_gets_it_when_it_comes_and_keeps_its_flat(eyes):
    eyes.dark.unlink()
    accepted(eyes)
    (chosen,) = eyes.matched()
    assert chosen["missing"] == ["DARK"] and "darks of 300 s" in chosen["shoot"]["DARK"]
    assert eyes.masters() == [f"{M31}/{FLAT_NAME}"]
    eyes.age_folders()
    eyes.require_rest()
    eyes.master(night="2026-01-12")
    said = eyes.doit()
    assert "masters of 1 set of earlier nights" in said
    assert eyes.masters() == [f"{M31}/{DARK_NAME}", f"{M31}/{FLAT_NAME}"]
    assert "missing" not in eyes.matched()[0]
    eyes.require_rest()


def test_accepted_set_keeps_its_dark_when_a_better_one_comes_until_somebody_asks(eyes):
    accepted(eyes)
    before = dark_in(eyes)
    old = eyes.dark.rename(eyes.dark.parent / "superseded-later")  # what the masters stage does
    (eyes.dark.parent / "superseded").mkdir()
    old.rename(eyes.dark.parent / "superseded" / f"{eyes.dark.stem}_DATE_2026-01-10.fits")
    new = eyes.master(night="2026-01-14")
    assert "distributed:" not in eyes.doit()  # the records tell of it, nothing else does
    eyes.require_idle()
    assert dark_in(eyes) == before
    ask(eyes, "rematch")
    eyes.doit()
    assert dark_in(eyes) == new.read_bytes() != before
    assert eyes.masters() == [f"{M31}/{DARK_NAME}", f"{M31}/{FLAT_NAME}"]
    assert eyes.matched()[0]["masters"]["DARK"]["path"] == new.relative_to(eyes.root).as_posix()
    eyes.require_rest()


def test_accepted_set_finds_its_own_dark_among_the_superseded(eyes):
    accepted(eyes)
    (eyes.dark.parent / "superseded").mkdir()
    kept = eyes.dark.rename(eyes.dark.parent / "superseded" / f"{eyes.dark.stem}_DATE_2026-01-10.fits")
    eyes.master(night="2026-01-14")
    now = eyes.sets()[0]
    found = chosen_masters(now).master(DARK)
    assert found is not None and eyes.root / found.path == kept


def test_master_that_a_person_takes_out_is_theirs_and_is_not_put_back(eyes):
    accepted(eyes)
    (eyes.root / RIG / "20_Data" / M31 / DARK_NAME).unlink()
    eyes.shoot(2.0, target="M33")
    eyes.doit()
    assert eyes.masters() == [f"{M31}/{FLAT_NAME}"]
    eyes.require_rest()
    ask(eyes, "rematch")
    eyes.doit()
    assert eyes.masters() == [f"{M31}/{FLAT_NAME}"]
    assert "taken by you" in eyes.told()
    eyes.require_rest()


def test_file_of_the_persons_own_with_a_masters_name_is_never_written_over(eyes):
    theirs = eyes.root / RIG / "20_Data" / M31 / DARK_NAME
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"mine")
    eyes.accept()
    said = eyes.doit()
    assert "is another file" in said
    assert theirs.read_bytes() == b"mine"
    assert eyes.told() == ["given"]
    eyes.require_idle()
    theirs.unlink()
    eyes.doit()
    assert eyes.told() == ["given"] * 2 and len(eyes.masters()) == 2
    eyes.require_rest()


def test_cut_off_master_is_set_aside_and_the_next_best_is_taken(eyes):
    older = eyes.master(night="2025-12-01", OFFSET=50, path=f"_Dark Library/{CAMERA}/older.fits")
    eyes.dark.write_bytes(eyes.dark.read_bytes()[:3000])
    accepted(eyes)
    lying = sorted((eyes.root / RIG / "20_Data" / M31).glob("*.fits"))
    assert [path.name for path in lying] == [FLAT_NAME, "older.fits"]
    assert lying[1].samefile(older)
    assert eyes.dark.exists()
    eyes.require_rest()


def test_master_of_another_size_is_not_laid_beside_the_lights(eyes):
    eyes.limit(f'{LIMITS}[matching]\ndark = ["camera", "exposure"]\n')
    eyes.dark.unlink()
    eyes.master(shape=(16, 12))
    accepted(eyes)
    assert eyes.masters() == [f"{M31}/{FLAT_NAME}"]
    match = live_masters(eyes.sets()[0]).matches[DARK]
    assert match.chosen is None
    eyes.require_rest()


def test_masters_left_behind_by_lights_that_were_moved_on_are_taken_away_with_their_folder(eyes):
    accepted(eyes)
    eyes.age_folders()
    lights = eyes.root / RIG / "20_Data" / M31
    for folder in [path for path in lights.iterdir() if path.is_dir()]:
        eyes.move(folder, f"{RIG}/30_Master/M31")
    eyes.doit()
    assert eyes.masters() == []
    assert not (eyes.root / RIG / "20_Data/M31").exists()
    assert eyes.count() == {"30_Master": 3}
    eyes.require_rest()


def test_a_target_that_was_renamed_a_moment_ago_is_one_run_and_nobody_is_told_of_missing_masters(eyes):
    eyes.accept()
    eyes.doit()
    settings = eyes.root / "_Rigs/library.toml"
    settings.write_text(settings.read_text().replace("settle_seconds = 0", "settle_seconds = 3"))
    data = eyes.root / eyes.rig / "20_Data"
    (data / "M31").rename(data / "Andromeda")
    assert "not there any more" not in eyes.doit()
    eyes.require_idle()
    assert eyes.masters() == [f"Andromeda/accept/{DATE}/{DARK_NAME}", f"Andromeda/accept/{DATE}/{FLAT_NAME}"]


def test_masters_that_are_moved_on_with_their_lights_stay_there(eyes):
    accepted(eyes)
    eyes.age_folders()
    eyes.move(eyes.root / RIG / "20_Data/M31", f"{RIG}/30_Master")
    eyes.doit()
    assert eyes.masters("30_Master") == [f"{M31}/{DARK_NAME}", f"{M31}/{FLAT_NAME}"]
    assert eyes.masters() == [] and lacking_in(eyes.ledger) == ()
    eyes.require_rest()


def test_masters_leave_20_data_when_a_set_is_reopened_and_come_back_with_it(eyes):
    accepted(eyes)
    eyes.ask("reopen", eyes.only().id)
    eyes.doit()
    assert eyes.masters() == [] and not (eyes.root / RIG / "20_Data/M31").exists()
    eyes.require_rest()
    eyes.ask("accept", eyes.only().id)
    eyes.doit()
    assert eyes.masters() == [f"{M31}/{DARK_NAME}", f"{M31}/{FLAT_NAME}"]
    eyes.require_rest()


def test_two_sets_of_a_night_share_one_dark_and_each_has_its_flat(eyes):
    eyes.shoot(2.0, 2.1, FILTER="H", EXPOSURE=300.0)
    eyes.master(FLAT, night="2026-01-14", FILTER="H")
    eyes.doit()
    accepted(eyes)
    assert len(eyes.masters()) == 3
    assert eyes.told() == ["given"] * 3
    one = next(now.frames for now in eyes.sets() if now.frames.members[0].frame.filter == "H")
    eyes.ask("reopen", one.id)
    eyes.doit()
    assert eyes.masters() == [f"{M31}/{DARK_NAME}", f"{M31}/{FLAT_NAME}"]
    eyes.require_rest()


def test_flats_of_two_nights_with_one_name_lie_side_by_side(eyes):
    eyes.shoot(2.0, 2.1, EXPOSURE=60.0, EXPTIME=60.0)
    eyes.master(EXPTIME=60.0, EXPOSURE=60.0)
    other = eyes.master(FLAT, night="2026-01-13")
    eyes.doit()
    short = next(now.frames for now in eyes.sets() if now.frames.members[0].frame.exposure_s == 60.0)
    path = other.relative_to(eyes.root).as_posix()
    decided.decide(
        eyes.root, "pin", About.SET, short.id, owner=short.owner, night=short.night,
        values={"kind": "FLAT", "master": path},
    )  # fmt: skip
    accepted(eyes)
    names = [name.rpartition("/")[2] for name in eyes.masters()]
    assert [name for name in names if "masterFlat" in name] == [
        FLAT_NAME,
        FLAT_NAME.replace(".fits", "~2.fits"),
    ]
    eyes.require_rest()


def test_pin_on_an_accepted_set_takes_the_place_of_what_it_had(eyes):
    other = eyes.master(FLAT, night="2026-01-13")
    accepted(eyes)
    eyes.age_folders()
    ask(eyes, "pin", kind="FLAT", master=other.relative_to(eyes.root).as_posix())
    eyes.doit()
    (flat,) = (eyes.root / RIG / "20_Data" / M31).glob("masterFlat*")
    assert flat.samefile(other) and flat.name == FLAT_NAME
    eyes.require_rest()


def test_masters_beside_lights_disturb_no_sum_and_nobody_takes_them(eyes):
    (eyes.root / eyes.only().blink / "notes.txt").write_text("mine")
    accepted(eyes)
    lying = eyes.masters()
    assert eyes.states() == {"accepted": 3}
    for command in (["prune", "--yes"], ["relink"], ["verify"]):
        said = eyes.ask(command[0], *command[1:])
        assert said.exit_code == 0, said
    assert eyes.masters() == lying
    carried = [path.name for path in eyes.files("20_Data") if path.suffix == ".txt"]
    assert carried == ["notes.txt"]
    status = eyes.ask("status").data
    assert status["states"] == {"accepted": 3} and "distributed" not in status["due"]
    assert status["masters"] == {"missing": [], "better": [], "remarks": []}
    eyes.require_rest()


def test_copies_are_laid_where_copies_are_asked_for(tmp_path):
    served = make_served(tmp_path)
    served.settings('views = "copy"\n[blink]\npages = false')
    served.shoot(2.0)
    dark = served.master()
    served.doit()
    accepted(served)
    (copy,) = (served.root / RIG / "20_Data" / M31).glob("masterDark*")
    assert copy.read_bytes() == dark.read_bytes() and not copy.samefile(dark)
    served.require_rest()
    served.ask("reopen", served.only().id)
    served.doit()
    assert served.masters() == [] and dark.exists()
    served.require_rest()


def test_accepted_without_a_dark_on_purpose_nothing_is_said_to_be_missing(eyes):
    eyes.dark.unlink()
    eyes.ask("accept", eyes.only().id, "--without", "dark")
    eyes.doit()
    assert "missing" not in eyes.matched()[0]
    assert eyes.ask("status").data["masters"]["missing"] == []
    eyes.require_rest()


def test_set_accepted_before_masters_were_chosen_gets_its_own_in_the_next_run(eyes):
    """As after a kill between acceptance and distribution, or in a library older than this stage."""
    accepted(eyes)
    (journal,) = (eyes.root / "_Ledger").rglob("DATE_*.jsonl")
    lines = [line for line in journal.read_bytes().splitlines(keepends=True) if b"master" not in line]
    journal.write_bytes(b"".join(lines))
    eyes.doit()
    assert len(eyes.matched()) == 1 and len(eyes.masters()) == 2
    eyes.require_rest()


def test_status_says_what_to_shoot_and_for_how_many(eyes):
    eyes.dark.unlink()
    said = eyes.ask("status")
    (missing,) = said.data["masters"]["missing"]
    assert missing["kind"] == "DARK" and missing["frames"] == 3 and len(missing["sets"]) == 1
    assert any("Shoot darks of 300 s at −10 °C, gain 100" in line for line in said.sentences)
    accepted(eyes)
    (again,) = eyes.ask("status").data["masters"]["missing"]
    assert again["shoot"] == missing["shoot"] and again["frames"] == 3


def test_status_names_flats_of_other_nights_with_their_distance_and_what_to_type(eyes):
    eyes.flat.unlink()
    for night in ("2026-01-12", "2026-01-17"):
        flat = eyes.master(FLAT, night=night)
    said = eyes.ask("status")
    (missing,) = said.data["masters"]["missing"]
    assert missing["other_nights"] == ["2026-01-12 (2 days older)", "2026-01-17 (3 days newer)"]
    near = flat.relative_to(eyes.root).as_posix().replace("2026-01-17", "2026-01-12")
    assert any("doit pin" in line and near in line for line in eyes.ask("status", "--all").sentences)
    assert "  doit match --rig C8E --night 2026-01-14" in {line[13:] for line in said.sentences}


def test_status_says_that_a_better_dark_is_there_for_an_accepted_set(eyes):
    accepted(eyes)
    eyes.age_folders()
    eyes.master(night="2026-01-13", path=f"_Dark Library/{CAMERA}/nearer.fits")
    assert "distributed:" not in eyes.doit()  # the records tell of it, nothing else does
    eyes.require_idle()
    said = eyes.ask("status")
    (better,) = said.data["masters"]["better"]
    assert better["kind"] == "DARK"
    assert any("doit rematch" in line for line in said.sentences)


def test_why_names_the_masters_of_a_frames_set(eyes):
    stored = eyes.only().members[0].stored
    for number in range(2):
        said = eyes.ask("why", stored)
        assert any(DARK_NAME in line for line in said.sentences), number
        assert said.data["set"]["masters"]["FLAT"]["master"] == eyes.flat.relative_to(eyes.root).as_posix()
        accepted(eyes)


def test_masters_of_a_finished_target_go_by_command_and_stay_in_their_libraries(eyes):
    accepted(eyes)
    with pytest.raises(UserError, match="neither in 60_Done"):
        eyes.ask("purge", "--distributed", "M31")
    eyes.age_folders()
    eyes.move(eyes.root / RIG / "20_Data/M31", f"{RIG}/60_Done")
    eyes.doit()
    mine = eyes.root / RIG / "60_Done" / M31 / "masterDark_mine.fits"
    mine.write_bytes(b"mine")
    look = eyes.ask("purge", "--distributed", "M31")
    assert len(look.data["masters"]) == 2 and len(eyes.masters("60_Done")) == 3
    eyes.doit("purge", "--distributed", "m31", "--yes")
    assert eyes.masters("60_Done") == [f"{M31}/masterDark_mine.fits"]
    assert eyes.dark.exists() and eyes.flat.exists()
    assert len(eyes.frames("60_Done")) == 4
    mine.unlink()
    eyes.require_rest()


def test_master_whose_library_lost_it_stays_beside_the_lights(eyes):
    accepted(eyes)
    kept = dark_in(eyes)
    eyes.dark.unlink()
    assert chosen_masters(eyes.sets()[0]).master(DARK).path.endswith(f"{M31}/{DARK_NAME}")
    eyes.ask("reopen", eyes.only().id)
    said = eyes.doit()
    assert "stays, no library has a master of these bytes any more" in said
    assert dark_in(eyes) == kept
    eyes.require_idle()


def test_raw_darks_serve_lights_of_a_sealed_night_in_the_very_run_that_makes_their_master(tmp_path):
    served = make_served(tmp_path)
    served.limit(f"{LIMITS}[blink]\ndark = false\n[masters.dark]\nmin_frames = 3\n")
    served.shoot(2.0, 2.1)
    served.doit()
    accepted(served)
    served.age_folders()
    assert served.matched()[0]["missing"] == ["DARK", "FLAT"]
    served.raw_darks(day=3)
    said = served.doit("--now")
    assert served.masters() == [f"{M31}/{DARK_NAME}"], said
    assert served.matched()[0]["missing"] == ["FLAT"]
    served.require_rest()


def test_master_is_never_laid_by_symbolic_link_through_which_the_next_one_would_be_seen(tmp_path):
    served = make_served(tmp_path)
    served.settings('views = "symlink"\n[blink]\npages = false')
    served.shoot(2.0)
    served.master()
    served.doit()
    accepted(served)
    lying = sorted((served.root / RIG / "20_Data" / M31).rglob("*.fits"))
    assert [path.is_symlink() for path in lying] == [True, False]


def test_pinned_sets_come_first_then_the_newest_night_and_masters_before_all():
    sets = [_set(day) for day in (10, 12, 11)]
    making = [replace(distributed.plan_late({}), stage="masters", name="masters:x")]
    urgency = Urgency(pinned={sets[2].id})
    jobs = distributed.plan([*sets, replace(sets[0], id="dark", kind=DARK)], making, urgency)
    assert [job.arguments["set_id"] for job in jobs] == [sets[2].id, sets[1].id, sets[0].id]
    assert jobs[0].after == (f"accepted:{sets[2].id}",)
    assert jobs[0].behind == ("masters:x",)


def test_the_project_a_person_wants_most_is_worked_on_first_and_a_night_without_open_sets_asks_no_plan(
    tmp_path, monkeypatch
):
    served = make_served(tmp_path / "library")
    served.limit(f"{LIMITS}[calibrate]\nenabled = true\n")
    served.shoot(2.0, target="M31")
    served.shoot(2.0, target="M33", day=1)
    served.doit()

    def order(stage):
        jobs = (job for job in plan_library(served.root).jobs if job.stage == stage)
        return [job.arguments["set_id"].split("/")[1] for job in jobs if "set_id" in job.arguments]

    assert order("distributed") == order("calibrated") == ["M33", "M31"]
    make_database(tmp_path / "pc" / "schedulerdb.sqlite")  # M31 is a project of high priority
    served.settings('[[scheduler.database]]\nname = "pc"\npath = "../pc"\n')
    look_after_database(Work(served.root), name="pc")
    assert order("distributed") == order("calibrated") == ["M31", "M33"]
    monkeypatch.setattr("pipeline.world.open_nights.open_nights", lambda *_, **__: [])
    monkeypatch.setattr("pipeline.world.urgency.read_urgency", lambda *_: pytest.fail("a plan was read"))
    assert order("distributed") == []


def test_late_sets_are_served_by_project_too(tmp_path, monkeypatch):
    served = []
    one = SimpleNamespace

    def serve(_work, *, owner, night, set_id):
        served.append(set_id)
        return Outcome()

    names = {"2026-01-13": [f"{RIG}/M31/a", f"{RIG}/M33/b"], "2026-01-14": [f"{RIG}/M31/c"]}
    urgency = Urgency(plans=Plans(wishes=(Wish(target="M33", priority=2),)))
    monkeypatch.setattr(distributed, "serve_set", serve)
    monkeypatch.setattr("pipeline.world.nightbook.open_book", lambda _root, _owner, night: str(night))
    lacking = "pipeline.world.late_masters.lacking_sets"
    monkeypatch.setattr(lacking, lambda night: [one(frames=one(id=name)) for name in names[night]])
    monkeypatch.setattr("pipeline.world.library.open_library", lambda root: root)
    monkeypatch.setattr("pipeline.world.urgency.read_urgency", lambda _library: urgency)
    monkeypatch.setattr("pipeline.world.late_masters.mark_nights", lambda *_: {})
    monkeypatch.setattr("pipeline.world.late_masters.changed_nights", lambda _l, _o, nights, _m: list(nights))
    monkeypatch.setattr("pipeline.world.late_masters.keep_looked", lambda *_: None)
    distributed.serve_late(Work(tmp_path), owners={RIG: dict.fromkeys(names, "digest")})
    assert [name[-1] for name in served] == ["b", "c", "a"]


def test_failing_master_of_another_camera_stops_no_set(tmp_path):
    served = make_served(tmp_path, RIG, OTHER_RIG)
    few = f"{LIMITS}[blink]\nbias = false\n[masters.bias]\nmin_frames = 3\n"
    served.limit(few, rig=OTHER_RIG)
    served.shoot(2.0, 2.1, 2.2)
    served.master()
    served.doit()
    served.calibrate("BIAS", 4, **OTHER)
    in_the_way = served.root / "_Bias Library" / OTHER_RIG.partition("+")[2]
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_text("a file of mine")
    served.accept()
    said = typed(served.root)
    assert said.returncode == 1 and "a file lies where a folder should be" in said.stdout + said.stderr
    assert served.masters() == [f"{M31}/{DARK_NAME}"]


def test_trouble_with_one_late_set_stops_no_other_and_is_said_at_the_end(tmp_path, monkeypatch):
    served, looked = [], []

    def serve(work, *, owner, night, set_id):
        served.append((owner, set_id))
        if set_id == "bad":
            raise UserError("a file lies where a folder should be")
        return Outcome("served")

    one = SimpleNamespace
    sets = [one(frames=one(id="bad")), one(frames=one(id="good"))]
    monkeypatch.setattr(distributed, "serve_set", serve)
    monkeypatch.setattr("pipeline.world.nightbook.open_book", lambda _root, owner, _night: owner)
    lacking = "pipeline.world.late_masters.lacking_sets"
    monkeypatch.setattr(lacking, lambda owner: sets if owner == "first" else sets[1:])
    monkeypatch.setattr("pipeline.world.library.open_library", lambda root: root)
    monkeypatch.setattr("pipeline.world.urgency.read_urgency", lambda _library: NOTHING_SAID)
    monkeypatch.setattr("pipeline.world.late_masters.mark_nights", lambda *_: {})
    monkeypatch.setattr("pipeline.world.late_masters.changed_nights", lambda _l, _o, nights, _m: list(nights))
    monkeypatch.setattr("pipeline.world.late_masters.keep_looked", lambda _l, o, n, _m: looked.append((o, n)))
    owners = {name: {"2026-01-14": "digest"} for name in ("first", "second")}
    with pytest.raises(UserError, match="a file lies"):
        distributed.serve_late(Work(tmp_path), owners=owners)
    assert served == [("first", "bad"), ("first", "good"), ("second", "good")]
    assert looked == [("first", []), ("second", ["2026-01-14"])]


def test_nights_whose_disk_is_away_are_not_served_late():
    lacks = {(rig, date(2026, 1, 14)): [Lack(set="s", kind="DARK")] for rig in ("here", "away")}
    late = replace(distributed.plan_late(lacks), behind=("masters:x", "blinked:away"))
    (job,) = hold_back([late], {distributed.LATE}, lambda owner: owner == "away")
    assert list(job.arguments["owners"]) == ["here"] == list(job.check_arguments["owners"])
    assert job.behind == ()


def _set(day: int) -> FrameSet:
    night = date(2026, 1, day)
    return FrameSet(
        id=f"C8E/M31/DATE_{night}",
        owner="C8E",
        night=night,
        rig="C8E",
        kind=Kind.LIGHT,
        label="M31",
        blink="b",
    )
