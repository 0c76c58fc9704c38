"""Where the backup lies: as library.toml has it, or as it was typed on a computer that has no library yet."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.model.backup import Kept
from pipeline.model.backup_policies import Backup, Place
from pipeline.model.errors import UserError
from pipeline.model.library import Configuration
from pipeline.rules.tables import read_table
from pipeline.world.selected import ID_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedPlace:
    """What was typed of a place; empty: as library.toml has it."""

    bucket: str = ""
    prefix: str | None = None
    """An empty one may be meant: None is what was not typed."""
    region: str = ""
    endpoint_url: str = ""


def backup_settings(configuration: Configuration, typed: TypedPlace | None = None) -> Backup:
    """[backup] of library.toml, with what was typed in place of what it says."""
    told: Backup = getattr(configuration.library, "backup", None) or Backup()
    typed = typed or TypedPlace()
    return replace(
        told,
        bucket=typed.bucket or told.bucket,
        prefix=told.prefix if typed.prefix is None else typed.prefix,
        region=typed.region or told.region,
        endpoint_url=typed.endpoint_url or told.endpoint_url,
    )


def main_place(settings: Backup) -> Place:
    """The place [backup] itself names; UserError where it names none."""
    place = settings.place(Kept.RECORDS)
    if not place.bucket:
        raise UserError(
            'Which bucket? Write bucket = "..." into [backup] of library.toml, or say it with --bucket NAME'
        )
    return place


def all_places(settings: Backup) -> list[Place]:
    """Every place anything is kept in, the records' first."""
    return list(dict.fromkeys([main_place(settings), *_named(settings)]))


def places_told(library_toml: bytes, records: Place) -> list[Place]:
    """Every place by a library.toml that came out of the bucket: on an empty computer nothing else knows them.

    Args:
        library_toml: As the snapshot has it; where it says nothing of use, only `records` is left.
        records: Where the snapshot was found, which stands for the place that file calls by its own name: a
            bucket may have been copied since.
    """
    try:
        told = tomllib.loads(library_toml.decode("utf-8-sig")).get("backup", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return [records]
    settings = read_table(Backup, told)[0] if isinstance(told, dict) else None
    if settings is None:
        return [records]
    named = settings.place(Kept.RECORDS)
    return list(dict.fromkeys([records, *(_now(one, named, records) for one in settings.places)]))


def _now(place: Place, named: Place, found: Place) -> Place:
    """Where a place is now, whose bucket was found under another name than the settings have."""
    if (place.bucket, place.endpoint_url) != (named.bucket, named.endpoint_url):
        return place
    return replace(found, prefix=found.prefix if place.prefix == named.prefix else place.prefix)


def library_id(root: Path) -> str:
    """The id in a library's id file; UserError where it holds none."""
    try:
        found = json.loads((root / ID_FILE).read_bytes())["library"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{root / ID_FILE}: holds no id, so its backup cannot be found") from error
    if not isinstance(found, str) or not found.isalnum():
        raise UserError(f"{root / ID_FILE}: its id is none of ours, so its backup cannot be found")
    return found


def _named(settings: Backup) -> Iterable[Place]:
    return (place for kind in Kept if (place := settings.place(kind)).bucket)
