"""A note's text: ours follows what is so, the person's stays, and no name means anything in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.note_text import markdown, merged, note_id, sealed, yaml_text

FRESH = """---
nightbuild: "session 2026-01-14/C8E"
hours: 1.5
tags: [imaging-session]
---

# M31

<!-- nightbuild:summary -->
12 of 14 lights
<!-- /nightbuild:summary -->

<!-- nightbuild:links -->
[[Targets/M31]]
<!-- /nightbuild:links -->

## What happened
"""
FIRST = sealed(FRESH)
LATER = FRESH.replace("12 of 14", "13 of 14").replace("hours: 1.5", "hours: 2.0")


def test_a_note_is_known_by_its_front_matter_alone() -> None:
    assert note_id(FIRST) == "session 2026-01-14/C8E"
    assert note_id("# mine\n\nnightbuild: no") is None
    assert note_id("---\ntitle: mine\n---\n") is None
    assert note_id("---\nnightbuild: 'session x'\n---\n") == "session x"


def test_what_is_ours_follows_and_what_is_written_around_it_stays() -> None:
    mine = FIRST.replace("## What happened\n", "## What happened\nA fox.\n").replace("# M31", "# My M31")
    after = merged(mine, LATER)
    assert "13 of 14" in after
    assert "hours: 2.0" in after
    assert "A fox." in after
    assert "# My M31" in after


def test_nothing_new_changes_nothing() -> None:
    assert merged(FIRST, FRESH) == FIRST


def test_a_deleted_block_stays_deleted() -> None:
    begin, end = FIRST.index("<!-- nightbuild:links"), FIRST.index("<!-- /nightbuild:links -->")
    mine = FIRST[:begin] + FIRST[end + len("<!-- /nightbuild:links -->") :]
    assert "Targets" not in merged(mine, LATER)


def test_a_block_somebody_edited_is_theirs() -> None:
    mine = FIRST.replace("12 of 14 lights", "12 of 14 lights, clouds at two")
    after = merged(mine, LATER)
    assert "12 of 14 lights, clouds at two" in after
    assert "hours: 2.0" in after


def test_a_line_of_the_front_matter_that_is_gone_stays_gone_and_tags_are_the_persons() -> None:
    mine = FIRST.replace("hours: 1.5\n", "").replace("tags: [imaging-session]", "tags: [best]\nmood: fine")
    after = merged(mine, LATER)
    assert "hours" not in after
    assert "tags: [best]\nmood: fine" in after


def test_line_ends_stay_as_the_editor_made_them() -> None:
    mine = FIRST.replace("\n", "\r\n")
    assert merged(mine, FRESH) == mine
    after = merged(mine, LATER)
    assert "13 of 14" in after
    assert "\n" not in after.replace("\r\n", "")


def test_half_a_block_is_left_as_it_is() -> None:
    mine = FIRST.replace("<!-- /nightbuild:summary -->", "")
    assert "12 of 14" in merged(mine, LATER)


@given(st.text(), st.text())
def test_whatever_a_person_writes_is_there_afterwards(below: str, heading: str) -> None:
    words = [word.replace("\r", "").replace("nightbuild", "") for word in (below, heading)]
    mine = FIRST.replace("# M31", words[1]).replace("## What happened\n", words[0])
    after = merged(mine, LATER)
    assert all(word in after for word in words)


@given(st.text())
def test_a_name_is_one_line_and_no_markup(name: str) -> None:
    said = markdown(name)
    assert "\n" not in said
    for char in "`*_[]<>|#":
        assert said.count(char) == said.count(f"\\{char}")
    note = FRESH.replace("12 of 14 lights", said)
    assert merged(sealed(note), note) == sealed(note)


@pytest.mark.parametrize(
    "value", ["a: b", '"quoted"', "- x", "line\nbreak", "# no", "ж", "\u2028\x85", "\udcff"]
)
def test_a_value_of_the_front_matter_is_one_line(value: str) -> None:
    assert json.loads(yaml_text(value)) == value
    assert len(yaml_text(value).encode().splitlines()) == len(yaml_text(value).splitlines()) == 1


def test_blocks_that_are_opened_and_never_closed_cost_little() -> None:
    bomb = sealed(FRESH) + "<!-- nightbuild:summary -->\n" * 50_000
    assert merged(bomb, FRESH) == bomb
