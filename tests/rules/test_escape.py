"""Path parts: safe on every platform, reversible, and never two names in one folder."""

from __future__ import annotations

import unicodedata
from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.escape import PART_BYTES, escape, is_shortened, shorten, unescape
from pipeline.rules.targets import target_key

TEXTS = st.text(max_size=300)
WICKED = ["../../etc", "..", ".", "CON", "con.fits", "aux", "COM1", "LPT¹", "a/b", "a\\b", "C:", "x:y", "a\nb", "a\0b", "nul ",
          "M31.", " M31", "<script>", "a|b", 'say "hi"', "%41", "name~0123456789", "~", "\u202egnp"]  # fmt: skip


def is_safe(part: str) -> bool:
    stem = part.split(".")[0].rstrip().casefold()
    return (
        bool(part)
        and part not in {".", ".."}
        and not set(part) & set('<>:"/\\|?*')
        and all(ord(c) >= 32 for c in part)
        and part[0] not in " ."
        and part[-1] not in " ."
        and stem not in {"con", "prn", "aux", "nul", "com1", "lpt1", "conin$", "conout$", "clock$"}
        and PureWindowsPath(part).name == part
    )


@pytest.mark.parametrize("text", WICKED)
def test_wicked_names_become_harmless_parts_and_come_back(text: str) -> None:
    part = escape(text)
    assert is_safe(part)
    assert unescape(part) == unicodedata.normalize("NFC", text)


@given(TEXTS.filter(bool))
def test_any_text_is_a_safe_part_and_comes_back(text: str) -> None:
    part = escape(text)
    assert is_safe(part)
    assert unescape(part) == unicodedata.normalize("NFC", text)


@given(TEXTS, TEXTS)
def test_two_different_targets_never_share_a_folder(one: str, other: str) -> None:
    if target_key(one) != target_key(other):
        assert target_key(shorten(escape(one))) != target_key(shorten(escape(other)))


@given(TEXTS.filter(bool))
def test_no_part_is_longer_than_file_systems_bear(text: str) -> None:
    part = shorten(escape(text))
    assert len(part.encode()) <= PART_BYTES
    assert is_safe(part)


def test_ordinary_names_stay_as_they_are() -> None:
    for name in (
        "M31",
        "NGC 7000",
        "Sh2-155",
        "Barnard's Loop",
        "C-2022 E3 (ZTF) 2023-01-14",
        "α Cygni",
        "T_A",
        "M51+170d",
    ):
        assert escape(name) == name


def test_a_cut_name_is_told_from_one_that_only_looks_cut() -> None:
    assert is_shortened(shorten("x" * 300))
    assert not is_shortened(escape("deep~0123456789"))
