"""Names from archives: each inside its folder, each its own, or refused with a reason."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.members import Places, find_refusal, is_litter_member

NAMES = st.lists(
    st.one_of(
        st.sampled_from(["a", "A", "b.fits", "B.FITS", "..", ".", "C:", "nul", "a~2"]), st.text(max_size=9)
    ),
    min_size=1,
    max_size=4,
).map("/".join)


@pytest.mark.parametrize(
    "name", ["../x", "a/../x", "..\\x", "/x", "\\x", "C:\\x", "c:x", "\\\\s\\s\\x", "//s/x", "", "./"]
)
def test_name_that_leads_out_or_nowhere_is_refused(name):
    assert find_refusal(name)


@pytest.mark.parametrize(
    "name", ["x.fits", "a/x.fits", "a\\x.fits", "./a//x.fits", "..x/x..fits", "CON", "..."]
)
def test_name_below_the_folder_is_let_in(name):
    assert find_refusal(name) == ""


def test_either_slash_parts_folders():
    assert Places().take("LIGHT\\M31/a.fits") == "LIGHT/M31/a.fits"


def test_ending_survives_when_a_name_is_cut_or_counted():
    places = Places()
    assert places.take("n" * 400 + ".fits.fz").endswith(".fits.fz")
    assert [places.take("a.fits") for _ in range(3)] == ["a.fits", "a~2.fits", "a~3.fits"]


def test_file_that_is_also_a_folder_gets_two_places():
    places = Places()
    assert [places.take(name) for name in ("a", "a/b", "a/c", "d/e", "d")] == [
        "a",
        "a~2/b",
        "a~2/c",
        "d/e",
        "d~2",
    ]


def test_twenty_thousand_members_of_one_name_take_no_time_worth_telling():
    places = Places()
    assert len({places.take("a.fits") for _ in range(20_000)}) == 20_000


@pytest.mark.parametrize("name", ["__MACOSX/a.fits", "a/._b.fits", ".DS_Store", "a\\Thumbs.db", "@eaDir/x"])
def test_litter_is_known_by_name(name):
    assert is_litter_member(name)


@pytest.mark.parametrize("name", ["a.fits", "__MACOSX.fits", "a_._b.fits", "MyThumbs.db"])
def test_frame_is_no_litter(name):
    assert not is_litter_member(name)


@given(st.lists(NAMES, max_size=12))
def test_each_place_is_inside_and_nobody_elses(names):
    places = Places()
    given_out = [places.take(name) for name in names if not find_refusal(name)]
    assert len({place.casefold() for place in given_out}) == len(given_out)
    for place in given_out:
        for path in (PurePosixPath(place), PureWindowsPath(place)):
            assert not path.is_absolute()
            assert not path.drive
            assert ".." not in path.parts
    folders = {str(above).casefold() for place in given_out for above in PurePosixPath(place).parents}
    assert not folders & {place.casefold() for place in given_out}
