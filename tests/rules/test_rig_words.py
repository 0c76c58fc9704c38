"""A rig by any word for it that is not also another's."""

from __future__ import annotations

import pytest

from pipeline.model.errors import UserError
from pipeline.rules.report_words import short_rig
from pipeline.rules.rig_words import rig_called

C8E, SMALL, CAMERA = "C8E@f10.0+ZWO ASI2600MM Pro", "SQA55@f5.3+ATR585M", "ZWO ASI2600MM Pro"
HERE = (C8E, SMALL, CAMERA)


@pytest.mark.parametrize(
    "word",
    [
        C8E,
        C8E.upper(),
        "c8e@f10+zwo asi2600mm pro",
        "C8E@f10.0+ZWO_ASI2600MM_Pro",
        f"{C8E}/",
        f"/astro/library/{C8E}",
        "C8E",
        "c8e",
        short_rig(C8E),
        "c8e+zwo asi2600mm pro",
        "f10",
    ],
)
def test_name_folder_label_and_short_form_mean_the_same_rig(word: str) -> None:
    assert rig_called(word, HERE) == C8E


def test_a_camera_by_its_whole_name_is_not_the_rig_that_carries_it() -> None:
    assert rig_called("zwo asi2600mm pro", HERE) == CAMERA


def test_a_word_that_fits_two_lists_them() -> None:
    with pytest.raises(UserError, match=f'\'2600\' may mean "C8E.*" or "{CAMERA}": type one of them'):
        rig_called("2600", HERE)
    with pytest.raises(UserError, match="'C8E' may mean"):
        rig_called("C8E", (C8E, "C8E@f7.0+ATR585M"))


def test_a_rig_with_frames_is_meant_before_one_that_has_only_a_file() -> None:
    assert rig_called("C8E", (C8E,), (C8E, "C8E@f7.0+ATR585M")) == C8E
    assert rig_called("SQA", (C8E,), (C8E, SMALL)) == SMALL


@pytest.mark.parametrize("word", ["", "RC12"])
def test_a_word_for_nothing_here_stays_what_it_was(word: str) -> None:
    assert rig_called(word, HERE) == word
