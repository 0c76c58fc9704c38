"""TOML files opened: what is wrong with the file itself becomes a sentence that says where, what and why."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pipeline.model.errors import ConfigError

_PLACE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


def read_toml(path: Path) -> Mapping[str, object]:
    """The table a file holds; ConfigError with line and column when it holds none."""
    text = _read_text(path)
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(str(path), "", "brackets nested too deep to be a settings file") from error
    except ValueError as error:  # TOMLDecodeError is one; so is a number of 5,000 digits
        raise _explain(path, text, str(error)) from error


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), "", f"could not be read: {error.strerror or error}") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(str(path), "", "saved as UTF-16; expected UTF-8, which editors offer when saving")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(str(path), f"line {line}", "expected a file saved as UTF-8") from error


def _explain(path: Path, text: str, complaint: str) -> ConfigError:
    place = _PLACE.search(complaint)
    what = (complaint[: place.start()] if place else complaint).strip()
    if place is None or place["line"] is None:
        return ConfigError(str(path), "the end" if place else "", f"no TOML: {what}")
    lines = text.split("\n")
    at = int(place["line"])
    line = lines[at - 1].strip() if at <= len(lines) else ""
    advice = _advise(line)
    shown = f" in: {line[:80]}" if line else ""
    return ConfigError(str(path), f"line {at}, column {place['column']}", f"no TOML: {what}{shown}{advice}")


def _advise(line: str) -> str:
    """What people who write TOML for the first time most often meet."""
    value = line.partition("=")[2].strip()
    if "\\" in line:
        return " (a path with backslashes stands between single quotes: 'D:\\astro')"
    if re.fullmatch(r"[+-]?\d+,\d+.*", value):
        return " (a number takes a point, not a comma: 4.6)"
    if value.lower() in {"yes", "no", "true", "false", "on", "off"}:
        return " (write true or false)"
    if re.match(r"[^\W\d]", value):
        return " (a text stands in quotes)"
    return ""
