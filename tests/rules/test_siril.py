"""Siril's tongue: versions, recipes, progress."""

from __future__ import annotations

import pytest

from pipeline.model.calibration import MasterRecipe
from pipeline.model.errors import UserError
from pipeline.rules.siril import Hearing, last_words, read_version, version_text, words_of


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("siril 1.0.6\n", (1, 0, 6)),
        ("siril 1.4.0-beta3", (1, 4, 0)),
        ("Siril v1.2", (1, 2, 0)),
        ("hello", None),
    ],
)
def test_versions_are_read_as_numbers(said: str, version: tuple[int, int, int] | None) -> None:
    assert read_version(said) == version


@pytest.mark.parametrize(
    ("version", "word", "requires"),
    [
        ((1, 0, 6), "preprocess", "1.0.0"),
        ((1, 2, 1), "calibrate", "1.2.0"),
        ((1, 10, 0), "calibrate", "1.2.0"),
    ],
)
def test_each_version_hears_its_own_word(version: tuple[int, int, int], word: str, requires: str) -> None:
    words = words_of(MasterRecipe(), version, normalise=False)
    assert (words["calibrate"], words["requires"], words["normalisation"]) == (word, requires, "-nonorm")


@pytest.mark.parametrize(
    ("recipe", "method"),
    [
        (MasterRecipe(combine="median", reject="minmax"), "med"),
        (MasterRecipe(reject="none"), "rej s 0 0"),
        (MasterRecipe(reject="winsorised"), "rej w 4 3"),
        (MasterRecipe(reject="sigma", low_sigma=2.5), "rej s 2.5 3"),
        (MasterRecipe(reject="percentile", low_sigma=20.0, high_sigma=10.0), "rej p 0.2 0.1"),
    ],
)
def test_recipes_have_their_word(recipe: MasterRecipe, method: str) -> None:
    assert words_of(recipe, (1, 0, 6), normalise=True)["method"] == method


def test_a_siril_of_old_is_refused() -> None:
    with pytest.raises(UserError, match=r"Siril 0\.9\.12 is too old"):
        words_of(MasterRecipe(), (0, 9, 12), normalise=False)
    assert version_text((0, 9, 12)) == "0.9.12"


def test_progress_never_goes_back_and_escape_codes_are_stepped_over() -> None:
    told: list[tuple[int, int]] = []
    hearing = Hearing(tell=lambda done, of: told.append((done, of)), steps=2)
    for line in (
        "\x1b[A\x1b[2KT\rprogress: 100.00%",
        "log: Running command: preprocess",
        "progress: Preprocessing. Processing image 1 (frame_00001.fit), 50.00%",
        "progress: Preprocessing. Processing image 2 (frame_00002.fit), 20.00%",
        "progress: Sequence processing succeeded., 0.00%",
        "log: Running command: stack",
        "progress: Opening images for stacking, 100.00%",
        "\x1b[A\x1b[2KT\rprogress: 100.00%",
        "progress: Rejection stacking in progress..., 0.00%",
        "\x1b[A\x1b[2KT\rprogress: 48.48%",
        "log: Pixel rejection in channel #0: 0.500% - 0.250%",
    ):
        hearing.hear(line)
    assert told == [(25, 100), (25, 100), (50, 100), (74, 100)]
    assert hearing.rejected(10_000) == (50, 25)
    assert hearing.lines[-1] == "Pixel rejection in channel #0: 0.500% - 0.250%"


def test_the_line_that_tells_of_trouble_is_the_last_word() -> None:
    lines = ["Opening", "Error opening image 3", "Error in line 6: 'stack'.", "Script execution failed."]
    assert last_words(lines, "") == "Error opening image 3"
    assert last_words([], "  Segmentation fault \n") == "Segmentation fault"
    assert last_words([], "") == "it said nothing"
