"""Settings are found where a person left them, and told wholly when they cannot be followed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from pipeline.model.errors import ConfigError
from pipeline.model.library import Library
from pipeline.model.policies import Cull, CullPass
from pipeline.model.rigs import Rig
from pipeline.rules.keys import walk_keys
from pipeline.rules.rigfiles import merge_defaults, read_defaults, read_library, read_rig, read_targets
from pipeline.world.configuration import (
    find_folder,
    load_configuration,
    read_folder,
    read_rig_file,
    shipped_folder,
)

C8E = "C8E@f10.0+ZWO ASI2600MM Pro"
SQA = "SQA55@f5.3+ATR585M"
DWARF = "DWARFIII@f4.3+DWARFIII"
R135 = "R135@f2.8+AP26CC"
SHIPPED = sorted(path.name for path in shipped_folder().glob("*.toml"))
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def rigs(tmp_path):
    """A folder of a person's own, with the shipped files."""
    return Path(shutil.copytree(shipped_folder(), tmp_path / "library" / "_Rigs"))


def complaint(folder, library=None):
    with pytest.raises(ConfigError) as caught:
        read_folder(folder, library)
    return caught.value


def write(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")


class TestShippedRigs:
    def test_load_each(self):
        names = [rig.name for rig in load_configuration(None).rigs]
        assert names == sorted([C8E, SQA, DWARF, R135])

    def test_hold_the_limits_in_force(self):
        shipped = load_configuration(None)
        passes = {rig.name: (rig.cull.pass1, rig.cull.pass2) for rig in shipped.rigs}
        first, second = passes[C8E]
        assert (first.limits, first.auto_percent) == ({"hfr": 4.6, "rms_arcsec": 2.0}, 30)
        assert (second.limits, second.auto_percent) == ({"hfr": 5.5, "rms_arcsec": 2.0}, "always")
        for name in (SQA, R135):
            first, second = passes[name]
            assert (first.limits, first.auto_percent) == ({"hfr": 4.0, "rms_arcsec": 2.0}, 30)
            assert second is None
        assert passes[DWARF] == (None, None)
        assert [rig.cull.mark for rig in shipped.rigs] == [None] * 4

    def test_match_calibration_by_the_properties_in_force(self):
        shipped = load_configuration(None)
        body = {"camera", "size", "binning"}
        dark = body | {"exposure", "temperature", "gain", "offset"}
        flat = body | {"night", "optic", "focal_length", "filter", "temperature", "gain", "offset"}
        assert set(shipped.rig(C8E).matching.dark) == dark
        assert set(shipped.rig(C8E).matching.flat) == flat
        assert set(shipped.rig(SQA).matching.dark) == dark | {"readout_mode"}
        assert set(shipped.rig(SQA).matching.flat) == flat | {"readout_mode"}
        assert set(shipped.rig(DWARF).matching.dark) == body | {"exposure", "gain"}
        assert set(shipped.rig(DWARF).matching.flat) == body | {"night", "optic", "filter", "gain"}

    @pytest.mark.parametrize(
        ("rig", "written", "meant"),
        [
            (C8E, "Ha", "H"), (C8E, "S2", "S"), (C8E, "O3", "O"), (C8E, "L", "L"), (SQA, "Ha", "H"),
            (R135, "BaaderUVIRCut", "UVIR"), (R135, "OptolongLeXtreme", "LeXtr"), (R135, "", "RGB"),
            (R135, "LexTr", "LeXtr"), (R135, "ALP-T", "ALPT"), (DWARF, "Dual-Band", "Duo-Band"),
        ],
    )  # fmt: skip
    def test_know_their_filters_by_every_name_in_use(self, rig, written, meant):
        filters = load_configuration(None).rig(rig).filters
        assert [item.name for item in filters if written in (item.name, *item.aliases)] == [meant]

    def test_hold_no_coordinates(self):
        assert load_configuration(None).library == Library()

    @pytest.mark.parametrize(
        "name", [name for name in SHIPPED if name not in ("targets.toml", "library.toml")]
    )
    def test_show_an_example_of_a_second_pass(self, name):
        text = (shipped_folder() / name).read_text(encoding="utf-8")
        assert re.search(r"^(# )?\[cull\.pass2\]", text, re.MULTILINE)

    def test_defaults_say_aloud_what_holds_anyway(self, tmp_path):
        write(tmp_path, "targets.toml", "")
        assert load_configuration(None).stranger == read_folder(tmp_path).stranger

    @pytest.mark.parametrize(("file", "settings"), [("_default.toml", Rig), ("library.toml", Library)])
    def test_show_every_key_there_is(self, file, settings):
        text = (shipped_folder() / file).read_text(encoding="utf-8")
        shown = set(re.findall(r"[a-z][a-z0-9_]*", text))
        wanted = {(key.name, key.also) for _, _, key in walk_keys(settings)} - {("name", "")}
        assert [names for names in wanted if not shown & set(names)] == []

    @pytest.mark.parametrize("file", SHIPPED)
    def test_have_examples_that_work_when_the_mark_is_taken_away(self, file):
        text = (shipped_folder() / file).read_text(encoding="utf-8")
        read = READERS.get(file, partial(read_rig, file.removesuffix(".toml")))
        for example in _examples(text):
            assert read(merge_defaults(tomllib.loads(text), tomllib.loads(example)))[1] == (), example


def test_a_rig_without_a_cull_table_has_that_of_the_defaults_and_one_with_it_nothing_else(rigs):
    text = 'optic = "A"\nfocal_ratio = 5\ncamera = "B"\n'
    write(rigs, "A@f5+B.toml", text)
    write(rigs, "A@f6+B.toml", text.replace("5", "6") + "[cull.pass1]\nhfr = 4.0\n")
    write(rigs, "A@f7+B.toml", text.replace("5", "7") + "[cull]\n")
    read = load_configuration(None, str(rigs))
    assert read.rig("A@f5+B").cull == read.stranger.cull
    assert read.stranger.cull.pass1.limits.keys() >= {"hfr_measured", "stars_measured"}
    assert read.rig("A@f6+B").cull == Cull(pass1=CullPass(hfr=4.0))
    assert read.rig("A@f7+B").cull == Cull()


READERS = {"_default.toml": read_defaults, "library.toml": read_library, "targets.toml": read_targets}


def _examples(text):
    """Each paragraph of commented-out settings, under the heading it stands below."""
    heading = ""
    paragraph = []
    for line in [*text.splitlines(), ""]:
        setting = re.match(r"# +(\[.*|\w+ = .*)", line)
        if setting:
            paragraph.append(setting[1])
            continue
        if paragraph:
            yield "\n".join([heading] * (not paragraph[0].startswith("[")) + paragraph)
        paragraph = []
        heading = line.partition("#")[0] if line.startswith("[") else heading


class TestTheFolder:
    def test_is_the_one_the_variable_names(self, tmp_path, rigs):
        assert find_folder(tmp_path / "elsewhere", str(rigs)) == rigs

    def test_is_the_librarys_own(self, rigs):
        assert find_folder(rigs.parent) == rigs
        assert load_configuration(rigs.parent).folder == str(rigs)

    def test_is_the_shipped_one_where_the_library_has_none(self, tmp_path):
        assert find_folder(tmp_path) == shipped_folder()
        assert find_folder(None) == shipped_folder()

    def test_is_the_shipped_one_while_the_librarys_own_is_empty(self, tmp_path):
        (tmp_path / "_Rigs").mkdir()
        assert find_folder(tmp_path) == shipped_folder()

    def test_must_be_there_when_the_variable_names_it(self, tmp_path):
        with pytest.raises(ConfigError, match="NIGHTBUILD_RIGS names this folder, but there is none"):
            load_configuration(None, str(tmp_path / "gone"))

    def test_is_listed_file_by_file_for_whoever_depends_on_it(self, rigs):
        assert {Path(file).name for file in read_folder(rigs).files} == set(SHIPPED)

    def test_may_hold_litter_and_notes(self, rigs):
        write(rigs, "._library.toml", "\0\0junk")
        write(rigs, "notes.txt", "buy dew heater")
        assert len(read_folder(rigs).rigs) == 4

    def test_may_hold_one_rig_alone(self, tmp_path):
        write(tmp_path, "A@f5+B.toml", 'optic = "A"\nfocal_ratio = 5\ncamera = "B"\n')
        (rig,) = read_folder(tmp_path).rigs
        assert rig.name == "A@f5+B"
        assert read_rig_file(tmp_path / "A@f5+B.toml") == rig


class TestABrokenFile:
    def test_is_named_with_line_and_column(self, rigs):
        write(rigs, f"{SQA}.toml", 'optic = "SQA55"\nfocal_ratio = 5,3\n')
        error = complaint(rigs)
        assert error.file == str(rigs / f"{SQA}.toml")
        assert error.key == "line 2, column 16"
        assert "focal_ratio = 5,3 (a number takes a point" in error.expected

    @pytest.mark.parametrize(
        ("text", "advice"),
        [
            ('[[inbox]]\npath = "D:\\astro"\n', "single quotes: 'D:\\astro'"),
            ("unknown_rigs = ask\n", "a text stands in quotes"),
            ("settle_seconds = 5\nsettle_seconds = 6\n", "Cannot overwrite a value"),
            ("views = \n", "no TOML"),
            ('views = "auto', "no TOML"),
            ("[archives]\nunpack = yes\n", "write true or false"),
            ("x = " + "[" * 5000, "no TOML|nested too deep"),
            ("x = " + "1" * 5000, "no TOML|no such key"),
            ("[[site]]\nname = 2025-13-45\n", "no TOML"),
        ],
    )
    def test_is_answered_with_advice(self, tmp_path, text, advice):
        write(tmp_path, "library.toml", text)
        error = complaint(tmp_path)
        assert error.file == str(tmp_path / "library.toml")
        assert any(words in error.expected for words in advice.split("|")), str(error)

    def test_may_be_saved_by_notepad(self, tmp_path):
        (tmp_path / "library.toml").write_bytes(b'\xef\xbb\xbfviews = "copy"\r\n')
        assert read_folder(tmp_path).library.views == "copy"

    @pytest.mark.parametrize(
        ("raw", "words"),
        [
            ("views = 'é'".encode("utf-16"), "UTF-16"),
            (b"# \xe9\nviews = 'copy'", "line 1: expected a file saved as UTF-8"),
        ],
    )
    def test_in_another_encoding_is_said_so(self, tmp_path, raw, words):
        (tmp_path / "library.toml").write_bytes(raw)
        assert words in str(complaint(tmp_path))

    def test_may_be_a_folder_by_mistake(self, rigs):
        (rigs / "X@f1.0+Y.toml").mkdir()
        assert "could not be read" in str(complaint(rigs))

    @pytest.mark.skipif(
        os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all"
    )
    def test_that_may_not_be_read_is_named(self, rigs):
        (rigs / "library.toml").chmod(0)
        assert "Permission denied" in str(complaint(rigs))

    def test_never_hides_another(self, rigs):
        write(rigs, f"{SQA}.toml", "optic = ")
        text = (rigs / f"{R135}.toml").read_text(encoding="utf-8")
        write(
            rigs, f"{R135}.toml", text.replace("aperture_mm", "apperture_mm").replace("hfr = 4.0", "hfr = -4")
        )
        write(rigs, "library.toml", 'viws = "copy"\n')
        error = complaint(rigs)
        assert {Path(each.file).stem for each in (error, *error.others)} == {SQA, R135, "library"}
        assert {each.key for each in (error, *error.others)} >= {"apperture_mm", "viws", "cull.pass1.hfr"}
        assert len(str(error).splitlines()) == 4

    def test_of_defaults_is_told_once_and_not_for_every_rig(self, rigs):
        write(rigs, "_default.toml", "[camera]\ncooled = 1\n")
        error = complaint(rigs)
        assert (Path(error.file).name, error.key, error.others) == ("_default.toml", "camera.cooled", ())


class TestAMistake:
    def test_is_answered_with_the_manual_of_the_key(self, rigs):
        text = (rigs / f"{C8E}.toml").read_text(encoding="utf-8")
        write(rigs, f"{C8E}.toml", text.replace("focal_length_mm = 2032", 'focal_length_mm = "2032"'))
        assert str(complaint(rigs)) == (
            f'{rigs / f"{C8E}.toml"}: focal_length_mm: expected a number, found the text "2032".'
            " Effective, with reducer or extender. A header that differs by more than 2 % is mentioned."
        )

    def test_in_a_time_zone_shifts_no_night_in_silence(self, tmp_path):
        site = '[[site]]\nname = "a"\nlatitude = 1\nlongitude = 2\ntime_zone = "{}"\n'
        write(tmp_path, "library.toml", site.format("Europe/Madird"))
        error = complaint(tmp_path)
        assert error.key == "sites[1].time_zone"
        assert 'did you mean "Europe/Madrid"?' in error.expected
        for odd in ("Europe", "../../etc/passwd", "/etc/passwd", "Europe/Madrid "):
            write(tmp_path, "library.toml", site.format(odd))
            assert complaint(tmp_path).key.endswith("time_zone")
        write(tmp_path, "library.toml", site.format("Europe/Madrid"))
        assert read_folder(tmp_path).sites["a"].time_zone == "Europe/Madrid"

    def test_between_two_files_is_found_too(self, rigs):
        shutil.copy(rigs / f"{C8E}.toml", rigs / "C8E@f10+ZWO ASI2600MM Pro.toml")
        assert "the same rig as" in str(complaint(rigs))


def test_long_paths_are_warned_of_when_the_library_is_known(rigs):
    assert read_folder(rigs, Path("/a")).warnings == ()
    deep = Path("/" + "d" * 120)
    assert any("Put the library nearer" in warning for warning in read_folder(rigs, deep).warnings)


def test_a_replaced_filter_and_a_renamed_camera_are_read_with_their_dates(tmp_path):
    write(
        tmp_path,
        "A@f5.0+B.toml",
        'optic = "A"\nfocal_ratio = 5.0\ncamera = "B"\n'
        'camera_aliases = [{ name = "Old B", valid_to = 2024-05-01 }]\n'
        '[[filters]]\nname = "H"\nvalid_to = 2025-11-23\n[[filters]]\nname = "H"\nvalid_from = 2025-11-23\n',
    )
    (rig,) = read_folder(tmp_path).rigs
    assert rig.camera_aliases[0].valid_to == date(2024, 5, 1)
    assert [item.holds(date(2025, 11, 23)) for item in rig.filters] == [False, True]


def test_reading_settings_imports_nothing_heavy():
    program = (
        "import sys; from pipeline.world.configuration import load_configuration; load_configuration(None);"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    heavy = {"numpy", "astropy", "jinja2", "tinydb", "boto3", "difflib", "zoneinfo", "pipeline.world.manuals"}
    assert heavy.isdisjoint(done.stdout.split())
