"""What a setting may be beyond its type: said once beside the field, kept by whoever reads the file.

For example `latitude: Annotated[float, Between(-90, 90)]`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated

_ODD = re.compile(r"[^A-Za-z0-9_-]")


class Bound(ABC):
    """Something a value must keep to."""

    __slots__ = ()

    @abstractmethod
    def expects(self, value: object) -> str | None:
        """What was expected instead, or None when the value will do."""


@dataclass(frozen=True, slots=True)
class Between(Bound):
    """A number from `low` to `high`, both included."""

    low: float
    high: float

    def expects(self, value: object) -> str | None:
        """Say the range to a number outside it."""
        if not isinstance(value, int | float) or self.low <= value <= self.high:
            return None
        return f"expected {self.low:.12g} to {self.high:.12g}, found {value:.12g}"


@dataclass(frozen=True, slots=True)
class Above(Bound):
    """A number greater than `low`."""

    low: float

    def expects(self, value: object) -> str | None:
        """Say the limit to a number that does not pass it."""
        if not isinstance(value, int | float) or value > self.low:
            return None
        return f"expected more than {self.low:.12g}, found {value:.12g}"


@dataclass(frozen=True, slots=True)
class Filled(Bound):
    """A text that says something, with no blanks at its ends and nothing invisible in it."""

    without: str = ""
    """Characters it cannot hold either."""

    def expects(self, value: object) -> str | None:
        """Say what is wrong with a text."""
        if not isinstance(value, str):
            return None
        if not value.strip():
            return "expected a name, found an empty text"
        if value != value.strip():
            return f'expected no blanks at its ends, as in "{value.strip()}"'
        odd = next((c for c in value if c in self.without or not c.isprintable()), None)
        return None if odd is None else f"expected a name without {odd!r}"


@dataclass(frozen=True, slots=True)
class Distinct(Bound):
    """A list that names nothing twice."""

    def expects(self, value: object) -> str | None:
        """Name the first thing said twice."""
        items = value if isinstance(value, tuple) else ()
        twice = next((item for at, item in enumerate(items) if item in items[:at]), None)
        return None if twice is None else f'"{twice}" stands there twice'


@dataclass(frozen=True, slots=True)
class MustBe(Bound):
    """A setting that has one lawful value, and says why."""

    only: object
    why: str

    def expects(self, value: object) -> str | None:
        """Say why it cannot be otherwise."""
        return None if value == self.only else f"expected {str(self.only).lower()}: {self.why}"


@dataclass(frozen=True, slots=True)
class Suffix(Bound):
    """The end of a file's name, before its `.fits`: letters, digits, `_` and `-`, at least one."""

    def expects(self, value: object) -> str | None:
        """Say what it may hold."""
        if not isinstance(value, str) or (value and len(value) <= 40 and not _ODD.search(value)):
            return None
        return "expected 1 to 40 letters, digits, _ or -"


Name = Annotated[str, Filled()]
Positive = Annotated[float, Above(0)]
Count = Annotated[int, Above(0)]
Percent = Annotated[float, Between(0, 100)]
