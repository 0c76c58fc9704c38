from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.likeness import looks_alike, nearest_rig, nearest_to, train_of
from pipeline.rules.typed import as_typed
from tests.factories import make_frame

KNOWN = ("C8E@f10.0+ZWO ASI2600MM Pro", "SQA55@f5.3+ATR585M", "SQA55@f5.3+ZWO ASI2600MM Pro")


def test_a_rig_under_another_name_is_recognised():
    assert nearest_to(train_of("C8 E@f10.0+ASI2600MM Pro"), KNOWN) == KNOWN[0]
    assert looks_alike(train_of("C8 E@f10.0+ASI2600MM Pro"), KNOWN[0])
    assert not looks_alike(train_of("C8 E@f7.0+ASI2600MM Pro"), KNOWN[0])
    assert looks_alike(train_of("Edge8@f10.0+ASI2600MM Pro"), KNOWN[0])
    assert looks_alike(train_of("C8 E+ASI2600MM Pro"), KNOWN[0])
    assert not looks_alike(train_of("FRA300@f5.0+ASI2600MM Pro"), KNOWN[0])


def test_the_ratio_decides_between_two_with_one_camera():
    assert nearest_to(train_of("?@f5.3+ZWO ASI2600MM Pro"), KNOWN) == KNOWN[2]


def test_a_complete_stranger_is_like_none():
    assert nearest_to(train_of("Mak127@f12.0+Canon EOS 6D"), KNOWN) is None
    assert nearest_to(train_of("x"), ()) is None


def test_a_frame_that_names_only_its_camera_has_a_nearest_too():
    assert nearest_rig(make_frame(optic=None, focal_ratio=None, camera="ATR585M"), KNOWN) == KNOWN[1]


def test_words_are_typed_so_that_every_shell_takes_them():
    assert as_typed("_Inbox/a=b.fits") == "_Inbox/a=b.fits"
    assert as_typed("_Inbox/a b.fits") == '"_Inbox/a b.fits"'
    assert as_typed("$HOME's") == "'$HOME'\"'\"'s'"


@given(st.text(min_size=0, max_size=30).filter(str.isprintable))
def test_a_typed_word_is_read_back_as_it_was(word):
    assert shlex.split(as_typed(word)) == [word]
