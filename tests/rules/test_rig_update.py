"""A rig file told of a changed wheel: only what is new is added, all else stays byte for byte."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.errors import ConfigError
from pipeline.model.profiles import NinaProfile, ProfileCamera, ProfileOptic
from pipeline.rules.rig_update import update

ON = date(2026, 1, 10)
RIG = """# My first scope.   Do not touch!
optic = 'C8E'
focal_ratio=10      # really 10.2
focal_length_mm = 2032
profile_ids = ["aaaa"]

[camera]
name = "ASI2600MM"
pixel_um = 3.76

[[filter]]
name = "L"     # Baader

[[filter]]
name = "H"
aliases = ["Ha"]
# 7 nm, scratched

# hands off:
[cull]
"""


def profile(*filters: str, guid: str = "aaaa", **more) -> NinaProfile:
    return NinaProfile(path="x.profile", id=guid, name="C8E@f10+ASI2600MM", filters=filters, **more)


def change(text: str, *profiles: NinaProfile, on: date = ON):
    return update(text, profiles, on, "rig.toml")


def test_an_unchanged_wheel_changes_nothing():
    new = change(RIG, profile("l", "HA"))
    assert new.text == RIG
    assert new.changes == ()
    assert new.remarks == ()


def test_a_new_filter_is_appended_and_a_replaced_one_ends_with_comments_kept():
    new = change(RIG, profile("L", "H3nm"))
    assert new.changes == (
        "H is no longer in the wheel: valid_to = 2026-01-10",
        "H3nm is new in the wheel",
    )
    assert any("aliases" in remark for remark in new.remarks)
    assert new.text == RIG.replace(
        'aliases = ["Ha"]\n', 'aliases = ["Ha"]\nvalid_to = 2026-01-10\n\n[[filter]]\nname = "H3nm"\n'
    )


def test_a_second_update_changes_nothing():
    wheel = profile("L", "H3nm", guid="bbbb")
    once = change(RIG.replace("aaaa", "bbbb"), wheel)
    assert change(once.text, wheel, on=date(2026, 5, 1)).changes == ()


def test_a_name_that_comes_back_is_another_filter_from_that_night_on():
    text = RIG.replace('aliases = ["Ha"]', 'aliases = ["Ha"]\nvalid_to = 2025-06-01')
    new = change(text, profile("L", "Ha"))
    assert new.changes == ("Ha is new in the wheel: valid_from = 2026-01-10",)
    assert tomllib.loads(new.text)["filter"][-1] == {"name": "Ha", "valid_from": ON}


def test_a_further_profile_is_added_to_the_ids_and_ends_no_filter():
    new = change(RIG, profile("L", "H3nm", guid="bbbb"))
    assert tomllib.loads(new.text)["profile_ids"] == ["aaaa", "bbbb"]
    assert "valid_to" not in new.text
    assert any("another profile that was not given" in remark for remark in new.remarks)


def test_a_filter_in_any_wheel_of_the_rig_is_not_gone():
    new = change(RIG, profile("L"), profile("Ha", guid="bbbb"))
    assert "valid_to" not in new.text
    assert len(new.changes) == 1


def test_a_profile_without_a_wheel_ends_nothing():
    assert change(RIG, profile()).changes == ()


def test_a_filter_that_begins_later_is_not_ended_before_it_began():
    text = RIG.replace('name = "H"\n', 'name = "H"\nvalid_from = 2026-02-01\n')
    new = change(text, profile("L"))
    assert new.changes == ()
    assert any("begins only later" in remark for remark in new.remarks)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('filters = ["L", "H"]', 'filters = ["L", { name = "H", valid_to = 2026-01-10 }, "O"]'),
        (
            'filters = [\n  "L",\n  { name = "H", aliases = ["Ha"] }, # old\n]',
            'filters = [\n  "L",\n'
            '  { name = "H", aliases = ["Ha"], valid_to = 2026-01-10 }, # old\n  "O",\n]',
        ),
    ],
)
def test_filters_written_as_a_list_are_edited_as_a_list(before, after):
    text = f'profile_ids = ["aaaa"]\n{before} # x\n[camera]\n'
    assert change(text, profile("L", "O")).text == text.replace(before, after)


def test_a_rig_without_ids_or_filters_gets_both():
    new = change('optic = "A"\n[camera]\nname = "B"', profile("L", 'Q"x'))
    data = tomllib.loads(new.text)
    assert data["profile_ids"] == ["aaaa"]
    assert data["filters"] == [{"name": "L"}, {"name": 'Q"x'}]
    assert new.text.startswith('optic = "A"\nprofile_ids = ["aaaa"]\n[camera]\nname = "B"\n')


def test_windows_line_breaks_stay():
    text = RIG.replace("\n", "\r\n")
    new = change(text, profile("L", "O", guid="AAAA".lower()))
    assert new.text.count("\n") == new.text.count("\r\n") > text.count("\r\n")
    assert change(RIG, profile("L", "O")).text == new.text.replace("\r\n", "\n")


def test_what_the_profile_says_otherwise_is_said_and_stays():
    optic = ProfileOptic(name="C8E", focal_length_mm=1280, focal_ratio=6.3)
    camera = ProfileCamera(id="x", pixel_um=2.9)
    new = change(RIG, profile("L", "H", optic=optic, camera=camera))
    assert new.text == RIG
    assert new.remarks == (
        "the profile's focal length is 1280 mm; the rig file's 2032 stands",
        "the profile's focal ratio is 6.3; the rig file's 10 stands",
        "the profile's pixel pitch is 2.9 µm; the rig file's 3.76 stands",
    )


def test_a_layout_we_cannot_follow_is_refused_with_what_to_write():
    text = 'profile_ids = ["aaaa"]\n"filter"=[{name="L"}]\n'
    odd = text.replace('"filter"', '"f\\u0069lter"')  # the same key, spelt as nobody would
    assert tomllib.loads(odd) == tomllib.loads(text)
    with pytest.raises(ConfigError, match="by hand: O is new in the wheel"):
        change(odd, profile("L", "O"))


NAMES = st.sampled_from(["L", "R", "Ha", "ha 3nm", "O", "Ö", 'q"', "x]"])


@given(st.lists(NAMES, unique=True), st.lists(NAMES, unique=True), st.booleans(), st.booleans())
def test_any_wheel_is_taken_over_and_only_lines_are_added(old, new_wheel, as_list, windows):
    import json

    quote = [json.dumps(name, ensure_ascii=False) for name in old]
    tables = "".join(f"\n[[filters]]  # slot\nname = {name}\n" for name in quote)
    body = f"filters = [{', '.join(quote)}]\n[camera]\n" if as_list else f"[camera]\n{tables}"
    text = f'profile_ids = ["aaaa"]\n{body}# end\n'.replace("\n", "\r\n" if windows else "\n")
    new = change(text, profile(*new_wheel))
    listed = tomllib.loads(new.text).get("filters", [])
    current = [item["name"] if isinstance(item, dict) else item for item in listed if "valid_to" not in item]
    kept = [name for name in old if name in new_wheel or not new_wheel]
    assert current == kept + [name for name in new_wheel if name not in old]
    if not as_list:
        remaining = iter(new.text.splitlines(keepends=True))
        assert all(line in remaining for line in text.splitlines(keepends=True))
