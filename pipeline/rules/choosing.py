"""Which stored files a person means: paths, folders, patterns; a rig, a night, a target.

Chosen by where they are filed, which is what a person sees. Letter case makes no difference to rig and
target.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import translate

from pipeline.rules.addresses import read_address
from pipeline.rules.escape import unescape
from pipeline.rules.ledger import Record
from pipeline.rules.targets import target_key


def night(text: str) -> str:
    """A night as a person types it; ValueError for what is no date."""
    return date.fromisoformat(text).isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What `--rig --night --target` ask for; empty: any."""

    rig: str = ""
    night: str = ""
    target: str = ""

    @property
    def is_any(self) -> bool:
        """True when nothing was asked for."""
        return not (self.rig or self.night or self.target)

    def holds(self, stored: str) -> bool:
        """True when the file is filed there."""
        if self.is_any:
            return True
        address = read_address(stored)
        if address is None:
            return False
        if self.rig and address.owner.casefold() != self.rig.casefold():
            return False
        if self.night and (address.night is None or address.night.isoformat() != self.night):
            return False
        return not self.target or target_key(_target(stored)) == target_key(self.target)

    def holds_adopted(self, record: Record, stored: str) -> bool:
        """The same of an adopted frame: its adoption says what it is filed under, its folders name the target."""
        if self.rig and str(record.get("owner", "")).casefold() != self.rig.casefold():
            return False
        if self.night and record.get("night") != self.night:
            return False
        return not self.target or target_key(self.target) in map(target_key, stored.split("/")[:-1])


def _target(stored: str) -> str:
    parts = stored.split("/")
    return unescape(parts[4]) if len(parts) == 7 else ""


def match(spellings: Sequence[str], paths: Iterable[str]) -> list[str]:
    """The paths that any spelling means: the path itself, what lies in a folder, or what fits a pattern.

    Args:
        spellings: One word as a person typed it, in every way it can be read; with `/`.
        paths: What there is.
    """
    found = []
    patterns = [re.compile(translate(word)) for word in spellings if any(char in word for char in "*?")]
    folders = tuple(f"{word.rstrip('/')}/" for word in spellings if word)
    for path in paths:
        if path in spellings or path.startswith(folders) or any(one.match(path) for one in patterns):
            found.append(path)
    return found
