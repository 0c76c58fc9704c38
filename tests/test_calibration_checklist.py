"""The checklist of calibration, read as one page: what peers were asked for and mostly never had, a test a line.

`PROVEN` names for each line the tests that show it; those of this file go through a whole library and `doit`. Lines on
which master serves which light are in tests/rules/test_matching_checklist.py.
"""

from __future__ import annotations

import ast
import errno
import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.engine.shift import Shift
from pipeline.model.answers import CANNOT, OK, WAITS
from pipeline.model.calibration import Calibrate, MasterRecipe, Masters
from pipeline.model.frames import Kind
from pipeline.world import calibrating, calibration_crew
from pipeline.world.calibrated_manifest import read_calibrated, read_progress
from pipeline.world.fits_image import as_cards, image_bytes, open_image
from pipeline.world.headers import read_header
from pipeline.world.library import open_library
from pipeline.world.pictures import open_picture
from pipeline.world.space import Room
from tests.interrupted import interrupted_at
from tests.libraries import half_files
from tests.looking import listed
from tests.masters_library import FEW, LEVELS, LIMITS, NO_PAGES, Stacked, make_stacked
from tests.stages.night_library import NO_EYES, RIG, outside_caches
from tests.world.disks import small_disk

ROOT = Path(__file__).resolve().parents[1]
INTERRUPTED = 130
FACTS = ROOT.parent / "shared/facts/catalog_peers.md"
HERE = "tests.test_calibration_checklist"
MATCHING = "tests.rules.test_matching_checklist"
STAGE, ONE, RULES = (
    "tests.stages.test_calibrated",
    "tests.world.test_calibrating",
    "tests.rules.test_calibrating",
)
MADE, BESIDE, PIXELS = (
    "tests.stages.test_masters",
    "tests.stages.test_distributed",
    "tests.pixels.test_calibrate",
)


PROVEN: dict[str, tuple[str, ...]] = {
    "base calibrate_light_frame / session / master discovery / header / CLI / GUI dialog": (
        f"{PIXELS}.test_calibrated_sky_is_flat_with_flat_darks",
        f"{STAGE}.test_accepted_lights_are_calibrated_beside_the_originals",
        f"{MATCHING}.test_line_base_masters_are_discovered_by_kind_for_one_light",
        f"{ONE}.test_every_card_of_the_light_is_kept_byte_for_byte",
        "tests.commands.test_calibrate.test_it_says_what_it_would_take_and_does_it_when_told",
    ),
    "1 telescope/instrument and binning match": (
        f"{MATCHING}.test_line_1_telescope_instrument_and_binning_match",
    ),
    "1 gain, offset match": (f"{MATCHING}.test_line_1_gain_and_offset_match",),
    "1 temperature ±5 °C": (
        f"{MATCHING}.test_line_1_temperature_within_five_degrees_on_a_camera_without_a_set_point",
        f"{MATCHING}.test_line_1_temperature_within_one_degree_of_the_set_point_of_a_cooled_one",
        f"{STAGE}.test_a_light_whose_sensor_was_too_warm_is_named_and_others_go_on",
    ),
    "1 flat filter": (f"{MATCHING}.test_line_1_flat_filter_match",),
    "1 closest date, not future": (
        f"{MATCHING}.test_line_1_closest_date_and_where_the_rig_says_so_not_future",
    ),
    "1 existence check, missing-master fallback": (
        f"{MATCHING}.test_line_1_a_missing_master_is_said_and_the_rest_is_still_found",
        f"{STAGE}.test_calibrated_with_less_it_is_redone_once_when_the_master_comes",
        f"{BESIDE}.test_master_whose_library_lost_it_stays_beside_the_lights",
    ),
    "1 integrity, compatibility warnings": (
        f"{MATCHING}.test_line_1_an_unsound_master_is_set_aside_with_a_reason_and_the_next_best_taken",
        f"{MATCHING}.test_line_1_compatibility_warnings_name_the_master_and_the_doubt",
        f"{ONE}.test_a_master_that_is_not_what_was_chosen_is_refused",
    ),
    "2 detect uncalibrated sessions, skip without masters, mixed sessions": (
        f"{HERE}.test_line_2_sets_without_masters_are_skipped_and_said_while_others_are_calibrated",
        f"{STAGE}.test_switching_it_on_later_leaves_finished_sets_alone_until_somebody_asks",
        f"{MATCHING}.test_line_2_mixed_sessions_each_light_is_matched_by_its_own_keys",
    ),
    "2 priority queue": (f"{HERE}.test_line_2_the_newest_night_is_served_and_calibrated_first",),
    "2 multi-level progress, ETA": (
        f"{HERE}.test_line_2_progress_tells_stage_set_and_frame",
        f"{HERE}.test_line_2_progress_tells_the_time_left_to_whoever_asks_meanwhile",
        "tests.engine.test_reporter.test_time_left_is_told_from_the_pace",
    ),
    "2 cancel": (
        f"{HERE}.test_line_2_cancelled_among_lights_nothing_is_half_and_the_next_run_goes_on_at_the_frame",
        f"{HERE}.test_line_2_cancelled_while_a_master_is_made_nothing_is_half_and_the_next_run_makes_it",
        f"{ONE}.test_ending_the_workers_stops_the_lights_behind",
    ),
    "3 ini section, GUI settings": (
        f"{HERE}.test_line_3_every_key_of_calibrate_is_in_the_table_of_its_tests",
        f"{HERE}.test_line_3_a_key_of_calibrate_changes_what_happens",
        f"{HERE}.test_line_3_originals_cannot_be_given_up_and_the_reason_is_said",
        f"{HERE}.test_line_3_every_key_of_masters_changes_what_happens_kind_by_kind",
        f"{HERE}.test_line_3_the_backend_is_the_one_that_was_asked_for",
        "tests.stages.test_gathered.test_what_wbpp_made_is_copied_renamed_and_written_down",
    ),
    "4 pre-checks: header, exposure, filter, dimensions": (
        f"{RULES}.test_what_does_not_fit_is_said_with_both_values",
        f"{MATCHING}.test_line_4_exposure_filter_and_dimensions_are_checked_before_a_master_is_used",
        f"{ONE}.test_a_light_that_does_not_allow_it_is_named",
        f"{ONE}.test_masters_of_two_sizes_are_refused",
        f"{BESIDE}.test_master_of_another_size_is_not_laid_beside_the_lights",
    ),
    "4 post statistics": (
        f"{HERE}.test_line_4_what_was_counted_and_scored_stands_in_header_and_record_alike",
        f"{RULES}.test_a_score_says_what_cost_points_with_value_and_limit",
        f"{PIXELS}.test_a_bias_counted_wrongly_costs_the_score",
    ),
    "4 negative pixels": (
        f"{HERE}.test_line_4_negatives_are_counted_one_by_one_and_a_pedestal_keeps_them",
        f"{PIXELS}.test_what_falls_below_or_above_is_clipped_and_counted",
    ),
    "4 score, threshold, auto-reject": (
        f"{STAGE}.test_a_light_that_fails_its_check_is_withheld_and_stays_accepted",
        f"{HERE}.test_line_4_the_threshold_decides_what_is_withheld_and_a_lower_one_releases_it",
        f"{HERE}.test_line_4_what_is_withheld_is_listed_by_status_and_why",
        f"{RULES}.test_a_score_says_what_cost_points_with_value_and_limit",
    ),
    "5 trigger after masters, complete workflow (-o all)": (
        f"{HERE}.test_line_5_from_raw_frames_to_calibrated_lights_in_one_doit",
        f"{HERE}.test_line_5_the_run_that_makes_the_missing_master_calibrates_with_it",
        f"{HERE}.test_line_5_a_preview_runs_nothing",
        f"{HERE}.test_line_5_a_preview_foresees_what_will_be_calibrated",
    ),
    "5 status in UI": (
        f"{BESIDE}.test_status_says_what_to_shoot_and_for_how_many",
        f"{BESIDE}.test_status_says_that_a_better_dark_is_there_for_an_accepted_set",
        f"{HERE}.test_line_9_status_tells_how_far_a_set_is_with_which_masters_and_what_score",
    ),
    "5 cloud: calibrated frames, soft delete, URLs": (
        f"{HERE}.test_line_5_calibrating_takes_no_original_away_and_the_sums_hold",
    ),
    "6 calibration timestamp": (
        f"{HERE}.test_line_6_a_calibrated_light_names_its_masters_by_hash_its_steps_and_its_time",
        f"{ONE}.test_same_light_and_masters_give_the_same_bytes_whenever_it_is_done",
    ),
    "6 parameters, links to masters": (
        f"{HERE}.test_line_6_a_calibrated_light_names_its_masters_by_hash_its_steps_and_its_time",
        f"{MATCHING}.test_line_6_the_choice_is_written_with_its_parameters",
        f"{RULES}.test_a_basis_changes_with_all_that_pixels_depend_on_and_nothing_else",
    ),
    "6 quality per frame": (
        f"{HERE}.test_line_4_what_was_counted_and_scored_stands_in_header_and_record_alike",
    ),
    "6 session completion %, queries": (
        f"{HERE}.test_line_6_a_sets_record_tells_percent_masters_and_score",
        f"{STAGE}.test_without_the_manifest_headers_are_read_and_nothing_is_written",
    ),
    "7 corrupted masters, messages, retry": (
        f"{MADE}.test_damaged_master_is_found_out_and_made_again",
        f"{BESIDE}.test_cut_off_master_is_set_aside_and_the_next_best_is_taken",
        f"{STAGE}.test_a_master_that_was_changed_since_it_was_chosen_is_not_used",
        f"{HERE}.test_line_7_swapped_masters_are_told_apart_by_their_bytes",
        f"{HERE}.test_line_7_passing_trouble_is_tried_again_and_then_later",
    ),
    "7 resume batch, disk space, manual intervention": (
        f"{STAGE}.test_a_killed_run_goes_on_at_the_light_where_it_was",
        f"{HERE}.test_line_7_room_is_looked_at_before_a_light_is_written",
        f"{HERE}.test_line_7_a_disk_that_fills_in_the_middle_leaves_nothing_half",
        f"{MADE}.test_strange_master_is_held_until_ok_is_said",
        f"{MADE}.test_rejected_master_is_not_made_again",
        "tests.commands.test_pin.test_a_pin_can_be_taken_back",
    ),
    "8 memory map, limits, float32, parallel, CPU cap": (
        f"{HERE}.test_line_8_any_number_of_frames_is_integrated_in_the_memory_that_is_allowed",
        f"{HERE}.test_line_8_masters_and_calibrated_lights_are_float32_of_adu_over_65535",
        f"{HERE}.test_line_8_no_more_lights_are_calibrated_at_once_than_workers_are_allowed",
        "tests.world.test_builtin_stacker.test_number_of_processes_and_memory_change_no_byte",
        "tests.world.test_xisf_image.test_one_strip_of_a_plain_picture_takes_no_more_memory_than_its_rows",
    ),
    "9 status columns, master shown": (
        f"{HERE}.test_line_9_status_tells_how_far_a_set_is_with_which_masters_and_what_score",
        f"{BESIDE}.test_why_names_the_masters_of_a_frames_set",
    ),
    "9 plan/preview, manual choice of master, parameter UI, compare": (
        f"{HERE}.test_line_5_a_preview_runs_nothing",
        f"{MATCHING}.test_line_9_a_preview_lists_every_master_with_its_verdict",
        "tests.commands.test_match.test_every_master_is_listed_with_its_verdict_and_reason_and_nothing_is_written",
        "tests.commands.test_pin.test_a_pinned_master_is_used_and_its_differences_are_said",
        "tests.commands.test_calibrate.test_it_says_what_it_would_take_and_does_it_when_told",
        "tests.commands.test_rematch.test_what_would_change_is_told_to_programs",
    ),
    "10 user guide, FAQ": (
        f"{HERE}.test_line_10_guide_settings_troubleshooting_and_questions_are_written",
        "tests.commands.test_documented_lines.test_a_documented_line_is_understood_literally",
    ),
    "10 unit, integration, benchmark, regression tests": (
        f"{HERE}.test_every_test_the_checklist_names_is_there",
        f"{HERE}.test_line_10_benchmarks_of_masters_and_calibrated_lights_are_there",
    ),
    "metrics 100+ lights in <30 min; >95 % success": (
        f"{HERE}.test_line_metrics_of_a_hundred_lights_more_than_95_in_100_are_calibrated",
    ),
}


def test_every_test_the_checklist_names_is_there():
    named = {name for names in PROVEN.values() for name in names}
    there: dict[str, set[str]] = {}
    for module in {name.rpartition(".")[0] for name in named}:
        text = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        there[module] = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    assert [
        name for name in sorted(named) if name.rpartition(".")[2] not in there[name.rpartition(".")[0]]
    ] == []
    mine = {name for name in there[HERE] if name.startswith("test_line_")}
    assert {f"{HERE}.{name}" for name in mine} <= named, "a test of a line that the table does not name"


@pytest.mark.skipif(not FACTS.exists(), reason="../shared/facts is not beside this checkout")
def test_every_line_of_the_checklist_is_in_the_table():
    section = FACTS.read_text(encoding="utf-8").partition("\n## B5b")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| *([^|]+?) *\| *([^|]+?) *\|", section, re.MULTILINE)
    asked = {f"{number} {item}" for number, item in rows if number != "#" and not number.startswith("-")}
    assert asked and asked == set(PROVEN)


# -- two libraries that are made once: one that is only looked at, one that is copied ----------------------------------

UNSEEN = LIMITS + FEW + NO_EYES + "[accept]\nmin_frames = 1\n"
"""Nobody need look at anything; three frames make a master."""
CALIBRATE = "[calibrate]\nenabled = true\n"
SKY_ADU, DARK_ADU, HOT = 900.0, 560.0, (5, 7)
DATA = f"{RIG}/20_Data"


def shoot(night: Stacked, number: int, target: str, **more: Any) -> None:
    """Lights of 300 s, with the camera's hot pixel; what NINA measured stands in their names."""
    for _ in range(number):
        told = {
            "level": SKY_ADU,
            "noise": 20.0,
            "OBJECT": target,
            "EXPTIME": 300.0,
            "EXPOSURE": 300.0,
            "FILTER": "L",
        }
        (path,) = night.expose("LIGHT", 1, **{**told, **more})
        heat(path).rename(path.with_name(f"{path.stem}_HFR_2.00.fits"))


def heat(path: Path) -> Path:
    """The camera's hot pixel."""
    layout = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "EXTEND", "BZERO", "BSCALE"}
    cards = {key: value for key, value in read_header(path).cards.items() if key not in layout}
    pixels = open_image(path).pixels().copy()
    pixels[HOT] = 30_000
    path.write_bytes(image_bytes(pixels, as_cards(cards)))
    return path


def expose_masters(night: Stacked, number: int = 3) -> None:
    """Raw frames of every kind of master."""
    for kind in ("BIAS", "DARK", "FLAT", "FLATDARK"):
        for path in night.expose(kind, number):
            if kind == "DARK":
                heat(path)


def copies(night: Stacked, target: str = "") -> list[Path]:
    """The calibrated lights (of this target)."""
    return sorted((night.root / DATA / target).rglob("calibrated/**/*.fits"))


def cards_of(path: Path) -> dict[str, Any]:
    return dict(read_header(path).cards)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass
class Night(Stacked):
    """A library after one `doit`."""

    said: str = ""
    told: list[tuple[str, str, int, int]] = field(default_factory=list)
    """What each stage said of how far it is: stage, job, done, of."""
    meanwhile: Any = None
    """What `doit status` answered in the middle."""
    planned: Any = None
    originals: dict[str, str] = field(default_factory=dict)

    def of_stage(self, stage: str) -> list[tuple[str, int, int]]:
        return [(job, done, of) for name, job, done, of in self.told if name == stage]


@pytest.fixture(autouse=True, scope="module")
def lights_have_levels() -> Iterator[None]:
    """Lights arrive as calibration frames do."""
    LEVELS["LIGHT"] = (SKY_ADU, 300.0, "L")
    yield
    del LEVELS["LIGHT"]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, lights_have_levels: None) -> Night:
    """Raw frames of all kinds and 105 lights, one through a filter without flats; then `doit`, once."""
    made = Night(make_stacked(tmp_path_factory.mktemp("night") / "library").root)
    made.limit(UNSEEN + CALIBRATE)
    expose_masters(made)
    shoot(made, 104, "M31")
    shoot(made, 1, "M31", FILTER="R")
    before = listed(made.root)
    made.planned = made.ask("plan")
    assert listed(made.root) == before
    made.originals = {path.name: sha256(path) for path in (made.root / "_Inbox").iterdir()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shift, "progress", heard(made))
        made.said = made.doit()
    return made


def heard(night: Night) -> Callable[..., None]:
    """Notes what stages say; once, in the middle of the lights, a second goes by and somebody asks."""
    real = Shift.progress

    def progress(shift: Shift, job: Any, done: int, of: int) -> None:
        night.told.append((job.stage, job.name, done, of))
        if job.stage == "calibrated" and done == 40 and night.meanwhile is None:
            time.sleep(1.05)
            real(shift, job, done, of)
            night.meanwhile = night.ask("status")
        real(shift, job, done, of)

    return progress


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory, lights_have_levels: None) -> Path:
    """Masters made, lights accepted, none calibrated: M31 is good, M33 lies below its dark, M42 is 3.9 °C warmer, M51 has no flat."""
    made = make_stacked(tmp_path_factory.mktemp("accepted") / "library")
    made.limit(UNSEEN)
    expose_masters(made)
    shoot(made, 4, "M31")
    shoot(made, 2, "M33", level=DARK_ADU - 5)
    shoot(made, 2, "M42", CCD__TEMP=-6.0)
    shoot(made, 1, "M51", FILTER="R")
    made.doit()
    return made.root


@pytest.fixture
def asked(accepted: Path, tmp_path: Path) -> Stacked:
    """A copy whose rig asks for calibration, and a person for that of these lights."""
    return asking(accepted, tmp_path / "library")


def asking(accepted: Path, root: Path, settings: str = "") -> Stacked:
    found = Stacked(copied(accepted, root), shot=100)
    found.limit(UNSEEN + CALIBRATE + settings)
    found.ask("calibrate", "--rig", RIG, "--yes")
    return found


def copied(library: Path, root: Path) -> Path:
    """A copy in which one file's names are still one file's."""
    if os.name == "nt":
        pytest.skip("copying a library with its links takes cp -a")
    subprocess.run(["cp", "-a", library, root], check=True)
    return root


# -- 2: sets, order, progress, cancel ----------------------------------------------------------------------------------


def test_line_2_sets_without_masters_are_skipped_and_said_while_others_are_calibrated(night):
    assert "104 calibrated" in night.said
    assert re.search(r"M31 R 300 s +not calibrated, it lacks flats", night.said), night.said
    assert all("FILTER_L_" in path.parent.name for path in copies(night))
    assert any("flats" in line.casefold() and " R" in line for line in night.ask("status", "--all").sentences)


@pytest.mark.parametrize("stage", ["distributed", "calibrated"])
def test_line_2_the_newest_night_is_served_and_calibrated_first(three_nights, stage):
    found = [re.match(rf"\. {stage}:.*DATE_([\d-]+)", line) for line in three_nights.splitlines()]
    assert [one[1] for one in found if one] == ["2026-01-16", "2026-01-15", "2026-01-14"]


@pytest.fixture(scope="module")
def three_nights(tmp_path_factory: pytest.TempPathFactory, lights_have_levels: None) -> str:
    """What `doit` said of three nights that came at once."""
    night = make_stacked(tmp_path_factory.mktemp("three") / "library")
    night.limit(UNSEEN + CALIBRATE)
    expose_masters(night)
    for day in (0, 2, 1):
        shoot(night, 1, "M31", day=day)
        night.expose("FLAT", 3, day=day)
    return night.doit()


def test_line_2_progress_tells_stage_set_and_frame(night):
    lights = night.of_stage("calibrated")
    assert len({job for job, _, _ in lights}) == 1
    assert all("/M31/" in job for job, _, _ in lights)
    assert [(done, of) for _, done, of in lights] == [(number, 104) for number in range(1, 105)]
    rows = night.of_stage("masters")
    assert {job.rpartition("/")[2].partition("_")[0] for job, _, _ in rows} == {
        "masterBias", "masterDark", "masterFlat", "masterFlatDark",
    }  # fmt: skip
    assert all(0 <= done <= of for _, done, of in rows)


def test_line_2_progress_tells_the_time_left_to_whoever_asks_meanwhile(night):
    running = night.meanwhile.data["running"]
    assert (running["stage"], running["done"], running["of"]) == ("calibrated", 40, 104)
    assert running["seconds_left"] > 0
    said = "\n".join(night.meanwhile.sentences)
    assert re.search(r"Calibrated: 40 of 104, .* left", said), said


def test_line_2_cancelled_among_lights_nothing_is_half_and_the_next_run_goes_on_at_the_frame(asked):
    stopped = interrupted_at(asked.root, "pipeline.world.calibrating:place_part", 2)
    assert stopped.returncode == INTERRUPTED
    assert stopped.stderr.startswith("Stopped. What was finished is kept")
    done = {path: path.stat() for path in copies(asked)}
    assert 2 <= len(done) < 6
    assert half_files(asked.root) == []
    asked.doit()
    assert len(copies(asked)) == 6
    assert all(
        (path.stat().st_ino, path.stat().st_mtime_ns) == (was.st_ino, was.st_mtime_ns)
        for path, was in done.items()
    )
    asked.require_rest()


@pytest.mark.parametrize(
    "step", ["pipeline.world.integrating:begin_file", "pipeline.world.shelving:place_part"]
)
def test_line_2_cancelled_while_a_master_is_made_nothing_is_half_and_the_next_run_makes_it(tmp_path, step):
    night = make_stacked(tmp_path / "library")
    night.limit(UNSEEN)
    night.expose("BIAS", 3)
    assert interrupted_at(night.root, step, 1).returncode == INTERRUPTED
    assert half_files(night.root) == []
    night.doit()
    (one,) = night.shelf()
    assert (one.frames, one.held, one.trouble) == (3, "", "")
    night.require_rest()


# -- 3: settings -------------------------------------------------------------------------------------------------------


def no_copies(night: Stacked) -> bool:
    return copies(night) == []


def with_card(target: str, key: str, value: Any) -> Callable[[Stacked], bool]:
    def has_it(night: Stacked) -> bool:
        found = copies(night, target)
        return bool(found) and all(cards_of(path).get(key) == value for path in found)

    return has_it


def named(end: str) -> Callable[[Stacked], bool]:
    return lambda night: (
        len(copies(night, "M31")) == 4 and all(path.stem.endswith(end) for path in copies(night))
    )


def none_of(target: str) -> Callable[[Stacked], bool]:
    return lambda night: copies(night, target) == [] and copies(night, "M31") != []


KEYS: dict[str, tuple[str, Callable[[Stacked], bool]] | str] = {
    "enabled": ("", no_copies),
    "suffix": ('suffix = "-c"', named("-c")),
    "preserve_originals": f"{HERE}.test_line_3_originals_cannot_be_given_up_and_the_reason_is_said",
    "on_new_master": f"{STAGE}.test_other_masters_redo_what_the_rig_says",
    "require": ('require = ["dark"]', with_card("M51", "CALSTEPS", "DARK")),
    "quality_check": ("quality_check = false", lambda night: len(copies(night, "M33")) == 2),
    "min_score": ("min_score = 0", lambda night: len(copies(night, "M33")) == 2),
    "max_temperature_difference_c": ("max_temperature_difference_c = 3", none_of("M42")),
    "output": ('output = "uint16"', with_card("M31", "BITPIX", 16)),
    "cosmetic": ("cosmetic = true", with_card("M31", "CALFILL", 1)),
    "pedestal": ("pedestal = 120", with_card("M31", "PEDESTAL", 120)),
}
"""Of [calibrate], each key, another value than the usual one, and what is so then and was not; or where it is shown."""


def test_line_3_every_key_of_calibrate_is_in_the_table_of_its_tests():
    assert set(KEYS) == {one.name for one in fields(Calibrate)}
    elsewhere = {name for name in KEYS.values() if isinstance(name, str)}
    assert elsewhere <= {name for names in PROVEN.values() for name in names} | {
        f"{STAGE}.test_other_masters_redo_what_the_rig_says"
    }


@pytest.mark.parametrize("key", [key for key, how in KEYS.items() if not isinstance(how, str)])
def test_line_3_a_key_of_calibrate_changes_what_happens(accepted, usual, tmp_path, key):
    settings, is_so = KEYS[key]
    assert not is_so(usual)
    night = Stacked(copied(accepted, tmp_path / "library"), shot=100)
    night.limit(UNSEEN + (CALIBRATE + settings if settings else ""))
    assert night.ask("calibrate", "--rig", RIG, "--yes").exit_code == (OK if settings else CANNOT)
    night.doit()
    assert is_so(night)
    night.require_idle()


@pytest.fixture(scope="module")
def usual(accepted: Path, tmp_path_factory: pytest.TempPathFactory) -> Stacked:
    """The same as `asked`, and calibrated, with every key as it usually is."""
    found = asking(accepted, tmp_path_factory.mktemp("usual") / "library")
    found.doit()
    return found


def test_line_3_originals_cannot_be_given_up_and_the_reason_is_said(asked):
    asked.limit(UNSEEN + CALIBRATE + "preserve_originals = false\n")
    said = asked.doit(code=CANNOT)
    assert "calibrate.preserve_originals: expected true: a stored frame is never changed or removed" in said


def recipe(kind: str, text: str) -> str:
    return f"[masters.{kind}]\nmin_frames = 3\n{text}\n"


def test_line_3_every_key_of_masters_changes_what_happens_kind_by_kind(tmp_path):
    assert {one.name for one in fields(MasterRecipe)} == {
        "min_frames", "combine", "reject", "low_sigma", "high_sigma",
    }  # fmt: skip
    assert {one.name for one in fields(Masters)} == {"backend", "bias", "dark", "flat", "flatdark"}
    night = make_stacked(tmp_path / "library")
    kinds = [
        recipe("bias", 'combine = "median"'),
        recipe("dark", 'reject = "sigma"\nlow_sigma = 2.5\nhigh_sigma = 2.0'),
        recipe("flat", 'reject = "minmax"'),
        "[masters.flatdark]\nmin_frames = 4\n",
    ]
    night.limit(LIMITS + NO_EYES + "".join(kinds))
    expose_masters(night)
    assert "3 of 4 frames, 1 frame missing" in night.doit()
    methods = {one.frame.kind: cards_of(night.root / one.path)["NBMETHOD"] for one in night.shelf()}
    assert methods == {
        Kind.MASTER_BIAS: "median",
        Kind.MASTER_DARK: "mean, sigma clipped 2.5/2.0 sigma",
        Kind.MASTER_FLAT: "mean, without lowest and highest",
    }


@pytest.mark.parametrize("backend", ["siril", "pixinsight"])
def test_line_3_the_backend_is_the_one_that_was_asked_for(tmp_path, backend):
    night = make_stacked(tmp_path / "library")
    night.limit(LIMITS + NO_EYES + FEW.replace("[masters]\n", f'[masters]\nbackend = "{backend}"\n'))
    night.settings(f"{NO_PAGES}\n[{backend}]\ncommand = '{tmp_path / 'not-there'}'")
    night.expose("BIAS", 3)
    said = night.doit(code=WAITS)
    assert "not-there" in said and night.shelf() == [], said


# -- 4: what is counted, what is withheld ------------------------------------------------------------------------------


def rows_of(night: Stacked, target: str) -> list[Any]:
    return list(read_calibrated(open_library(night.root), night.only(target).id).values())


def test_line_4_what_was_counted_and_scored_stands_in_header_and_record_alike(night):
    one = next(now.frames for now in night.sets() if "FILTER_L_EXP_300" in now.frames.id)
    rows = {Path(row.target).name: row for row in read_calibrated(open_library(night.root), one.id).values()}
    assert len(rows) == 104
    for path in copies(night)[:10]:
        cards, row = cards_of(path), rows[path.name]
        counted = [cards[key] for key in ("CALNEG", "CALCLIP", "CALUNDIV", "CALFILL")]
        assert (
            counted == [row.negative, row.clipped, row.undivided, row.filled]
            and cards["CALSCORE"] == row.score
        )
        assert row.score > 90 and row.size == path.stat().st_size


def differences(night: Stacked, target: str) -> list[np.ndarray]:
    """Each light less its dark, by numpy alone, in the order of names."""
    (dark,) = (one for one in night.shelf() if one.frame.kind is Kind.MASTER_DARK)
    taken = open_picture(night.root / dark.path).pixels().astype(np.float64)
    lights = sorted((night.root / DATA / target).glob("accept/*/FILTER*/*.fits"))
    return [open_image(path).pixels().astype(np.float64) - taken for path in lights]


def test_line_4_negatives_are_counted_one_by_one_and_a_pedestal_keeps_them(accepted, tmp_path):
    for number, settings in enumerate(("quality_check = false", "quality_check = false\npedestal = 200")):
        night = asking(accepted, tmp_path / str(number), settings)
        night.doit()
        below = [int((one < 0).sum()) for one in differences(night, "M33")]
        assert min(below) > 100
        said = [cards_of(path)["CALNEG"] for path in copies(night, "M33")]
        assert said == (below if not number else [0, 0])
        lowest = min(float(open_image(path).pixels().min()) for path in copies(night, "M33"))
        assert (lowest > 0) is bool(number)


def test_line_4_the_threshold_decides_what_is_withheld_and_a_lower_one_releases_it(asked):
    asked.doit()
    assert [(row.withheld, row.size) for row in rows_of(asked, "M33")] == [(True, 0)] * 2
    assert all(row.reasons and row.score < Calibrate().min_score for row in rows_of(asked, "M33"))
    assert len(list((asked.root / DATA / "M33/accept").rglob("2026*.fits"))) == 2
    asked.limit(UNSEEN + CALIBRATE + "min_score = 5\n")
    asked.ask("calibrate", "--target", "M33", "--yes")
    asked.doit()
    assert len(copies(asked, "M33")) == 2
    asked.require_idle()


# -- 5: the whole way --------------------------------------------------------------------------------------------------


def test_line_5_from_raw_frames_to_calibrated_lights_in_one_doit(night):
    lines = night.said.splitlines()

    def at(stage: str) -> list[int]:
        return [number for number, line in enumerate(lines) if line.startswith(f". {stage}:")]

    assert max(at("masters")) < min(at("distributed")) and max(at("distributed")) < min(at("calibrated"))
    assert {one.frame.kind for one in night.shelf()} == {
        Kind.MASTER_BIAS, Kind.MASTER_DARK, Kind.MASTER_FLAT, Kind.MASTER_FLATDARK,
    }  # fmt: skip
    beside = sorted(path.name.partition("_")[0] for path in (night.root / DATA).rglob("accept/*/master*"))
    assert beside == ["masterDark", "masterFlat"]
    night.require_whole()
    night.require_idle()


def test_line_5_the_run_that_makes_the_missing_master_calibrates_with_it(tmp_path):
    night = make_stacked(tmp_path / "library")
    night.limit(UNSEEN + CALIBRATE)
    shoot(night, 2, "M31")
    night.expose("FLAT", 3)
    night.expose("FLATDARK", 3)
    assert "it lacks darks of 300 s" in night.doit() and copies(night) == []
    night.expose("DARK", 3, day=3)
    assert "2 calibrated" in night.doit()
    assert [cards_of(path)["CALSTEPS"] for path in copies(night)] == ["DARK + FLAT"] * 2
    night.require_rest()


def test_line_5_a_preview_runs_nothing(night, asked):
    assert "Nothing was touched" in night.planned.closing[-1]  # and the fixture saw that nothing was
    before = outside_caches(asked.root)
    for words in (("plan",), ("match", "--rig", RIG), ("calibrate", "--rig", RIG, "--plan"), ("master",)):
        assert asked.ask(*words).exit_code == OK
    assert outside_caches(asked.root) == before


def test_line_5_a_preview_foresees_what_will_be_calibrated(asked):
    told = "\n".join(asked.ask("plan").sentences)
    assert re.search(r"(?i)sets? to calibrate", told), told


def test_line_5_calibrating_takes_no_original_away_and_the_sums_hold(night):
    stored = {sha256(night.root / path) for path in night.ledger.stored}
    assert set(night.originals.values()) <= stored
    assert {path.name: sha256(path) for path in (night.root / "_Inbox").iterdir()} == night.originals
    assert len(list((night.root / DATA).rglob("accept/*/FILTER*/*.fits"))) == 105
    assert "117 received = 117 stored" in night.said


# -- 6: what is kept of it ---------------------------------------------------------------------------------------------


def test_line_6_a_calibrated_light_names_its_masters_by_hash_its_steps_and_its_time(night):
    by_name = {Path(one.path).name: night.root / one.path for one in night.shelf()}
    cards = cards_of(copies(night)[0])
    assert cards["CALIBRAT"] is True and cards["CALSTEPS"] == "DARK + FLAT" and cards["DARKSCAL"] == 1.0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*", cards["CALDATE"])
    assert cards["CALSOFT"].startswith("Nightbuild ")
    for kind in ("DARK", "FLAT"):
        assert sha256(by_name[cards[f"{kind}MAST"]]).startswith(cards[f"{kind}HASH"])
    assert cards["FDARKMST"] in by_name and "BIASMAST" not in cards
    text = copies(night)[0].read_bytes()
    assert all(f"sha256:{sha256(by_name[cards[key]])}".encode() in text for key in ("DARKMAST", "FLATMAST"))


def test_line_6_a_sets_record_tells_percent_masters_and_score(night):
    told = {
        now.frames.id: read_progress(open_library(night.root), now.frames.id)
        for now in night.sets()
        if now.frames.kind is Kind.LIGHT
    }
    full = next(one for name, one in told.items() if "FILTER_L_" in name)
    assert (full.accepted, full.calibrated, full.percent, full.withheld) == (104, 104, 100.0, 0)
    assert full.score > 90 and set(full.masters.values()) == {104}
    assert [name.partition(" ")[0] for name in full.masters] == ["DARK", "FLAT"]
    assert all(one is None or one.percent == 0 for name, one in told.items() if "FILTER_R_" in name)


# -- 7: trouble --------------------------------------------------------------------------------------------------------


def test_line_7_swapped_masters_are_told_apart_by_their_bytes(asked):
    one, other = sorted((asked.root / "_Dark Library").rglob("master*.fits"))
    dark = sha256(one)
    one.rename(one.with_name("between"))
    other.rename(one)
    one.with_name("between").rename(other)
    asked.doit()
    assert len(copies(asked, "M31")) == 4
    assert all(dark.startswith(cards_of(path)["DARKHASH"]) for path in copies(asked))


def hiccups(times: int) -> Callable[..., None]:
    """Places files as ever, once the disk has failed so many times."""
    real, left = calibrating.place_part, [None] * times

    def place(*arguments: Any) -> None:
        if left:
            left.pop()
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(*arguments)

    return place


@pytest.mark.parametrize(("times", "is_over"), [(1, True), (10_000, False)])
def test_line_7_passing_trouble_is_tried_again_and_then_later(asked, monkeypatch, times, is_over):
    monkeypatch.setattr("pipeline.engine.tasks.sleep", lambda _seconds: None)
    monkeypatch.setattr(calibrating, "place_part", hiccups(times))
    said = asked.doit(code=OK if is_over else WAITS)
    assert bool(re.search(r"^~ calibrated:.*the next run tries again", said, re.MULTILINE)) is not is_over
    assert len(copies(asked)) == (6 if is_over else 0) and half_files(asked.root) == []
    monkeypatch.undo()
    asked.doit()
    assert len(copies(asked)) == 6
    asked.require_rest()


def test_line_7_room_is_looked_at_before_a_light_is_written(asked):
    asked.settings(f"{NO_PAGES}\n[keep_free]\npercent = 100\ngb = 1000000")
    said = asked.doit(code=WAITS)
    assert "4 calibrated lights would take" in said and "make room" in said
    assert copies(asked) == []
    asked.settings(NO_PAGES)
    asked.doit()
    assert len(copies(asked)) == 6
    asked.require_idle()


def test_line_7_a_disk_that_fills_in_the_middle_leaves_nothing_half(accepted, tmp_path, monkeypatch):
    roomy = Room(wanted_bytes=1, free_bytes=10, kept_bytes=0)
    monkeypatch.setattr("pipeline.world.calibration_work.room_for", lambda *_args, **_more: roomy)
    with small_disk(tmp_path / "disk", size="16m") as disk:
        night = asking(accepted, disk / "library")
        night.settings(
            f"state_dir = '{tmp_path / 'state'}'\n{NO_PAGES}"
        )  # what is cached lies on another disk
        real, done = calibrating.place_part, []

        def fills(*arguments: Any) -> None:  # another program takes all the room that is left
            real(*arguments)
            done.append(arguments)
            if len(done) == 1:
                fill(disk / "another")

        monkeypatch.setattr(calibrating, "place_part", fills)
        said = night.doit(code=WAITS)
        assert "no space left on its disk; make room" in said, said
        assert half_files(night.root) == []
        assert 1 <= len(copies(night)) < 6
        whole = {path: sha256(path) for path in copies(night)}
        (disk / "another").unlink()
        night.doit()
        assert len(copies(night)) == 6
        assert {path: sha256(path) for path in whole} == whole
        night.require_whole()
        night.require_idle()


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as taken:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while taken.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue


# -- 8: memory, cores --------------------------------------------------------------------------------------------------

STACK = """
import resource, sys
from pathlib import Path
from pipeline.model.calibration import MasterRecipe
from pipeline.model.frames import Kind
from pipeline.model.library import Limits
from pipeline.model.masters import StackRequest
from pipeline.world.stackers.builtin import BuiltInStacker
def peak():  # not ru_maxrss of this process: it begins with what the one that started it had
    told = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    return max(int(told), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
folder, times = Path(sys.argv[1]), int(sys.argv[2])
frames = tuple(map(str, sorted(folder.glob("*.fits")))) * times
request = StackRequest(frames=frames, kind=Kind.DARK, recipe=MasterRecipe(reject="sigma"))
(folder / "scratch").mkdir()
BuiltInStacker(Limits(workers=1, memory_mb=200)).stack(request, folder / "scratch", lambda *_: None)
print(len(frames), peak() // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is told in kilobytes on Linux only")
@pytest.mark.parametrize(
    ("side", "frames", "times"), [(1000, 8, 10), pytest.param(2000, 20, 10, marks=pytest.mark.slow)]
)
def test_line_8_any_number_of_frames_is_integrated_in_the_memory_that_is_allowed(
    tmp_path, side, frames, times
):
    """As many bytes as all frames together would burst it."""
    chance = np.random.default_rng(3)
    for number in range(frames):
        pixels = chance.integers(500, 600, (side, side), dtype=np.uint16)
        (tmp_path / f"{number:03}.fits").write_bytes(image_bytes(pixels, []))
    run = subprocess.run(
        [sys.executable, "-c", STACK, str(tmp_path), str(times)],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    count, peak_mb = map(int, run.stdout.split())
    assert count == frames * times
    assert peak_mb < 300, f"{peak_mb} MB"


def test_line_8_masters_and_calibrated_lights_are_float32_of_adu_over_65535(night):
    for path in [*(night.root / one.path for one in night.shelf()), copies(night)[0]]:
        cards, pixels = cards_of(path), open_image(path).pixels()
        assert (cards["BITPIX"], cards["ADUSCALE"]) == (-32, 65535.0)
        assert (
            pixels.dtype.kind == "f" and pixels.dtype.itemsize == 4 and 0 <= pixels.min() <= pixels.max() <= 1
        )
    sky = float(np.median(open_image(copies(night)[0]).pixels())) * 65535
    assert sky == pytest.approx(SKY_ADU - DARK_ADU, abs=15)


@pytest.mark.parametrize("workers", [1, 2])
def test_line_8_no_more_lights_are_calibrated_at_once_than_workers_are_allowed(asked, monkeypatch, workers):
    real, lock = calibration_crew.calibrate_light, threading.Lock()
    at_work: list[int] = []
    most: list[int] = []

    def watched(*arguments: Any) -> Any:
        with lock:
            at_work.append(1)
            most.append(len(at_work))
        try:
            time.sleep(0.03)
            return real(*arguments)
        finally:
            with lock:
                at_work.pop()

    monkeypatch.setattr(calibration_crew, "calibrate_light", watched)
    settings = asked.root / "_Rigs/library.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + f"workers = {workers}\n", encoding="utf-8")
    asked.doit()
    assert len(most) == 8 and max(most) == workers


# -- 9, 10, metrics ----------------------------------------------------------------------------------------------------


def test_line_9_status_tells_how_far_a_set_is_with_which_masters_and_what_score(night):
    told = "\n".join(night.ask("status", "--all").sentences)
    assert re.search(r"(?i)calibrated\b.*\b104\b|\b104\b.*\bcalibrated", told), told
    stored = next(path for path in night.ledger.stored if "/LIGHT/M31/FILTER_L_" in path)
    why = "\n".join(night.ask("why", stored).sentences)
    assert "masterDark_EXPOSURE_300.00" in why and "masterFlat_FILTER_L" in why
    assert re.search(r"(?i)calibrated.*score", why), why


def test_line_4_what_is_withheld_is_listed_by_status_and_why(usual):
    assert re.search(r"(?i)withheld", "\n".join(usual.ask("status", "--all").sentences))
    stored = next(path for path in usual.ledger.stored if "/LIGHT/M33/" in path)
    assert re.search(r"(?i)withheld.*fell below 0", "\n".join(usual.ask("why", stored).sentences))


def test_line_10_guide_settings_troubleshooting_and_questions_are_written():
    page = (ROOT / "docs/calibration.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert {"In short", "Masters", "Calibrated lights", "When something is odd", "Questions"} <= set(titles)
    named = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert {one.name for one in fields(Calibrate)} <= named
    assert {one.name for one in fields(MasterRecipe)} <= set(re.findall(r"^ +(\w+) = ", page, re.MULTILINE))
    assert page.partition("## Questions")[2].count("**") >= 8


def test_line_10_benchmarks_of_masters_and_calibrated_lights_are_there():
    for name in ("masters", "calibrate"):
        text = (ROOT / f"tests/bench/{name}.py").read_text(encoding="utf-8")
        assert all(word in text for word in ("Siril", "ccdproc", "measuring"))


def test_line_metrics_of_a_hundred_lights_more_than_95_in_100_are_calibrated(night):
    lights = [path for path in night.ledger.stored if "/LIGHT/" in path and "FILTER_L_" in path]
    assert len(lights) >= 100
    assert len(copies(night)) / len(lights) > 0.95
    assert all(np.isfinite(open_image(path).pixels()).all() for path in copies(night)[::20])


def test_nothing_of_a_copy_touches_the_library_it_came_from(accepted, usual):
    """The tests above stand on it."""
    assert not list(accepted.rglob("*_calibrated.fits")) and len(copies(usual)) == 6
