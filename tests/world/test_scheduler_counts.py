"""NINA's counts, by counting: on databases of every schema at hand, changed and looked at again."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.model.scheduler import Proposal, SchedulerRows, SeenFrame
from pipeline.rules.scheduler_proposal import Known, propose
from pipeline.world.scheduler_db import read_rows
from pipeline.world.scheduler_write import write_changes
from tests.scheduler_database import (
    BEGUN,
    PROFILE,
    SHARED,
    add_image,
    counts,
    file_of,
    grades,
    make_database,
    schemas,
    tell,
)

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"


@pytest.fixture(params=sorted(schemas()))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_database(tmp_path / "pc" / "schedulerdb.sqlite", schemas()[request.param])


def test_the_plugins_own_schemas_are_at_hand() -> None:
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there: only our own small schema is tried")
    assert set(schemas()) == {"small", "level 23", "level 28"}


def seen(states: Mapping[int, str], **changes: object) -> list[SeenFrame]:
    """Frames of these states, as image n of the database names them."""
    return [
        SeenFrame(
            stored=f"{RIG}/{number}.fits",
            file=str(changes.get("file", file_of(number).upper())),
            rig=RIG,
            state=state,
            why="HFR 5.10 px (NINA) > 4.60" if state == "culled" else "",
            taken_unix_s=BEGUN + 60.0 * number,
            filter=str(changes.get("filter", "")),
        )
        for number, state in states.items()
    ]


def apply(database: Path, frames: list[SeenFrame], tmp_path: Path) -> Proposal:
    """Change the database, and prove that a second look changes nothing."""
    known = Known(rigs={PROFILE: [RIG]}, frames=frames)

    def ask(rows: SchedulerRows) -> Proposal:
        return propose(rows, known)

    made, _ = write_changes(database, ask, tmp_path / "backups", 10)
    again, backup = write_changes(database, ask, tmp_path / "backups", 10)
    assert (again.changes, backup) == ((), None)
    return made


def test_culled_and_blinked_away_frames_are_subtracted_once_and_purged_history_stays(
    database: Path, tmp_path: Path
) -> None:
    for number in range(1, 11):
        add_image(database, number, plan=1, grade=1 if number < 8 else 2)
    before = counts(database)
    apply(
        database, seen({1: "culled", 2: "blinked away", 3: "accepted", 4: "moved on", 5: "offered"}), tmp_path
    )
    assert before[1] == (30, 25)
    assert counts(database) == before | {1: (30, 23)}
    assert grades(database)[1] == grades(database)[2] == (2, "Manual")
    assert grades(database)[3] == grades(database)[5] == grades(database)[6] == (1, None)


def test_a_restored_frame_gives_its_count_back(database: Path, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        add_image(database, number, plan=1)
    apply(database, seen({1: "culled", 2: "culled"}), tmp_path)
    assert counts(database)[1] == (30, 23)
    apply(database, seen({1: "accepted", 2: "culled"}), tmp_path)
    assert counts(database)[1] == (30, 24)
    assert grades(database)[1] == (1, "")


def test_a_pending_image_that_is_culled_was_never_counted(database: Path, tmp_path: Path) -> None:
    add_image(database, 1, plan=3, grade=0)
    add_image(database, 2, plan=3, grade=0)
    apply(database, seen({1: "culled", 2: "accepted"}), tmp_path)
    assert counts(database)[3] == (5, 5)
    assert grades(database) == {1: (2, "Manual"), 2: (1, None)}


def test_what_ninas_grader_rejected_is_not_subtracted_again_and_keeps_its_reason(
    database: Path, tmp_path: Path
) -> None:
    add_image(database, 1, plan=1, grade=2, rejectreason="HFR")
    made = apply(database, seen({1: "culled"}), tmp_path)
    assert made.changes == ()
    assert grades(database)[1] == (2, "HFR")


def test_without_a_grader_the_frame_leaves_acquired_too_and_comes_back(
    database: Path, tmp_path: Path
) -> None:
    for number in range(1, 11):
        add_image(database, number, plan=4)
    apply(database, seen({1: "culled", 2: "culled", 3: "accepted"}), tmp_path)
    assert counts(database)[4] == (8, 8)
    assert grades(database)[1] == (2, "Manual (acquired too)")
    apply(database, seen({1: "accepted", 2: "culled", 3: "accepted"}), tmp_path)
    assert counts(database)[4] == (9, 9)


def test_a_grader_that_is_switched_off_later_takes_its_rejects_out_of_acquired(
    database: Path, tmp_path: Path
) -> None:
    for number in range(1, 6):
        add_image(database, number, plan=3, grade=1 if number < 5 else 2, rejectreason=None)
    apply(database, seen({1: "culled", 5: "culled"}), tmp_path)
    assert counts(database)[3] == (5, 3)
    tell(database, "UPDATE project SET enablegrader = 0 WHERE Id = 1")
    apply(database, seen({1: "culled", 5: "culled"}), tmp_path)
    assert counts(database)[3] == (3, 3)
    tell(database, "UPDATE project SET enablegrader = 1 WHERE Id = 1")
    apply(database, seen({1: "culled", 5: "culled"}), tmp_path)
    assert counts(database)[3] == (5, 3)


def test_frames_this_library_never_saw_lower_nothing(database: Path, tmp_path: Path) -> None:
    for number in range(1, 6):
        add_image(database, number, plan=4)
    made = apply(database, seen({77: "culled"}), tmp_path)
    assert made.changes == ()
    assert counts(database)[4] == (10, 10)


def test_states_nobody_judged_change_nothing(database: Path, tmp_path: Path) -> None:
    undecided = ("stored", "offered", "held", "gone, asked", "late", "aside")
    for number in range(1, 7):
        add_image(database, number, plan=4, grade=number % 3)
    assert apply(database, seen(dict(enumerate(undecided, 1))), tmp_path).changes == ()


def test_a_name_that_comes_every_night_is_told_apart_by_its_time(database: Path, tmp_path: Path) -> None:
    add_image(database, 1, plan=4)
    add_image(database, 2, plan=4, acquireddate=BEGUN - 86_400, metadata='{"FileName": "M31_0001.fits"}')
    apply(database, seen({1: "culled"}), tmp_path)
    assert [grade for grade, _ in grades(database).values()] == [2, 1]


def test_a_renamed_frame_is_found_by_its_moment_and_filter(database: Path, tmp_path: Path) -> None:
    add_image(database, 1, plan=4)
    add_image(database, 2, plan=4)
    wrong = seen({1: "culled"}, file="other.fits", filter="L")
    assert apply(database, wrong, tmp_path).changes == ()
    right = seen({1: "culled"}, file="other.fits", filter="Ha 3nm")
    apply(database, right, tmp_path)
    assert grades(database)[1][0] == 2
    assert grades(database)[2][0] == 1


def test_broken_metadata_and_net_ticks_are_borne(database: Path, tmp_path: Path) -> None:
    ticks = 621_355_968_000_000_000 + (BEGUN + 60) * 10_000_000
    add_image(database, 1, plan=4, metadata='{"FileName": "D:\\', acquireddate=ticks)
    add_image(database, 2, plan=4, metadata="[1, 2]", acquireddate=None)
    apply(database, seen({1: "culled"}, filter="Ha 3nm"), tmp_path)
    assert [grade for grade, _ in grades(database).values()] == [2, 1]


def test_images_older_than_plan_numbers_are_counted_by_target_and_filter(
    database: Path, tmp_path: Path
) -> None:
    add_image(database, 1, plan=3, exposureId=0)
    apply(database, seen({1: "culled"}), tmp_path)
    assert counts(database)[3] == (5, 3)


def test_a_plan_that_is_gone_or_whose_number_was_given_anew_is_left(database: Path, tmp_path: Path) -> None:
    add_image(database, 1, plan=1)
    add_image(database, 2, plan=1, exposureId=99)
    add_image(database, 3, plan=1, exposureId=4)  # a plan of another target
    made = apply(database, seen({2: "culled", 3: "culled"}), tmp_path)
    assert made.changes == ()
    assert made.left == ("2 images whose exposure plan is gone: left as NINA has it",)


def test_a_count_that_was_reset_is_not_lowered_for_what_was_shot_before(
    database: Path, tmp_path: Path
) -> None:
    for number in range(1, 9):
        add_image(database, number, plan=4)
    tell(
        database, "UPDATE exposureplan SET acquired = 3, accepted = 3 WHERE Id = 4"
    )  # reset, then three more
    apply(database, seen({1: "culled", 2: "culled", 8: "culled"}), tmp_path)
    assert counts(database)[4] == (2, 2)


def test_a_count_a_person_lowered_is_not_lowered_for_the_same_frames(database: Path, tmp_path: Path) -> None:
    for number in range(1, 11):
        add_image(database, number, plan=1)
    tell(database, "UPDATE exposureplan SET acquired = 10, accepted = 6 WHERE Id = 1")
    apply(database, seen({1: "culled", 2: "culled", 3: "culled"}), tmp_path)
    assert counts(database)[1] == (10, 6)  # seven images are left accepted


def test_images_of_a_profile_no_rig_names_are_said_and_left(database: Path, tmp_path: Path) -> None:
    tell(database, "UPDATE project SET profileId = 'cccc' WHERE Id = 2")
    add_image(database, 1, plan=4)
    made = apply(database, seen({1: "culled"}), tmp_path)
    assert made.changes == ()
    assert "cccc" in made.left[0]


def test_mosaic_panels_are_counted_apart(database: Path, tmp_path: Path) -> None:
    tell(database, "UPDATE exposureplan SET acquired = 5, accepted = 5 WHERE Id IN (1, 2)")
    for number in (1, 2):
        add_image(database, number, plan=number)
    made = apply(database, seen({2: "culled"}), tmp_path)
    assert counts(database)[1] == (5, 5)
    assert counts(database)[2] == (5, 4)
    (plan,) = [one for one in made.changes if one.table == "exposureplan"]
    assert (plan.about, plan.why) == ("M31 panel 2, L 120 s", "1 culled")


def test_an_exposure_of_minus_one_is_the_templates_and_zero_is_literal(
    database: Path, tmp_path: Path
) -> None:
    rows, _ = read_rows(database, tmp_path, images=True)
    assert [one.exposure_s for one in rows.plans.values()] == [180, 120, 300, 300, 0, 180]
    assert [one.filter for one in rows.plans.values()] == ["L", "L", "Ha 3nm", "Ha 3nm", "L", "L"]


def test_other_tables_are_not_touched(database: Path, tmp_path: Path) -> None:
    add_image(database, 1, plan=1)
    before = _all_but(database, {"exposureplan", "acquiredimage"})
    apply(database, seen({1: "culled"}), tmp_path)
    assert _all_but(database, {"exposureplan", "acquiredimage"}) == before


def _all_but(path: Path, left_out: set[str]) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [
            str(one[0]) for one in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()
            for name in names
            if name not in left_out
        }
