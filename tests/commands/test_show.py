from __future__ import annotations

import csv
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.engine.printing import text_lines
from pipeline.model.errors import UserError
from pipeline.rules.question_columns import cell, chosen_columns, columns_of
from pipeline.rules.question_names import heading
from pipeline.world.catalog import read_catalog
from pipeline.world.library import open_library
from tests.asked_library import RIGS, make_asked_library
from tests.engine.toy_night import CHECKOUT
from tests.living_library import LivingLibrary, make_library

PAGE = CHECKOUT / "docs/questions.md"
SEED = CHECKOUT.parent / "shared/seeds/001_fbb47a5817a4b8f4.txt"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return LivingLibrary(make_asked_library(tmp_path_factory.mktemp("asked") / "library"))


def rows(library, *words):
    arguments = [*words, "--limit", "0"] if "--limit" not in words else list(words)
    answer = library.command("show", *arguments)
    return list(answer.data)


def said(library, *words):
    return "\n".join(text_lines(library.command("show", *words)))


def test_a_target_is_found_in_any_spelling_of_its_catalogue(library):
    found = {
        len(rows(library, "frames", "--target", name))
        for name in ("M 31", "m31", "Messier 31", "messier_031")
    }
    assert len(found) == 1 and found != {0}
    assert rows(library, "frames", "--object", "Caldwell 31") == []


def test_a_star_stands_for_any_letters(library):
    assert {row["target"] for row in rows(library, "sets", "--target", "NGC*")} == {"NGC 7000"}


@pytest.mark.parametrize("words", [
    ("--filter", "ha"), ("--night", "2025-11-04"), ("--from", "2025-11-04", "--to", "2025-11-05"), ("--year", "2025"),
    ("--rig", "SQA55"), ("--optic", "c8e"), ("--camera", "2600"), ("--site", "gard"), ("--exposure", "300"),
    ("--exposure", "100..400"), ("--kind", "lights"), ("--master", "masterDark_EXPOSURE_60.00"),
])  # fmt: skip
def test_frames_and_sets_are_filtered_alike(library, words):
    sets = rows(library, "sets", *words)
    assert sets
    assert len(rows(library, "frames", *words)) == sum(row["frames"] for row in sets)


def test_a_frame_is_asked_for_by_what_was_measured_of_it(library):
    every = rows(library, "frames")
    low = [row["stored"] for row in every if row["hfr"] <= 2.5]
    for words in (("--hfr", "..2.5"), ("--where", "hfr<=2.5"), ("--hfr", "<=2.5")):
        assert sorted(row["stored"] for row in rows(library, "frames", *words)) == sorted(low), words
    assert 0 < len(low) < len(every)


def test_a_frame_is_asked_for_by_state_and_stage(library):
    culled = rows(library, "frames", "--state", "rejected")
    assert {row["state"] for row in culled} == {"culled"}
    assert len(culled) == len(rows(library, "frames", "--stage", "reject")) == 40
    assert len(rows(library, "frames", "--verdict", "accepted", "--stage", "20")) == 200


def test_calibrated_means_frames_or_sets(library):
    assert len(rows(library, "frames", "--calibrated", "yes")) == 20
    partly = rows(library, "sets", "--calibrated", "partly")
    assert {row["calibrated"] for row in partly} == {1}
    assert len(rows(library, "frames", "--calibrated", "partly")) == sum(row["frames"] for row in partly)


def test_nothing_is_backed_up_and_that_is_said(library):
    assert "Nothing is backed up: [backup]" in said(library, "frames", "--backed-up", "yes")
    assert len(rows(library, "frames", "--backed-up", "no")) == 240


def test_the_latest_come_first_and_the_rest_is_counted(library):
    text = said(library, "frames", "--limit", "3")
    assert "and 237 more: --limit 0 shows all" in text
    assert "240 frames, " in text
    nights = [row["night"] for row in rows(library, "frames")]
    assert nights == sorted(nights, reverse=True)


def test_rows_are_sorted_by_any_column_either_way(library):
    up = [row["hfr"] for row in rows(library, "frames", "--sort", "hfr")]
    assert up == sorted(up)
    assert [row["hfr"] for row in rows(library, "frames", "--sort=-hfr")] == sorted(up, reverse=True)


def test_a_clock_is_told_to_the_second():
    assert cell("local", "2026-01-14T22:04:31.123456+01:00") == "22:04:31 +01:00"
    assert cell("local", "2026-01-14T22:04:31") == "22:04:31"


def test_columns_are_chosen_by_name(library):
    answer = library.command("show", "frames", "--columns", "night,hfr", "--limit", "2")
    assert answer.columns == ("night", "HFR")
    assert [set(row) for row in answer.data] == [{"night", "hfr"}] * 2


@pytest.mark.parametrize(("words", "advice"), [
    (("frames", "--state", "acepted"), 'did you mean "accepted"?'),
    (("frames", "--stage", "20_Date"), 'did you mean "20_Data"?'),
    (("frames", "--kind", "ligth"), 'did you mean "LIGHT"?'),
    (("frames", "--where", "hrf<2"), 'did you mean "hfr"?'),
    (("frames", "--sort", "nigth"), 'did you mean "night"?'),
    (("frames", "--columns", "fillter"), 'did you mean "filter"?'),
    (("stats", "--by", "objct"), 'did you mean "object"?'),
    (("frames", "--where", "temp<0"), 'did you mean "sensor_temp_c", "set_temp_c"'),
    (("frames", "--where", "altitud>0"), 'did you mean "altitude_deg" or "moon_altitude_deg"?'),
    (("frames", "--where", "target=1"), "type --target"),
    (("frames", "--where", "hours>1"), "accepted_s says nothing of frames"),
    (("frames", "--hfr", "2.5..1"), "the wrong way round; the lower end stands first: 1..2.5"),
    (("sets", "--exposure", "300..60"), "60..300"),
    (("frmaes",), 'did you mean "frames"?'),
])  # fmt: skip
def test_a_word_that_can_never_be_right_is_refused_with_the_nearest(library, words, advice):
    with pytest.raises(UserError, match=re.escape(advice)):
        library.command("show", *words)


@pytest.mark.parametrize(
    "subject", ["frames", "sets", "sessions", "targets", "masters", "equipment", "sites", "projects"]
)
def test_json_csv_and_columns_share_one_vocabulary(library, subject):
    told = rows(library, subject)
    assert told
    names = set().union(*told)
    assert names - {"details", "places", "parted"} <= set(columns_of(subject))
    assert not names & {"values", "medians", "levels"}
    header = library.command("show", subject, "--csv", "--limit", "1").sentences[0].split(",")
    assert names - {"parted"} <= {*header, "details", "places"}
    for name in names - {"parted"}:
        assert chosen_columns(subject, name) == (name,) == chosen_columns(subject, heading(name))


def test_what_stands_above_a_column_may_be_typed(library):
    low = rows(library, "frames", "--where", "rms<2")
    assert 0 < len(low) == len(rows(library, "frames", "--where", "rms_arcsec<2")) < 240
    assert [set(row) for row in rows(library, "frames", "--columns", "RMS,exposure", "--limit", "1")] == [
        {"rms_arcsec", "exposure_s"}
    ]
    assert rows(library, "sets", "--where", "hours>0.5") == rows(
        library, "sets", "--where", "accepted_s>1800"
    )


def test_a_frame_is_asked_for_by_what_its_set_says(library):
    assert len(rows(library, "frames", "--where", "gain=100")) == 240
    assert rows(library, "frames", "--where", "gain=101") == []
    assert {row["camera"] for row in rows(library, "frames", "--sort=-gain")} == {"ZWO ASI2600MM Pro"}


def test_limits_on_sums_are_held_against_the_sums(library):
    every = rows(library, "targets")
    most = max(row["accepted_s"] for row in every)
    found = rows(library, "targets", "--where", f"accepted_s>={most}")
    assert {row["accepted_s"] for row in found} == {most} and len(found) < len(every)


def test_a_quantity_nobody_measured_is_said(library):
    assert "No frame here has fwhm_arcsec." in said(library, "sets", "--where", "fwhm_arcsec<2")


def test_a_name_nobody_bears_is_answered_with_nothing_and_a_hint(library):
    assert 'No filter here is called "OII": did you mean "OIII"?' in said(
        library, "frames", "--filter", "OII"
    )
    assert 'did you mean "NGC 7000"?' in said(library, "sets", "--target", "NGC 70000")


@pytest.mark.parametrize("words", [
    ("frames", "--hfr", "x"), ("frames", "--night", "yesterday"), ("frames", "--from", "2026-01-02", "--to", "2026-01-01"),
    ("frames", "--year", "26"), ("frames", "--limit", "-1"), ("frames", "--by", "month"), ("masters", "--state", "culled"),
    ("sets", "--what", "camera"), ("frames", "--where", "hfr"), ("frames", "--hfr", ".."),
])  # fmt: skip
def test_what_cannot_be_asked_is_said(library, words):
    with pytest.raises(UserError):
        library.command("show", *words)


def test_sums_are_of_unrounded_seconds_and_add_up(library):
    total = library.command("show", "stats").data
    for key in ("object", "filter", "rig", "month", "year", "night", "exposure", "camera", "rig,filter"):
        parts = rows(library, "stats", "--by", key)
        assert sum(row["accepted_s"] for row in parts) == total["accepted_s"] == 36_000.0, key
        assert sum(row["frames"] for row in parts) == 240, key
    assert "Accepted     200 frames, 10 h" in said(library, "stats")


def test_frames_that_lack_what_they_are_sorted_by_say_so(library):
    assert "None of them has focuser_temp_c to be sorted by." in said(
        library, "frames", "--sort", "focuser_temp"
    )


def test_sums_of_nothing_are_nothing(library):
    text = said(library, "stats", "--year", "1999")
    assert "Masters      0" in text and "Frames       0\n" in text
    every = {one["path"] for one in rows(library, "masters")}
    assert f"Masters      {len(every)}" in said(library, "stats")
    assert "Masters      1" in said(library, "stats", "--target", "M31", "--exposure", "60")


def test_targets_tell_hours_by_filter_nights_and_stages(library):
    (one,) = rows(library, "targets", "--target", "M31")
    assert one["target"] == "M 31" and one["object"] == "M31"
    assert one["filters"] == {"G": 600.0, "L": 600.0, "R": 3000.0}
    assert one["nights"] == 1 and one["stages"] == ["20_Data", "_Reject"]


def test_sessions_masters_equipment_sites_and_projects_are_answered(library):
    assert len(rows(library, "sessions")) == 8
    assert {row["rig"] for row in rows(library, "sessions", "--rig", "SQA55")} == {RIGS[1]}
    assert len(rows(library, "masters", "--kind", "dark", "--exposure", "60")) == 1
    assert len(rows(library, "masters", "--target", "M31")) == 2
    assert [row["name"] for row in rows(library, "equipment", "--what", "optic")] == ["C8E", "SQA55"]
    assert [row["name"] for row in rows(library, "equipment", "--what", "optic", "--rig", "SQA55")] == [
        "SQA55"
    ]
    assert [row["name"] for row in rows(library, "sites")] == ["garden"]
    assert {row["target"] for row in rows(library, "projects", "--target", "m31")} == {"M 31"}


def test_csv_is_read_back_and_holds_no_formula(library):
    answer = library.command("show", "sets", "--csv")
    read = list(csv.DictReader(answer.sentences))
    assert len(read) == 20
    assert {row["target"] for row in read if "cmd" in row["target"]} == {"'=cmd|' /C calc'!A0"}
    assert float(read[0]["accepted_s"]) in {600.0, 3000.0}
    assert len(list(csv.DictReader(library.command("show", "frames", "--csv").sentences))) == 240


def test_what_is_to_be_known_never_stands_in_a_csv_file(library):
    answer = library.command("show", "frames", "--csv", "--backed-up", "no", "--filter", "OII")
    assert len(answer.sentences) == 1 and answer.closing == ()


def test_a_damaged_file_is_a_sentence_and_the_others_answer(tmp_path):
    library = LivingLibrary(make_asked_library(tmp_path / "library"))
    path = library.root / "_Catalog" / f"{RIGS[0]}.json"
    path.write_bytes(path.read_bytes()[:-40])
    answer = library.command("show", "frames")
    text = "\n".join(text_lines(answer))
    assert answer.code() == 1 and "is damaged" in text and "SQA55 + ZWO" in text
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b'"frames":{') + 100] + b"}}\n")
    with pytest.raises(UserError, match="Delete _Catalog"):
        library.command("show", "frames", "--rig", "C8E")


def test_a_library_without_a_catalogue_says_what_to_type(tmp_path):
    library = make_library(tmp_path / "library")
    assert "doit" in said(library, "frames") and library.command("show", "frames").code() == 1


def test_a_typed_question_is_answered_as_json_and_changes_nothing(library):
    before = library.picture()
    told = json.loads(library.doit("show", "frames", "--target", "M31", "--json").stdout)
    assert told == rows(library, "frames", "--target", "M31")
    assert library.picture() == before


def test_a_question_loads_nothing_heavy(library):
    code = (
        "import sys; from doit.__main__ import main\n"
        "sys.argv = ['doit', 'show', 'frames', '--limit', '1']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([name for name in ('numpy', 'astropy', 'tinydb', 'jinja2', 'boto3', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=library.root, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def documented():
    """The table of docs/questions.md: what is typed there, what here."""
    table = PAGE.read_text("utf-8").partition("## Coming from astro_cat")[2]
    return re.findall(r"^\| `main\.py (.+?)` \| `(doit.*?)` \|", table, re.MULTILINE)


def test_every_example_of_the_seed_has_its_line_in_the_table():
    if not SEED.exists():
        pytest.skip("../shared/seeds is not here")
    usage = (
        SEED.read_text("utf-8", errors="replace").partition("Command Line Usage\n")[2].partition("\n---\n")[0]
    )
    examples = re.findall(r"^python main\.py (.+?)(?:\s+#.*)?$", usage, re.MULTILINE)
    assert len(examples) == 22
    assert [there for there, _ in documented()] == examples


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Two frames on their way from the inbox to the catalogue."""
    library = make_library(tmp_path_factory.mktemp("real") / "library")
    library.shoot(1, 2)
    library.doit()
    return library


@pytest.mark.parametrize("line", [here for _, here in documented()])
def test_a_line_of_the_table_is_answered_literally(real, line):
    words = shlex.split(line)[1:]
    if words[:1] == ["help"]:
        assert "doit" in real.doit(*words).stdout
    elif words:
        assert real.command(words[0], *words[1:]).code() == 0
    else:
        real.doit()


def test_what_a_night_brought_is_found_again(real):
    assert read_catalog(open_library(real.root)).troubles == []
    found = rows(real, "frames", "--target", "M31")
    assert sorted(Path(row["stored"]).name for row in found) == sorted(Path(one).name for one in real.stored)
    assert real.command("show", "stats").data["frames"] == 2
