"""Names of others shown so that they deceive no eye."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.harmless import harmless, plain
from pipeline.rules.note_text import markdown, note_id, yaml_text

TURNED = "M31 \u202egpj.\u202c \u2066x\u2069 \x1b[31m \u200bA\x9b"


def test_what_turns_the_line_is_shown_as_its_number():
    assert plain("M31\u202egpj") == harmless("M31\u202egpj") == r"M31\u202egpj"
    assert markdown("M31\u202egpj") == r"M31\\u202egpj"
    assert yaml_text("M31\u202egpj") == r'"M31\u202egpj"'


@pytest.mark.parametrize("show", [plain, markdown, yaml_text, harmless])
def test_no_name_deceives_an_eye(show):
    told = show(TURNED)
    assert told.isprintable(), ascii(told)


def test_pages_keep_their_lines_wide_blanks_and_joined_letters():
    text = "a\tb\nc 1\u202f234\u00a0px\u2009\u00b1 \u0645\u06cc\u200c\u062e \U0001f468\u200d\U0001f680"
    assert plain(text) == text


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(TURNED))))
def test_what_a_note_is_known_by_is_read_as_it_was_written(name):
    assert json.loads(yaml_text(name)) == name
    if name:
        assert note_id(f"---\nnightbuild: {yaml_text(name)}\n---\n") == name
