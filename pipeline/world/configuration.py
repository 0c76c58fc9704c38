"""The person's settings, found and read: the first thing each run does, and the one place TOML is opened.

They are looked for in the folder NIGHTBUILD_RIGS names, else in the library's `_Rigs`, else among the shipped
ones. Everything that is wrong in all the files is told at once; nothing is skipped, and nothing runs until it
is mended.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pipeline.model.errors import ConfigError
from pipeline.model.library import Configuration, TargetAlias
from pipeline.model.rigs import Rig, Site
from pipeline.rules import rigfiles
from pipeline.rules.clashes import find_clashes
from pipeline.rules.layout import path_warning
from pipeline.rules.phrases import nearest
from pipeline.rules.rigfiles import DEFAULTS, LIBRARY, TARGETS, Table
from pipeline.rules.tables import Flaw
from pipeline.world.toml import read_toml

T = TypeVar("T")
_REST_NS = 3 * 10**9
"""How long a file must have been quiet when it was read, for its time to be believed."""
_latest: dict[tuple[str, str, tuple[tuple[str, int, int], ...]], Configuration] = {}
"""The settings read last in this process, by where they lie and how their files looked."""
_NO_BACKUP = "No name leaves an inbox: retire in library.toml waits for a backup, and [backup] there is off."


def load_configuration(library: Path | None, rigs: str | None = None) -> Configuration:
    """Read the settings of a library; a run asks several times, and files that have rested are read once.

    Args:
        library: Its root; None: the shipped settings.
        rigs: What NIGHTBUILD_RIGS says, if it is set.
    """
    folder = find_folder(library, rigs)
    looks = _looks(folder)
    key = str(folder), str(library), looks
    found = _latest.get(key)
    if found is None:
        now_ns = time.time_ns()
        found = read_folder(folder, library)
        _latest.clear()
        if looks and all(now_ns - mtime_ns > _REST_NS for _, _, mtime_ns in looks):
            _latest[key] = found
    return found


def _looks(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, size and time of every settings file; what cannot be looked at is for the reading to say."""
    try:
        seen = [(file.name, file.stat()) for file in _settings_in(folder)]
    except OSError:
        return ()
    return tuple((name, look.st_size, look.st_mtime_ns) for name, look in seen)


def find_folder(library: Path | None, rigs: str | None = None) -> Path:
    """The folder whose rig files hold for this library."""
    if rigs:
        named = Path(rigs).absolute()
        if not named.is_dir():
            raise ConfigError(str(named), "", "NIGHTBUILD_RIGS names this folder, but there is none")
        return named
    own = library.absolute() / "_Rigs" if library else None
    return own if own and _settings_in(own) else shipped_folder()


def shipped_folder() -> Path:
    """The rig files that came with Nightbuild: inside an installed package, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    folder = package / "_shipped" / "rigs"
    return folder if folder.is_dir() else package.parent / "rigs"


def read_folder(folder: Path, library: Path | None = None) -> Configuration:
    """Read every settings file of a folder, or raise one ConfigError that names all that is wrong."""
    report = _Report(folder)
    files = _settings_in(folder)
    tables = {file.name: table for file in files if (table := report.open(file)) is not None}
    stranger = report.take(DEFAULTS, rigfiles.read_defaults(tables.get(DEFAULTS, {})))
    settings = report.take(LIBRARY, rigfiles.read_library(tables.get(LIBRARY, {})))
    targets = report.take(TARGETS, rigfiles.read_targets(tables.get(TARGETS, {})))
    defaults = tables.get(DEFAULTS, {}) if stranger else {}  # what is wrong there is said once
    rigs = _read_rigs(tables, defaults, report)
    if settings is not None and not report.errors:
        report.extend(find_clashes(settings, rigs))
        report.extend((LIBRARY, flaw) for flaw in _check_zones(settings.sites))
    if report.errors or stranger is None or settings is None or targets is None:
        raise report.as_error()
    return Configuration(
        library=settings,
        rigs=tuple(sorted(rigs.values(), key=lambda rig: rig.name)),
        targets=targets,
        stranger=stranger,
        folder=str(folder),
        files=tuple(map(str, files)),
        mark=_mark_of(files),
        warnings=(
            *(_warn_of_length(library, rigs.values(), targets) if library else ()),
            *([_NO_BACKUP] if settings.waits_for_no_backup else []),
        ),
    )


def _mark_of(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def read_rig_file(path: Path) -> Rig:
    """Read one rig file by itself, over the `_default.toml` beside it."""
    beside = path.with_name(DEFAULTS)
    report = _Report(path.parent)
    tables = {file.name: table for file in (beside, path) if file.exists() and (table := report.open(file))}
    rigs = _read_rigs({path.name: tables.get(path.name, {})}, tables.get(DEFAULTS, {}), report)
    if report.errors:
        raise report.as_error()
    return rigs[path.name]


class _Report:
    """What is wrong with the files of one folder, gathered so that all of it is told at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.errors: list[ConfigError] = []

    def open(self, file: Path) -> Table | None:
        try:
            return read_toml(file)
        except ConfigError as error:
            self.errors.append(error)
            return None

    def take(self, file: str, read: tuple[T | None, Iterable[Flaw]]) -> T | None:
        value, flaws = read
        self.extend((file, flaw) for flaw in flaws)
        return value

    def extend(self, flaws: Iterable[tuple[str, Flaw]]) -> None:
        self.errors.extend(ConfigError(str(self.folder / file), f.key, _explain(f)) for file, f in flaws)

    def as_error(self) -> ConfigError:
        first, *others = self.errors
        return ConfigError(first.file, first.key, first.expected, tuple(others))


def _read_rigs(tables: Mapping[str, Table], defaults: Table, report: _Report) -> dict[str, Rig]:
    read = {
        file: report.take(file, rigfiles.read_rig(file[: -len(".toml")], table, defaults))
        for file, table in tables.items()
        if file not in (DEFAULTS, LIBRARY, TARGETS)
    }
    return {file: rig for file, rig in read.items() if rig is not None}


def _settings_in(folder: Path) -> list[Path]:
    """The TOML files of a folder; hidden ones (`._x.toml` of a Mac) are litter."""
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(str(folder), "", f"could not be read: {error.strerror or error}") from error
    return [entry for entry in entries if entry.suffix.lower() == ".toml" and not entry.name.startswith(".")]


def _explain(flaw: Flaw) -> str:
    """What was expected, and the manual of the setting it was expected of."""
    from pipeline.world.manuals import find_manuals  # only a mistake needs it

    manual = find_manuals(flaw.owner).get(flaw.field) if flaw.owner else None
    if manual is None:
        return flaw.expected
    return f"{flaw.expected}{'' if flaw.expected.endswith('?') else '.'} {' '.join(manual.split())}"


def _check_zones(sites: Iterable[Site]) -> Iterator[Flaw]:
    """A misspelt zone would shift nights without a word."""
    named = [(at, site.time_zone) for at, site in enumerate(sites, 1) if site.time_zone]
    if not named:
        return
    import zoneinfo

    for at, zone in named:
        try:
            zoneinfo.ZoneInfo(zone)
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            yield Flaw(f"sites[{at}].time_zone", _refuse_zone(zone, zoneinfo.available_timezones()), Site)


def _refuse_zone(zone: str, known: set[str]) -> str:
    if not known:
        return f'"{zone}" cannot be looked up: this computer has no time zones. Type: pip install tzdata'
    close = nearest(zone, sorted(known))
    return f'no time zone is called "{zone}"' + (f'; did you mean "{close}"?' if close else "")


def _warn_of_length(library: Path, rigs: Iterable[Rig], targets: Iterable[TargetAlias]) -> Iterator[str]:
    names = tuple(target.name for target in targets)
    warnings = (path_warning(str(library), rig.name, names) for rig in rigs)
    return (warning for warning in warnings if warning)
