"""Links of the pages lead where they should, whatever a file is called."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote, urljoin

from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.record_places import report_page
from pipeline.rules.report_links import anchor_of, relative_link

_NAME = st.text(min_size=1, max_size=20).filter(
    lambda one: "/" not in one and "\0" not in one and one not in {".", ".."}
)


@given(
    st.lists(st.from_regex(r"[a-z]{1,5}", fullmatch=True), max_size=3),
    st.lists(_NAME, min_size=1, max_size=4),
)
def test_a_link_is_followed_to_the_very_file_it_names(folders: list[str], parts: list[str]) -> None:
    page, path = "/".join([*folders, "page.html"]), "/".join(parts)
    link = relative_link(page, path)
    found = unquote(urljoin(f"file:///library/{page}", link), errors="surrogateescape")
    assert found.rstrip("/") == f"file:///library/{posixpath.normpath(path)}"  # a folder may end in one
    assert not set(link) & set("#?:<>\"' \n\\")


def test_a_name_with_half_a_character_is_linked_by_its_byte() -> None:
    assert relative_link("a/p.html", "a/x\udcff.fits") == "x%FF.fits"
    assert relative_link("a/p.html", "a/x\ud800.fits")  # no file is called so, and nothing breaks


def test_a_link_may_lead_to_an_element_of_its_own_page() -> None:
    assert relative_link("_Reports/index.html", "", "waits") == "#waits"
    assert anchor_of('M31 "x" <b>') == "M31--x---b"


@given(st.text(max_size=80))
def test_a_page_of_any_name_stays_in_the_reports(name: str) -> None:
    path = report_page("targets", name)
    assert path.startswith("_Reports/targets/")
    assert posixpath.normpath(path) == path
    assert path.count("/") == 2
    assert len(path) <= 200
