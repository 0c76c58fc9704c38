from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.world.fits_cards import parse_cards, split_cards
from pipeline.world.fits_text import LINE, Card, card_lines

_VALUES = st.integers() | st.floats() | st.text(max_size=200) | st.booleans() | st.none()


@given(st.text(max_size=100), _VALUES, st.text(max_size=100))
def test_no_line_is_longer_than_a_card(key, value, comment):
    assert all(len(line) <= LINE for line in card_lines(Card(key, value, comment)))


@pytest.mark.parametrize(("value", "read"), [(10**308, 1e308), (-(10**20), -1e20), (10**18, 10**18)])
@pytest.mark.parametrize("key", ["GAIN", "NOTGAIN TOO LONG"])
def test_a_whole_number_too_long_for_its_card_is_a_rounded_one(key, value, read):
    (line,) = card_lines(Card(key, value))
    assert parse_cards(split_cards(line.ljust(LINE).encode()))[0][key] == read


def test_a_whole_number_beyond_all_floats_is_left_out():
    assert card_lines(Card("GAIN", 10**400)) == ["GAIN    =" + " " * 21]
