from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.errors import ConfigError
from pipeline.rules.rig_alias import NewAlias, add_aliases, remove_aliases

PLAIN = 'optic = "C8E"  # mine\nfocal_ratio = 10\n\n[camera]\nname = "X"\n'
LAYOUTS = (
    PLAIN,
    'camera = "X"\n',
    PLAIN.replace("focal", 'optic_aliases = ["Edge"]  # older\nfocal', 1),
    PLAIN.replace("focal", "optic_aliases = []\nfocal", 1),
    PLAIN.replace("focal", 'optic_aliases = ["Edge",]\nfocal', 1),
    PLAIN.replace("focal", 'optic_aliases = [\n  "Edge"  # one\n]\nfocal', 1),
    PLAIN.replace("focal", 'optic_alias = [\n  "Edge",\n  "Edge8",\n]\nfocal', 1),
    PLAIN.replace("focal", 'camera_aliases = [{ name = "Y", valid_to = 2020-01-01 }]\nfocal', 1),
    PLAIN + '\n[[optic_aliases]]\nname = "Edge"\n\n[[filters]]\nname = "L"\n',
    PLAIN.replace("\n", "\r\n"),
)
BOTH = [
    NewAlias(kind="optic", name='C8 "Edge"', valid_from=date(2024, 1, 2), valid_to=date(2025, 1, 2)),
    NewAlias(kind="camera", name="ASI"),
]


def listed(text, kind):
    data = tomllib.loads(text)
    found = [one for key in (f"{kind}_aliases", f"{kind}_alias") for one in data.get(key, [])]
    return [one if isinstance(one, dict) else {"name": one} for one in found]


@pytest.mark.parametrize("text", LAYOUTS)
def test_an_alias_is_added_and_its_undo_gives_back_the_very_bytes(text):
    new, splices = add_aliases(text, BOTH, "rig.toml")
    assert listed(new, "optic")[-1] == BOTH[0].table
    assert listed(new, "camera")[-1] == {"name": "ASI"}
    assert [line.partition("#")[2] for line in text.splitlines() if "#" in line] == [
        line.partition("#")[2] for line in new.splitlines() if "#" in line
    ]
    assert remove_aliases(new, BOTH, splices, "rig.toml") == text


@pytest.mark.parametrize("text", LAYOUTS)
def test_what_was_edited_elsewhere_since_stays(text):
    new, splices = add_aliases(text, BOTH, "rig.toml")
    edited = "# a note of mine\n" + new + '\n[names]\npattern = "x"\n'
    assert remove_aliases(edited, BOTH, splices, "rig.toml") == "# a note of mine\n" + text + (
        '\n[names]\npattern = "x"\n'
    )


def test_an_alias_edited_since_is_left_to_the_person():
    new, splices = add_aliases(PLAIN, BOTH, "rig.toml")
    edited = new.replace("valid_from = 2024-01-02, ", "").replace('["ASI"]', '["ASI", "ASI2"]')
    with pytest.raises(ConfigError, match="by hand"):
        remove_aliases(edited, BOTH, splices, "rig.toml")


def test_an_alias_taken_out_by_hand_leaves_nothing_to_do():
    _, splices = add_aliases(PLAIN, BOTH, "rig.toml")
    assert remove_aliases(PLAIN, BOTH, splices, "rig.toml") == PLAIN


def test_a_layout_nobody_foresaw_is_refused():
    with pytest.raises(ConfigError, match="only you can edit"):
        add_aliases(PLAIN.replace("optic", 'optic_aliases = "Edge"\noptic', 1), BOTH, "rig.toml")


@given(
    st.sampled_from(LAYOUTS),
    st.lists(
        st.builds(
            NewAlias,
            kind=st.sampled_from(("optic", "camera")),
            name=st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=12),
            valid_from=st.one_of(st.none(), st.dates()),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_any_name_can_be_added_and_taken_out_again(text, aliases):
    new, splices = add_aliases(text, aliases, "rig.toml")
    assert remove_aliases(new, aliases, splices, "rig.toml") == text
