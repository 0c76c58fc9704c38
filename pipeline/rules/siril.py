"""Siril's tongue: which words a version understands, what a recipe is called in it, and what it says while it works.

Read from versions 1.0.6 (`preprocess`) to 1.4 (`calibrate`). What Siril cannot do is said before it starts: an
argument that it does not know it may step over without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.model.calibration import MasterRecipe
from pipeline.model.errors import UserError

Version = tuple[int, int, int]

OLDEST: Version = (1, 0, 0)
_CALIBRATE: Version = (1, 2, 0)
"""From here on `preprocess` is called `calibrate`; from 1.4 there is no other word."""
_VERSION = re.compile(r"siril\s+v?(\d+)\.(\d+)(?:\.(\d+))?", re.IGNORECASE)
_REJECTIONS = {"none": "s 0 0", "sigma": "s", "winsorised": "w", "linear_fit": "l", "percentile": "p"}
_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\x1b.|[^\S ]")
_PROGRESS = re.compile(r"progress: (?:(?P<label>.*), )?(?P<percent>\d{1,3}(?:\.\d+)?)%$")
_SHARES = re.compile(r"Pixel rejection in channel #\d+: (\d+\.\d+)% - (\d+\.\d+)%")
_DULL = re.compile(
    r"(Reading|Saving) FITS|Welcome|Supported file|Loading init|Setting CWD|Total execution|number of"
)
_MOST_LINES = 120


def read_version(said: str) -> Version | None:
    """`siril 1.0.6` as numbers."""
    found = _VERSION.search(said)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def version_text(version: Version) -> str:
    """`1.0.6`."""
    return ".".join(map(str, version))


def words_of(recipe: MasterRecipe, version: Version, *, normalise: bool) -> Mapping[str, str]:
    """What the script says of a recipe: its first line, the word that subtracts, and how it stacks.

    Raises:
        UserError: Siril, or this Siril, cannot do it.
    """
    if version < OLDEST:
        raise UserError(
            f"Siril {version_text(version)} is too old: 1.0.6 or newer is needed; install a newer one."
        )
    new = version >= _CALIBRATE
    return {
        "requires": "1.2.0" if new else "1.0.0",
        "calibrate": "calibrate" if new else "preprocess",
        "method": _method(recipe),
        "normalisation": "-norm=mul" if normalise else "-nonorm",
    }


def _method(recipe: MasterRecipe) -> str:
    if recipe.combine == "median":
        return "med"
    word = _REJECTIONS.get(recipe.reject)
    if word is None:
        can = ", ".join(f'"{name}"' for name in _REJECTIONS)
        raise UserError(
            f'Siril cannot leave out outliers by "{recipe.reject}". Set reject to one of {can}, '
            f'or backend = "built-in", in the rig file under [masters].'
        )
    if recipe.reject == "none":
        return f"rej {word}"
    low, high = recipe.low_sigma, recipe.high_sigma
    if recipe.reject == "percentile":  # Siril's are shares of the median
        low, high = low / 100, high / 100
    return f"rej {word} {low:g} {high:g}"


@dataclass(slots=True)
class Hearing:
    """Siril's lines as they come: how far it is, what it left out, what a person may want to read."""

    tell: Callable[[int, int], None]
    steps: int = 1
    """How many commands take time."""
    lines: list[str] = field(default_factory=list)
    shares: list[tuple[float, float]] = field(default_factory=list)
    """Percent left out as too low and too high, of each colour."""
    _step: int = -1
    _done: int = 0
    _counts: bool = False

    def hear(self, line: str) -> None:
        """One line of standard output."""
        text = _ESCAPE.sub("", line)
        text = text[text.find("progress: ") :] if "progress: " in text[:12] else text.strip()
        if found := _PROGRESS.match(text):
            self._hear_progress(found["label"], float(found["percent"]))
            return
        if text.startswith(("log: Running command: stack", *_CALIBRATIONS)):
            self._step, self._counts = self._step + 1, False
        if found := _SHARES.search(text):
            self.shares.append((float(found[1]), float(found[2])))
        if text.startswith("log: ") and not _DULL.search(text) and len(self.lines) < _MOST_LINES:
            self.lines.append(text.removeprefix("log: "))
        elif text.startswith("Error"):
            self.lines.append(text)

    def rejected(self, values: int) -> tuple[int, int] | None:
        """How many of so many values were left out as too low and too high; Siril says it to 0.001 %."""
        if not self.shares:
            return None
        low, high = (sum(share[at] for share in self.shares) / len(self.shares) for at in (0, 1))
        return round(values * low / 100), round(values * high / 100)

    def _hear_progress(self, label: str | None, percent: float) -> None:
        """Siril counts each phase anew, and its threads out of order: what is told never goes back."""
        if label is not None:
            self._counts = "rocessing image" in label or "stacking in progress" in label
        if self._counts and self._step >= 0:
            share = (min(self._step, self.steps - 1) + min(percent, 100.0) / 100) / self.steps
            self._done = max(self._done, int(100 * share))
            self.tell(self._done, 100)


_CALIBRATIONS = ("log: Running command: preprocess", "log: Running command: calibrate")


def last_words(lines: Iterable[str], errors: str) -> str:
    """Why it failed, as well as Siril says it: the last line that tells of trouble, else the last one of all."""
    said = [line for line in lines if line.strip()]
    told = [
        line for line in said if re.search(r"error|fail|cannot|could not|not found|abort|invalid", line, re.I)
    ]
    telling = [line for line in told if not line.startswith(("Script execution", "Error in line"))]
    chosen = telling or told or said or [line for line in errors.splitlines() if line.strip()]
    return chosen[-1].strip()[:300] if chosen else "it said nothing"
