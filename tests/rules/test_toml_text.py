"""TOML edited as text: what is added is there, and every other byte is as it was."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.toml_text import (
    items,
    quoted,
    statements,
    tables,
    with_entry,
    with_item,
    with_key,
    with_table,
)

TRICKY = '''# [[filter]] in a comment is none
name = "a # b [[filter]]"   # quoted
path = 'C:\\raw\\'
long = """
[[filter]]
still = "text" ""\\"" """
many = [
  "L",  # ] in a comment
  { name = "R", aliases = ["Red, deep", "]"] },
]

[camera]
  pixel_um = 3.76
  # the last word of camera

[[ filter ]]
name = "L"

["filter"."odd"]
x = 1
'''


def test_the_pieces_put_together_are_the_text():
    assert tomllib.loads(TRICKY)
    assert "".join(TRICKY[one.start : one.end] for one in statements(TRICKY)) == TRICKY


def test_headers_and_keys_are_found_where_toml_sees_them():
    names = [(table.name, [one.key for one in table.statements if one.key]) for table in tables(TRICKY)]
    assert names[:3] == [
        ("", ["name", "path", "long", "many"]),
        ("camera", ["pixel_um"]),
        ("filter", ["name"]),
    ]


def test_items_of_a_list_are_found_past_comments_and_brackets():
    array = tables(TRICKY)[0].key("many")
    assert array is not None
    assert [TRICKY[start:end] for start, end in items(TRICKY, array)] == [
        '"L"',
        '{ name = "R", aliases = ["Red, deep", "]"] }',
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = []\n", 'a = ["x"]\n'),
        ('a = ["l"]  # why\n', 'a = ["l", "x"]  # why\n'),
        ('a = [ "l", ]\n', 'a = [ "l", "x" ]\n'),
        ('a = [\n  "l", # one\n  "r" # two\n]\n', 'a = [\n  "l", # one\n  "r", # two\n  "x",\n]\n'),
        ('a = [\r\n\t"l",\r\n]\r\n', 'a = [\r\n\t"l",\r\n\t"x",\r\n]\r\n'),
        ('a = ["l",\n     "r"]\n', 'a = ["l",\n     "r", "x"]\n'),
        ("a = [\n # none yet\n]", 'a = ["x"\n # none yet\n]'),
        ('a = [["l"], ["]"]]', 'a = [["l"], ["]"], "x"]'),
    ],
)
def test_an_item_is_added_in_the_manner_of_the_list(before, after):
    (array,) = tables(before)[0].statements
    assert with_item(before, array, '"x"') == after
    assert tomllib.loads(after)["a"] == [*tomllib.loads(before)["a"], "x"]


def test_a_key_goes_below_the_last_key_of_its_table_with_its_indent():
    grown = with_key(TRICKY, tables(TRICKY)[1], "cooled = true")
    assert "  pixel_um = 3.76\n  cooled = true\n  # the last word" in grown
    assert grown.replace("  cooled = true\n", "") == TRICKY


def test_a_key_at_the_very_end_gets_its_line_break():
    assert with_key("[a]\nb = 1", tables("[a]\nb = 1")[1], "c = 2") == "[a]\nb = 1\nc = 2\n"
    assert with_key("[a]\r\nb = 1", tables("[a]\r\nb = 1")[1], "c = 2") == "[a]\r\nb = 1\r\nc = 2\r\n"


def test_a_key_of_a_file_with_headers_alone_goes_to_the_top():
    assert with_key("[a]\n", tables("[a]\n")[0], "b = 1") == "b = 1\n[a]\n"


@pytest.mark.parametrize(("gap", "end"), [("\n", "\n"), ("", "\n"), ("\r\n", "\r\n")])
def test_a_table_follows_its_like_with_the_same_blank_line(gap, end):
    text = f'[[f]]{end}name = "L"{end}{gap}[[f]]{end}name = "R"{end}{end}# the end{end}'
    grown = with_table(text, tables(text)[2], ["[[f]]", 'name = "G"'])
    added = f'{gap}[[f]]{end}name = "G"{end}'
    assert grown == text.replace(f'"R"{end}', f'"R"{end}{added}')


def test_an_entry_is_added_to_an_inline_table_and_to_a_bare_name():
    text = 'f = ["L", { name = "R" }, {name="G"}]\n'
    (array,) = tables(text)[0].statements
    for place in reversed(items(text, array)):
        text = with_entry(text, place, "n = 1")
    assert text == 'f = [{ name = "L", n = 1 }, { name = "R", n = 1 }, {name="G", n = 1}]\n'


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_is_quoted_so_that_toml_reads_it_back(text):
    assert tomllib.loads(f"a = {quoted(text)}") == {"a": text}


@given(
    st.lists(st.sampled_from(['"L"', "'R' # c\n", '{ name = "]" }', '"""#"""', "\n  1"]), max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_an_item_is_added_to_any_list_without_loss(pieces, trailing, tight):
    body = ("," if tight else " , ").join(pieces) + ("," if trailing and pieces else "")
    text = f"a = [{body}\n] # end\nb = 1\n"
    array = tables(text)[0].key("a")
    assert array is not None
    grown = tomllib.loads(with_item(text, array, '"x"'))
    before = tomllib.loads(text)
    assert grown == {**before, "a": [*before["a"], "x"]}
