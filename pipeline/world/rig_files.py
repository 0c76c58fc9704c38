"""Rig files on disk: found, read as they were typed, and placed whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.model.errors import ConfigError
from pipeline.rules.escape import PART_BYTES, unescape
from pipeline.world.files import make_folder, replace_if_different, write_new

_BOM = "\ufeff"


def file_of(rig_name: str, files: Iterable[str]) -> Path:
    """Find the file of a rig among those its configuration was read from."""
    return next(path for path in map(Path, files) if unescape(path.name[: -len(".toml")]) == rig_name)


def read_text(path: Path) -> str:
    """Read a rig file with its own line breaks, as the bytes have them."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "", f"could not be read: {error}") from error


def save_text(path: Path, text: str) -> None:
    """Put a rig file's new text in the place of the old, byte order mark or none as before."""
    try:
        mark = _BOM if path.read_bytes().startswith(_BOM.encode()) else ""
        replace_if_different(path, (mark + text).encode())
    except OSError as error:
        raise ConfigError(str(path), "", f"could not be written: {error.strerror or error}") from error


def create(path: Path, text: str) -> None:
    """Write a rig file that does not exist yet."""
    if len(path.name.encode()) > PART_BYTES:
        raise ConfigError(str(path), "", f"a name of more than {PART_BYTES} bytes; shorten the rig's")
    try:
        make_folder(path.parent)
        write_new(path, text.encode())
    except FileExistsError as error:
        raise ConfigError(str(path), "", "exists, and is the file of no rig we know; move it away") from error
    except OSError as error:
        raise ConfigError(str(path), "", f"could not be written: {error.strerror or error}") from error
