"""Cards of FITS headers: the plain parser and astropy say the same; what neither reads is named."""

from __future__ import annotations

import math
import warnings

import pytest
from astropy.io.fits import Header
from astropy.io.fits.card import Undefined
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipeline.world.fits_cards import parse_cards, plain_card, plain_value, split_cards
from tests.amounts import examples


def card(text: str) -> bytes:
    return text.encode("latin-1").ljust(80)


def read(*lines: str | bytes):
    block = b"".join(line if isinstance(line, bytes) else card(line) for line in lines)
    return parse_cards(split_cards(block))


keywords = st.one_of(
    st.sampled_from(
        ["OBJECT", "EXPTIME", "CCD-TEMP", "GAIN", "A", "X_1", "NAXIS1", "DATE-OBS", "COMMENT", "HISTORY"]
    ),
    st.text("ABCXYZ019_-", min_size=1, max_size=8),
)
printable = st.characters(min_codepoint=32, max_codepoint=126)
numbers = st.one_of(
    st.integers(-(10**30), 10**30).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:.6E}".replace("E", "D")),
    st.text("0123456789.+-EeDd ", min_size=1, max_size=20),
    st.sampled_from(["007", "-0", "+5", ".5", "5.", "1E999", "-1D999", "nan", "inf", "1_000", "0x10"]),
)
strings = st.text(printable, max_size=30).map(lambda text: "'" + text.replace("'", "''") + "'")
values = st.one_of(
    numbers, strings, st.text(printable, max_size=30), st.sampled_from(["T", "F", "", "T F", "(1, 2)"])
)
comments = st.one_of(st.just(""), st.text(printable, max_size=30).map(lambda text: f" / {text}"))
lines = st.builds(
    lambda key, pad, value, comment: f"{key:8}= {' ' * pad}{value}{comment}"[:80],
    keywords,
    st.integers(0, 20),
    values,
    comments,
)
any_line = st.one_of(lines, st.text(printable, max_size=80))


def as_astropy_reads(block: bytes) -> dict[str, object]:
    """Astropy's values in our form: raw texts, first of the repeated, no commentary, undefined, NaN."""
    cards: dict[str, object] = {}
    for each in Header.fromstring(block).cards:
        key, value = each.rawkeyword.upper(), each.rawvalue
        is_left_out = isinstance(value, Undefined) or (isinstance(value, float) and not math.isfinite(value))
        if key not in {"", "COMMENT", "HISTORY", "END"} and not is_left_out:
            cards.setdefault(key, value)
    return cards


@settings(max_examples=examples(400), deadline=None)
@given(st.lists(lines, min_size=1, max_size=6))
@example(["OBJECT  = 'O''Brien '' / it'  / his object"])
@example(["NOTE    = 'gain: 5'"])
@example(["AB =    = 5"])
@example(["AB =T/  = 5"])
@example(["FILTER  = ''"])
@example(["GAIN    = 100", "GAIN    = 200"])
def test_every_header_the_plain_parser_accepts_is_read_as_astropy_reads_it(texts):
    block = b"".join(card(text) for text in texts)
    pieces = split_cards(block)
    # Astropy takes the apostrophe in `'' / the cameras' filter` for the closing quote; we do not.
    assume(
        not any("= ''" in text.replace(" ", "").replace("=", "= ") and text.count("'") > 2 for text in texts)
    )
    assume(all(plain_card(piece) is not None for piece in pieces))
    ours, problems = parse_cards(pieces)
    assert problems == []
    theirs = as_astropy_reads(block)
    assert ours == theirs
    assert {key: type(value) for key, value in ours.items()} == {
        key: type(value) for key, value in theirs.items()
    }


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(
        st.one_of(any_line.map(card), st.binary(max_size=80).map(lambda junk: junk.ljust(80))), max_size=6
    )
)
def test_no_cards_whatever_crash_the_reader_or_make_it_warn(pieces):
    cards, problems = parse_cards(split_cards(b"".join(pieces)))
    assert all(value == value and str(value).isprintable() for value in cards.values())
    assert all(problem.code == "bad-card" and problem.text for problem in problems)


@settings(max_examples=examples(200), deadline=None)
@given(st.text(printable, max_size=200), st.booleans())
def test_long_texts_astropy_writes_over_many_cards_are_read_back(text, is_hierarch):
    header = Header()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header["HIERARCH LONG KEYWORD" if is_hierarch else "LONGTEXT"] = text
        block = header.tostring(sep="", endcard=False, padding=False).encode()
    expected = as_astropy_reads(block)
    assert read(block)[0] == expected


def test_hierarch_cards_speak_by_the_name_after_the_word():
    cards, problems = read("HIERARCH ESO DET TEMP = -10.5 / cold", "GAIN    = 100")
    assert cards == {"ESO DET TEMP": -10.5, "GAIN": 100}
    assert problems == []


def test_unparsable_cards_are_named_and_the_good_ones_beside_them_stay():
    cards, problems = read("OBJECT  = 'M 31'", "EXPTIME = 3oo.0", "@@@ junk", "GAIN    =100", "OFFSET  = 50")
    assert cards == {"OBJECT": "M 31", "OFFSET": 50}
    assert [problem.code for problem in problems] == ["bad-card"] * 3
    assert "EXPTIME" in problems[0].text
    assert "3oo.0" in problems[0].text
    assert "@@@ junk" in problems[1].text
    assert "GAIN" in problems[2].text


@pytest.mark.parametrize("value", ["nan", "NaN", "-inf", "1E999", "-1D400"])
def test_numbers_that_are_none_are_left_out_with_a_word(value):
    cards, problems = read(f"CCD-TEMP= {value:>20}", "GAIN    = 100")
    assert cards == {"GAIN": 100}
    assert "CCD-TEMP" in problems[0].text


def test_numbers_written_as_text_stay_text():
    assert read("EXPTIME = '300.0'", "GAIN    = ' 100'")[0] == {"EXPTIME": "300.0", "GAIN": " 100"}


def test_junk_in_a_text_is_shown_as_question_marks():
    cards, problems = read(b"OBJECT  = 'M\x01\xff\xfe31'".ljust(80))
    assert cards == {"OBJECT": "M???31"}
    assert "OBJECT" in problems[0].text


def test_greek_and_accents_in_utf_8_are_kept():
    cards, problems = read("OBJECT  = 'ν Ori, Bahía'".encode().ljust(80))
    assert cards == {"OBJECT": "ν Ori, Bahía"}
    assert problems == []


def test_a_degree_sign_in_a_comment_is_no_problem():
    assert read("CCD-TEMP=                -10.0 / [°C]") == ({"CCD-TEMP": -10.0}, [])


def test_a_text_without_its_closing_quote_is_read_to_the_end_of_the_card():
    cards, problems = read("OBJECT  = 'M 31")
    assert cards == {"OBJECT": "M 31"}
    assert "closing quote" in problems[0].text


def test_cards_without_a_value_are_left_out_in_silence():
    assert read("FILTER  =", "GAIN    =  / unknown", "COMMENT  = 5", "", "NOTE     speaks of no value") == (
        {},
        [],
    )


def test_a_thousand_bad_cards_are_counted_and_not_listed():
    problems = read(*[f"@{number}" for number in range(1000)])[1]
    assert len(problems) == 9
    assert "992 more" in problems[-1].text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'M 31   '", "M 31"),
        ("300.0", 300.0),
        ("T", True),
        ("-10", -10),
        ("N.I.N.A.", "N.I.N.A."),
        ("''", ""),
        ("  ", None),
        ("1E999", None),
        ("'O''Brien'", "O'Brien"),
        ("1" * 5000, "1" * 5000),
    ],
)
def test_values_cut_out_of_their_cards_are_typed_alike(text, value):
    assert plain_value(text) == value
    assert type(plain_value(text)) is type(value)
