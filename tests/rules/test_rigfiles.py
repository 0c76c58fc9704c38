"""A table of settings is read strictly, and what is wrong with it is said where it stands."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.model.library import Library, RetireAfter
from pipeline.model.rigs import Filter, Inbox, Rig
from pipeline.model.services import SyncKind
from pipeline.rules.clashes import find_clashes
from pipeline.rules.keys import walk_keys
from pipeline.rules.rigfiles import (
    read_defaults,
    read_library,
    read_rig,
    read_targets,
    rig_key,
    split_rig_name,
)
from tests.amounts import examples

STEM = "Esprit@f5.5+ASI533"


def table(**more):
    return {"optic": "Esprit", "focal_ratio": 5.5, "camera": {"name": "ASI533"}} | more


def rig(stem=STEM, defaults=None, **more):
    read, flaws = read_rig(stem, table(**more), defaults)
    assert flaws == ()
    return read


def flaws(stem=STEM, defaults=None, **more):
    read, found = read_rig(stem, table(**more), defaults)
    assert read is None
    return {flaw.key: flaw.expected for flaw in found}


def library_flaws(**settings_table):
    read, found = read_library(settings_table)
    assert read is None
    return {flaw.key: flaw.expected for flaw in found}


class TestARig:
    def test_is_read_with_whole_numbers_where_numbers_are_meant(self):
        read = rig(focal_length_mm=550, filters=[{"name": "L", "aliases": ["Lum", ""]}])
        assert read.focal_length_mm == 550.0
        assert read.filters == (Filter(name="L", aliases=("Lum", "")),)
        assert read.name == STEM

    def test_needs_only_names_and_a_ratio(self):
        assert rig().camera.cooled

    def test_may_give_a_table_as_its_only_required_value(self):
        read = rig(camera="ASI533", filters=["L", "R"], optic_aliases=["Esprit 100", {"name": "E100"}])
        assert read.camera.name == "ASI533"
        assert [item.name for item in read.filters] == ["L", "R"]
        assert [item.name for item in read.optic_aliases] == ["Esprit 100", "E100"]

    def test_may_name_a_list_of_tables_in_the_singular(self):
        assert rig(filter=[{"name": "L"}]).filters == (Filter(name="L"),)

    def test_may_not_name_it_both_ways(self):
        assert "write one of the two" in flaws(filter=[{"name": "L"}], filters=[{"name": "R"}])["filter"]

    def test_dates_are_dates(self):
        read = rig(filters=[{"name": "L", "valid_from": date(2025, 11, 23)}])
        assert read.filters[0].valid_from == date(2025, 11, 23)

    def test_always_is_a_share_too(self):
        read = rig(cull={"pass1": {"hfr": 4, "auto_percent": 30}, "pass2": {"auto_percent": "always"}})
        assert read.cull.pass1.auto_percent == 30
        assert read.cull.pass2.auto_percent == "always"


@pytest.mark.parametrize(
    ("wrong", "key", "words"),
    [
        ({"apperture_mm": 1}, "apperture_mm", 'did you mean "aperture_mm"?'),
        ({"zzz": 1}, "zzz", "known here: accept, aperture_mm"),
        ({"camera": {"name": "ASI533", "pixel um": 1}}, 'camera."pixel um"', 'did you mean "pixel_um"?'),
        ({"camera": {"pixel_um": 3.76}}, "camera.name", "missing: expected a text in quotes"),
        ({"aperture_mm": "100"}, "aperture_mm", 'expected a number, found the text "100"'),
        ({"aperture_mm": 0}, "aperture_mm", "expected more than 0, found 0"),
        ({"aperture_mm": float("nan")}, "aperture_mm", "expected a number, found nan"),
        ({"aperture_mm": 10**400}, "aperture_mm", "expected a number"),
        ({"aperture_mm": True}, "aperture_mm", "expected a number, found true"),
        ({"camera": 5}, "camera.name", "expected a text in quotes, found 5"),
        ({"camera": {"name": ""}}, "camera.name", "found an empty text"),
        ({"camera": {"name": "ASI533 "}}, "camera.name", "no blanks at its ends"),
        ({"camera": {"name": "ASI\n533"}}, "camera.name", "without '\\n'"),
        (
            {"camera": {"name": "ASI533", "width_px": 12.5}},
            "camera.width_px",
            "expected a whole number, found 12.5",
        ),
        ({"camera": {"name": "ASI533", "cooled": "yes"}}, "camera.cooled", "expected true or false"),
        ({"camera": {"name": "ASI533", "bayer": "RGBG"}}, "camera.bayer", 'did you mean "RGGB"?'),
        ({"filters": "L"}, "filters", 'expected a list of tables, found the text "L"'),
        ({"filters": ["L", {"name": "R", "valid_from": "soon"}]}, "filters[2].valid_from", "a date such as"),
        ({"filters": [{"name": "L", "valid_from": datetime(2025, 1, 1)}]}, "filters[1].valid_from", "a date"),
        ({"filters": [{"name": "L", "aliases": "Lum"}]}, "filters[1].aliases", "expected a list of texts"),
        ({"filters": [{"name": "L", "aliases": ["a", "a"]}]}, "filters[1].aliases", "twice"),
        (
            {"filters": [{"name": "L", "valid_from": date(2025, 2, 1), "valid_to": date(2025, 1, 1)}]},
            "filters[1]",
            "expected valid_to (2025-01-01) later than valid_from (2025-02-01)",
        ),
        ({"cull": {"pass1": {"hrf": 4}}}, "cull.pass1.hrf", 'did you mean "hfr"?'),
        (
            {"cull": {"pass1": {"auto_percent": 101}}},
            "cull.pass1.auto_percent",
            "expected 0 to 100, found 101",
        ),
        (
            {"cull": {"pass1": {"auto_percent": "allways"}}},
            "cull.pass1.auto_percent",
            'expected "always", found the text "allways"; did you mean "always"?',
        ),
        ({"cull": 4.6}, "cull", "expected a table, found 4.6"),
        ({"matching": {"dark": ["exposre"]}}, "matching.dark[1]", 'did you mean "exposure"?'),
        ({"names": {"header_wins": ["colour"]}}, "names.header_wins[1]", "expected"),
        ({"optic": "Esp@rit"}, "optic", "without '@'"),
        ({"name": "mine"}, "name", "the file's name is the rig's"),
        ({"masters": {"dark": {"combine": "avg"}}}, "masters.dark.combine", '"mean" or "median"'),
    ],
)
def test_a_mistake_is_named_with_its_key_and_what_was_expected(wrong, key, words):
    found = flaws(**wrong)
    assert words in found[key], found


def test_every_mistake_of_a_file_is_told_at_once():
    assert set(flaws(aperture_mm="x", focal_length_mm=-1, views="link")) == {
        "aperture_mm",
        "focal_length_mm",
        "views",
    }


class TestTheFilesName:
    @pytest.mark.parametrize("stem", ["Esprit@f5.5+ASI533", "Esprit@f5.50+ASI533"])
    def test_is_the_rigs_and_its_ratio_a_number(self, stem):
        assert rig(stem).name == stem

    @pytest.mark.parametrize(
        "stem",
        ["Esprit@f5.6+ASI533", "esprit@f5.5+ASI533", "Esprit@f5.5+ASI533 (copy)", "Esprit+ASI533", "x"],
    )
    def test_is_refused_when_it_says_something_else(self, stem):
        assert flaws(stem)[""].startswith('expected the file to be called "Esprit@f5.5+ASI533.toml"')

    def test_may_be_spelt_by_a_mac(self):
        assert read_rig("Große@f5.5+Caméra", table(optic="Große", camera="Caméra"))[1] == ()

    def test_writes_what_no_file_may_hold_in_hex(self):
        read, found = read_rig("C%2F8@f5.5+ASI533", table(optic="C/8"))
        assert found == ()
        assert read.name == "C/8@f5.5+ASI533"

    def test_nobody_knows_is_asked_about(self):
        read, found = read_rig("libary", {})
        assert read is None
        assert 'did you mean "library.toml"?' in found[0].expected

    def test_is_taken_apart_at_the_first_ratio(self):
        assert split_rig_name("C8E@f10.0+ZWO ASI2600MM Pro") == ("C8E", 10.0, "ZWO ASI2600MM Pro")
        assert split_rig_name("C8E@f10.0+A+B@f2+C") == ("C8E", 10.0, "A+B@f2+C")
        assert split_rig_name("C8E+ZWO") is None
        assert rig_key("C8E@f10+Zwo  ASI") == rig_key("c8e@f10.00+ZWO ASI")


class TestDefaults:
    def test_are_merged_key_by_key_and_lists_replaced(self):
        defaults = {
            "camera": {"cooled": False, "saturation_adu": 4095},
            "masters": {"dark": {"min_frames": 30}, "bias": {"min_frames": 50}},
            "matching": {"dark": ["camera", "gain"]},
        }
        read = rig(defaults=defaults, masters={"dark": {"reject": "sigma"}}, matching={"dark": ["camera"]})
        assert not read.camera.cooled
        assert read.camera.saturation_adu == 4095
        assert (read.masters.dark.min_frames, read.masters.dark.reject) == (30, "sigma")
        assert read.masters.bias.min_frames == 50
        assert read.matching.dark == ("camera",)

    def test_reach_a_camera_given_by_name_alone(self):
        assert not rig(defaults={"camera": {"cooled": False}}, camera="ASI533").camera.cooled

    def test_give_way_to_the_other_spelling_of_a_list(self):
        assert rig(defaults={"filters": ["L"]}, filter=[{"name": "R"}]).filters == (Filter(name="R"),)

    def test_may_lack_what_a_rig_needs_but_not_hold_what_nobody_knows(self):
        assert read_defaults({"camera": {"cooled": False}})[1] == ()
        (flaw,) = read_defaults({"camera": {"coold": False}})[1]
        assert flaw.key == "camera.coold"

    def test_have_no_name_of_their_own(self):
        (flaw,) = read_defaults({"optic": "C8E"})[1]
        assert (flaw.key, flaw.expected) == ("optic", "belongs into a rig's own file")

    def test_are_what_an_unknown_rig_is_read_by(self):
        assert not read_defaults({"camera": {"cooled": False}})[0].camera.cooled


class TestFilters:
    def test_of_one_name_need_nights_of_their_own(self):
        old = {"name": "H", "aliases": ["Ha"], "valid_to": date(2025, 1, 1)}
        new = {"name": "Ha", "valid_from": date(2025, 1, 1)}
        assert len(rig(filters=[old, new]).filters) == 2
        del old["valid_to"]
        assert 'both answer to "ha"' in flaws(filters=[old, new])["filters[2]"]

    def test_cannot_both_be_meant_when_none_is_named(self):
        names = [{"name": "RGB", "aliases": [""]}, {"name": "UVIR", "aliases": [""]}]
        assert 'both answer to ""' in flaws(filters=names)["filters[2]"]


class TestTheLibrary:
    def test_without_a_file_is_the_default(self):
        library, found = read_library({})
        assert found == ()
        assert library == Library()
        assert library.inboxes == (Inbox(path="_Inbox"),)

    def test_retires_by_word_or_by_days(self):
        assert read_library({"retire": "manual"})[0].retire == "manual"
        assert read_library({"retire": {"after_days": 7}})[0].retire == RetireAfter(after_days=7)
        assert '"next_run" or "manual"' in library_flaws(retire="never")["retire"]
        assert "missing" in library_flaws(retire={"when": "stored"})["retire.after_days"]
        assert '"next_run" or "manual" or a table' in library_flaws(retire=7)["retire"]

    def test_pauses_a_service_only_when_it_knows_which(self):
        read = read_library({"sync": {"kind": "systemd", "name": "syncthing.service"}})[0]
        assert read.sync.kind is SyncKind.SYSTEMD
        assert "the unit to stop" in library_flaws(sync={"kind": "systemd"})["sync.name"]
        assert 'did you mean "syncthing"?' in library_flaws(sync={"kind": "syncthin"})["sync.kind"]

    def test_has_each_site_once(self):
        site = {"name": "Yard", "latitude": 1, "longitude": 2}
        assert "another site" in library_flaws(site=[site, site | {"name": "yard"}])["sites[2].name"]
        assert (
            "expected -90 to 90, found 91"
            in library_flaws(site=[site | {"latitude": 91}])["site[1].latitude"]
        )

    def test_may_list_inboxes_as_plain_paths(self):
        assert read_library({"inboxes": ["a", "b"]})[0].inboxes == (Inbox(path="a"), Inbox(path="b"))


class TestTargets:
    def test_join_spellings(self):
        (target,) = read_targets({"target": [{"name": "M31", "aliases": ["Andromeda"]}]})[0]
        assert (target.name, target.aliases) == ("M31", ("Andromeda",))

    def test_never_share_a_spelling(self):
        two = [{"name": "M31", "aliases": ["Andromeda"]}, {"name": "M32", "aliases": ["andromeda"]}]
        (flaw,) = read_targets({"target": two})[1]
        assert flaw.key == "targets[2]"
        assert 'already belongs to the target "M31"' in flaw.expected


class TestTwoRigs:
    def clashes(self, *rigs, **library):
        named = {f"{item.name}.toml": item for item in rigs}
        return [(file, flaw.expected) for file, flaw in find_clashes(read_library(library)[0], named)]

    def test_may_share_optic_and_camera_at_different_ratios(self):
        other = rig("Esprit@f4.0+ASI533", focal_ratio=4)
        assert self.clashes(rig(), other) == []

    def test_of_one_name_are_refused(self):
        ((file, words),) = self.clashes(rig(), rig("Esprit@f5.50+ASI533"))
        assert file == "Esprit@f5.50+ASI533.toml"
        assert 'the same rig as "Esprit@f5.5+ASI533.toml"' in words

    def test_cannot_claim_one_alias_for_the_same_nights(self):
        other = rig("Esprit@f5.5+B", camera={"name": "B"}, camera_aliases=["ASI533"])
        ((file, words),) = self.clashes(rig(), other)
        assert file == "Esprit@f5.5+B.toml"
        assert 'could also be the rig of "Esprit@f5.5+ASI533.toml"' in words

    def test_may_follow_each_other_under_one_alias(self):
        def body(letter, **span):
            alias = {"name": "ZWO", **span}
            return rig(f"Esprit@f5.5+{letter}", camera={"name": letter}, camera_aliases=[alias])

        change = date(2025, 1, 1)
        assert self.clashes(body("A", valid_to=change), body("B", valid_from=change)) == []
        assert len(self.clashes(body("A", valid_to=date(2025, 1, 2)), body("B", valid_from=change))) == 1

    @pytest.mark.parametrize("mark", ["ids", "profile_ids", "inbox"])
    def test_with_one_camera_model_are_told_apart_by_what_marks_the_body(self, mark):
        def body(letter):
            camera = {"name": letter} | ({"ids": [f"no{letter}"]} if mark == "ids" else {})
            profiles = {"profile_ids": [f"guid{letter}"]} if mark == "profile_ids" else {}
            return rig(f"Esprit@f5.5+{letter}", camera=camera, camera_aliases=["ZWO"], **profiles)

        inboxes = [{"path": x, "rig": f"Esprit@f5.5+{x}"} for x in "AB"] if mark == "inbox" else []
        assert self.clashes(body("A"), body("B"), inboxes=inboxes) == []

    def test_stand_only_at_sites_the_library_knows(self):
        site = {"name": "backyard", "latitude": 1, "longitude": 2}
        ((file, words),) = self.clashes(rig(sites=["back yard"]), site=[site])
        assert file == f"{STEM}.toml"
        assert 'did you mean "backyard"?' in words

    def test_are_known_when_an_inbox_names_them(self):
        assert self.clashes(rig(), inboxes=[{"path": "x", "rig": "Esprit@f5.50+ASI533"}]) == []
        ((file, words),) = self.clashes(rig(), inboxes=[{"path": "x", "rig": "Esprit@f5.5+ASI5333"}])
        assert file == "library.toml"
        assert f'did you mean "{STEM}"?' in words


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted({key.name for cls in (Rig, Library) for _, _, key in walk_keys(cls)})


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(KEYS), VALUES | st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3)
    )
)
def test_whatever_a_file_holds_is_read_or_refused_in_words(settings_table):
    for value, found in (
        read_rig(STEM, settings_table, {}),
        read_defaults(settings_table),
        read_library(settings_table),
        read_targets(settings_table),
    ):
        assert (value is None) == bool(found)
        assert all(flaw.expected and "\n" not in flaw.expected for flaw in found)
