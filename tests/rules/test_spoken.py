from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.spoken import common_folder, counted, lasting, sized


def test_one_is_one_and_many_are_grouped():
    assert counted(1, "frame") == "1 frame"
    assert counted(80118, "frame") == "80,118 frames"
    assert counted(2, "SHA-256 to record", "SHA-256 to record") == "2 SHA-256 to record"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (52_200_000, "52.2 MB"),
        (4_160_000_000_000, "4.16 TB"),
        (312e9, "312 GB"),
    ],
)
def test_sizes_have_three_digits_and_a_unit(number, said):
    assert sized(number) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.42, "0.4 s"), (52, "52 s"), (112, "1 min 52 s"), (15900, "4 h 25 min")]
)
def test_times_are_said_as_one_would(seconds, said):
    assert lasting(seconds) == said


def test_many_paths_are_said_as_the_folder_they_share():
    assert common_folder(["in/LIGHT/a", "in/LIGHT/b", "in/LIGHT/x/c"]) == "in/LIGHT"
    assert common_folder(["in/a/x.fits"]) == "in/a/x.fits"
    assert common_folder(["a/x", "b/x"]) == ""
    assert common_folder([]) == ""


@given(
    st.lists(st.lists(st.text("ab", min_size=1, max_size=2), min_size=1, max_size=4), min_size=2, max_size=5)
)
def test_each_path_lies_in_the_folder_that_is_named(parts):
    paths = ["/".join(one) for one in parts]
    folder = common_folder(paths)
    assert all(not folder or path.startswith(f"{folder}/") for path in paths)
