"""The folder of a library's own rig files: where it is, what comes into it, and how it becomes as it was.

As soon as `_Rigs` holds settings, those that came with Nightbuild no longer count. So whoever writes the first file
there takes the shipped ones over, and every rig that was known stays known.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.model.errors import ConfigError, UserError
from pipeline.model.library import Configuration
from pipeline.model.rigs import Rig
from pipeline.rules.clashes import find_clashes
from pipeline.rules.escape import escape
from pipeline.rules.rigfiles import DEFAULTS, LIBRARY, TARGETS, read_rig
from pipeline.world.configuration import find_folder, shipped_folder
from pipeline.world.files import make_folder, write_new
from pipeline.world.selected import require_library
from pipeline.world.toml import read_toml

OWN = "_Rigs"
_NOWHERE = "No library here, so where to? Type it in a library, or let NIGHTBUILD_RIGS name a folder for it."


def writable_folder(library: Path | None, environment: Mapping[str, str], standing: Path) -> Path:
    """The folder rig files are written to; where it is the library's, the library must be there."""
    named = environment.get("NIGHTBUILD_RIGS", "").strip()
    if named:
        return find_folder(None, str(standing / named))
    if library is not None:
        return require_library(library) / OWN
    folder = shipped_folder()
    if folder.parent.name == "_shipped":  # inside an installed package: the next version would take it away
        raise UserError(_NOWHERE)
    return folder


def take_over(folder: Path, active: Path) -> dict[str, str]:
    """Copy the settings that hold now into a folder without any; each copy's name and digest."""
    if folder.resolve() == active.resolve() or _settings(folder):
        return {}
    make_folder(folder)
    copied: dict[str, str] = {}
    for file in _settings(active):
        data = file.read_bytes()
        write_new(folder / file.name, data)
        copied[file.name] = digest(data)
    return copied


def give_back(folder: Path, copied: Mapping[str, str], *, made: bool) -> bool:
    """Take the copies away again when nothing but unchanged copies is left; `made`: the folder too."""
    left = list(folder.iterdir()) if folder.is_dir() else []
    if any(copied.get(path.name) != digest_of(path) for path in left):
        return False
    for path in left:
        path.unlink()
    if made and folder.is_dir():
        folder.rmdir()
    return bool(left) or made


def check_rig(file: str, text: str, folder: Path) -> Rig:
    """The rig a text describes; ConfigError rather than a file that would stop the next night.

    Args:
        file: The file's name.
        text: What it is to hold.
        folder: Where the `_default.toml` lies that holds beside it.
    """
    defaults = folder / DEFAULTS
    table = read_toml(defaults) if defaults.is_file() else None
    rig, flaws = read_rig(file.removesuffix(".toml"), tomllib.loads(text), table)
    if rig is None:
        raise ConfigError(str(folder / file), flaws[0].key, f"was not written: {flaws[0].expected}")
    return rig


def require_peace(configuration: Configuration, file: str, rig: Rig) -> None:
    """ConfigError when a new or changed rig would clash with another."""
    rigs = {f"{escape(one.name)}.toml": one for one in configuration.rigs if one.name != rig.name}
    for _, flaw in find_clashes(configuration.library, rigs | {file: rig}):
        raise ConfigError(file, flaw.key, f"was not written: {flaw.expected}")


def names_of(files: Iterable[str]) -> list[str]:
    """The rigs among settings files, for a sentence."""
    return sorted(file.removesuffix(".toml") for file in files if file not in {DEFAULTS, LIBRARY, TARGETS})


def digest(data: bytes) -> str:
    """What tells an edited file from the one we wrote."""
    return hashlib.sha256(data).hexdigest()


def digest_of(path: Path) -> str | None:
    """The digest of a file; None where there is none."""
    return digest(path.read_bytes()) if path.is_file() else None


def _settings(folder: Path) -> list[Path]:
    found = folder.iterdir() if folder.is_dir() else []
    return sorted(path for path in found if path.suffix.lower() == ".toml" and not path.name.startswith("."))
