"""What a command is asked with, and what it answers: the only two values between a person and the night.

A command is a function `run(arguments, context) -> Answer`. It prints nothing and never looks around by
itself, so that a terminal, a test and a web page may all ask it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OK = 0
"""All is well."""
WAITS = 1
"""It was done, and something waits for a person or has failed."""
USAGE = 2
"""The command line could not be understood."""
CANNOT = 3
"""Nothing was done: the sentence says why."""


class Figure(str):
    """A number with its unit, as a table's cell: it stands to the right, as numbers do."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command has to say: sentences for people, rows for a table, the same as data for programs."""

    sentences: tuple[str, ...] = ()
    """Said before the rows, one a line."""
    columns: tuple[str, ...] = ()
    """Which keys of the rows make the table, in order. Empty: those of the first row."""
    fit: bool = False
    """True: cells are cut, and the last columns left out, where the terminal is narrower than the table."""
    kept: tuple[str, ...] = ()
    """Columns that tell a row from all others: never cut or left out; a narrow terminal has them below their row."""
    rows: Iterable[Mapping[str, Any]] = ()
    """One mapping a line of the table; may be an iterator, and is then shown as it comes."""
    data: Any = None
    """What `--json` prints. None: the rows, or the sentences where there are no rows. An iterator is printed as a
    list while it comes."""
    json_lines: bool = False
    """True: `--json` prints one object a line, as they come, of `data` where given, else of the rows."""
    closing: tuple[str, ...] = ()
    """Said after the rows."""
    exit_code: int | Callable[[], int] = OK
    """OK, WAITS, USAGE or CANNOT; a function where it is only known after the last row."""

    def code(self) -> int:
        """The exit code: ask after the rows were used up."""
        return self.exit_code() if callable(self.exit_code) else self.exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a command may know of the place it was typed in."""

    folder: Path
    """Where the person stands."""
    environment: Mapping[str, str] = field(default_factory=dict)
    library: Path | None = None
    """The library that is meant: NIGHTBUILD_LIBRARY, else the nearest one above. It need not be reachable."""
    lines: Iterable[str] = ()
    """Standard input, line by line, for commands that read `-`."""
    can_ask: bool = False
    """True when a person sits at a terminal; without one every question takes its flag or its safe answer."""
    say: Callable[[str], None] = field(default=lambda _line: None)
    """Says one line now, on standard error, while the answer is still being worked out."""
