"""Sentences every `doit purge` of calibration says alike."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.rules.spoken import counted

_SHOWN = 40


def few(lines: Sequence[str]) -> list[str]:
    """The first of very many lines, and how many more there are."""
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], *([f"... and {more:,} more"] if more > 0 else [])]


def unexpected(number: int, noun: str, expect: int | None) -> str:
    """Why nothing is changed where `--expect` names another number; empty where it names this one, or none."""
    if expect is None or expect == number:
        return ""
    return f"{counted(number, noun)} would go, but --expect says {expect}; nothing was changed."
