"""The stacker a rig asks for, found on this computer; where it is not, a sentence that says what to type."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pipeline.model.errors import UserError
from pipeline.model.library import Library
from pipeline.world.stackers import Stacker
from pipeline.world.workers import half_of_memory_mb

Backend = Literal["built-in", "siril", "pixinsight"]

_LEAST_MEMORY, _MOST_MEMORY = 0.05, 0.9


def stacker_for(settings: Library, name: Backend) -> Stacker:
    """Who integrates.

    Raises:
        UserError: that program is not on this computer.
    """
    match name:
        case "siril":
            return _siril(settings)
        case "pixinsight":
            return _pixinsight(settings)
        case _:
            return _built_in(settings)


def _built_in(settings: Library) -> Stacker:
    from pipeline.world.stackers.builtin import BuiltInStacker

    return BuiltInStacker(settings.limits)


def _siril(settings: Library) -> Stacker:
    from pipeline.world.stackers.siril import SirilStacker

    return SirilStacker(
        command=find_siril(settings.siril.command),
        timeout_s=settings.siril.timeout_minutes * 60,
        cpus=settings.limits.workers or os.cpu_count() or 1,
        memory=_memory_share(settings.limits.memory_mb),
        keep=settings.keep_free,
    )


def _pixinsight(settings: Library) -> Stacker:
    from pipeline.world.stackers.pixinsight import PixInsightStacker

    return PixInsightStacker(
        command=find_pixinsight(settings.pixinsight.command),
        timeout_s=settings.pixinsight.timeout_minutes * 60,
        keep=settings.keep_free,
    )


def find_siril(command: str | None) -> str:
    """Where Siril is: as configured, on PATH, or where it is usually installed."""
    return _find("Siril", "siril", command, ("siril-cli", "siril"), _siril_homes())


def find_pixinsight(command: str | None) -> str:
    """Where PixInsight is, likewise."""
    return _find("PixInsight", "pixinsight", command, ("PixInsight", "PixInsight.sh"), _pixinsight_homes())


def _find(name: str, table: str, command: str | None, names: tuple[str, ...], homes: Iterator[Path]) -> str:
    if command is not None:
        found = shutil.which(str(Path(command).expanduser()))
        if found is None:
            raise UserError(
                f"{name} is not at {command}, or may not be run. Mend `command` under [{table}] in library.toml."
            )
        return found
    on_path = next((found for each in names if (found := shutil.which(each))), None)
    installed = on_path or next((str(each) for each in homes if each.is_file()), None)
    if installed is None:
        raise UserError(
            f"{name} was not found on this computer. Install it; or say where it is, in library.toml: "
            f"[{table}] command = '/path/to/{names[0]}'; or set backend = \"built-in\" under [masters] in the rig file."
        )
    return installed


def _siril_homes() -> Iterator[Path]:
    if sys.platform == "win32":
        yield from (folder / "Siril" / "bin" / "siril-cli.exe" for folder in _program_files())
    elif sys.platform == "darwin":
        inside = ("Contents", "MacOS", "siril-cli")
        yield from (Path("/Applications", app, *inside) for app in ("Siril.app", "SiriL.app"))
    else:
        yield from (Path(folder, "siril-cli") for folder in ("/usr/bin", "/usr/local/bin", "/opt/siril/bin"))


def _pixinsight_homes() -> Iterator[Path]:
    if sys.platform == "win32":
        yield from (folder / "PixInsight" / "bin" / "PixInsight.exe" for folder in _program_files())
    elif sys.platform == "darwin":
        yield Path("/Applications/PixInsight/PixInsight.app/Contents/MacOS/PixInsight")
    else:
        yield from (Path("/opt/PixInsight/bin", name) for name in ("PixInsight.sh", "PixInsight"))


def _program_files() -> Iterator[Path]:
    told = (os.environ.get(name) for name in ("ProgramW6432", "ProgramFiles", "ProgramFiles(x86)"))
    yield from (Path(folder) for folder in dict.fromkeys(told) if folder)


def _memory_share(memory_mb: int | None) -> float:
    """What Siril is told: a share of all memory; half where nobody says."""
    if memory_mb is None:
        return 0.5
    return min(max(memory_mb / (2 * half_of_memory_mb()), _LEAST_MEMORY), _MOST_MEMORY)
