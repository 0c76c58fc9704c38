"""Templates are understood once and kept; what is kept never changes a page."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.world import pages


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of templates, and temporary files of its own."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(pages, "templates_folder", lambda: tmp_path)
    (tmp_path / "page.j2").write_text("<b>{{ name }}</b>")
    pages._environment.cache_clear()
    yield tmp_path
    pages._environment.cache_clear()


def _kept(templates: Path) -> list[Path]:
    return list((templates / "temporary").rglob("nightbuild_*.cache"))


def _anew() -> str:
    pages._environment.cache_clear()
    return pages.render("page.j2", {"name": "<M 31>"})


def test_a_template_is_understood_once_and_kept(templates: Path) -> None:
    assert _anew() == _anew() == "<b>&lt;M 31&gt;</b>"
    assert len(_kept(templates)) == 1


def test_a_template_that_was_edited_is_understood_anew(templates: Path) -> None:
    _anew()
    (templates / "page.j2").write_text("<i>{{ name }}</i>")
    assert _anew() == "<i>&lt;M 31&gt;</i>"


@pytest.mark.parametrize("harm", [b"", b"nonsense", None])
def test_a_damaged_keepsake_changes_no_page(templates: Path, harm: bytes | None) -> None:
    _anew()
    (kept,) = _kept(templates)
    kept.write_bytes(kept.read_bytes()[:-9] if harm is None else harm)
    assert _anew() == "<b>&lt;M 31&gt;</b>"


def test_without_room_for_it_pages_are_made_all_the_same(
    templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    assert _anew() == "<b>&lt;M 31&gt;</b>"
