"""What a library has to say to a scheduler database: pure, from its rows and the catalogue's.

catalogue ─seen_frames─▶ frames ─┐
database rows ───────────────────┴─propose─▶ Proposal(changes, left)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pipeline.model.catalog import Catalog, FrameRow
from pipeline.model.frames import Kind
from pipeline.model.library import TargetAlias
from pipeline.model.rigs import Rig
from pipeline.model.scheduler import AcquiredImage, Change, Proposal, SchedulerRows, SeenFrame
from pipeline.rules.records import moment
from pipeline.rules.scheduler_counts import count_changes
from pipeline.rules.scheduler_matching import match_images
from pipeline.rules.scheduler_rows import file_name
from pipeline.rules.scheduler_states import state_changes
from pipeline.rules.scheduler_wishes import is_one_filter
from pipeline.rules.spellings import joined_spellings
from pipeline.rules.spoken import counted
from pipeline.rules.targets import target_key


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a database's rigs."""

    rigs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """NINA profile to the names of the rigs it drives."""
    described: Mapping[str, Rig] = field(default_factory=dict)
    """By name."""
    frames: Sequence[SeenFrame] = ()
    stages: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    """Rig and target key to stage folders; empty where project states are not asked for."""
    aliases: Sequence[TargetAlias] = ()


def seen_frames(catalog: Catalog) -> Iterator[SeenFrame]:
    """The lights of the catalogue."""
    for owner, tables in catalog.owners.items():
        for row in tables.frames:
            if row["kind"] == Kind.LIGHT:
                yield _seen(owner, row)


def stages_of(catalog: Catalog) -> dict[tuple[str, str], list[str]]:
    """Where the targets of each rig lie."""
    found: dict[tuple[str, str], list[str]] = {}
    for owner, tables in catalog.owners.items():
        for row in tables.projects:
            places = [str(place.get("stage", "")) for place in row.get("places", ())]
            found.setdefault((owner, target_key(row["target"])), []).extend([row["stage"], *places])
    return found


def propose(rows: SchedulerRows, known: Known) -> Proposal:
    """Every change, those of projects first, and what was left alone."""
    images = [_of_profile(image, rows) for image in rows.images]
    mine = [image for image in images if image.profile in known.rigs]

    def same_filter(rig: str, theirs: str, ours: str) -> bool:
        return is_one_filter(known.described.get(rig), theirs, ours)

    found = match_images(mine, known.frames, known.rigs, same_filter)
    counts, left = count_changes(rows, found.frames)
    states: Iterable[Change] = (
        state_changes(rows, known.stages, known.rigs, joined_spellings(known.aliases)) if known.stages else ()
    )
    said = [*left, *_ambiguous(found.ambiguous), *_strangers(images, known)]
    return Proposal(changes=(*states, *counts), left=tuple(said))


def _ambiguous(number: int) -> Iterator[str]:
    if number:
        yield f"{counted(number, 'image')} that might be several frames: left as NINA has them"


def _strangers(images: Iterable[AcquiredImage], known: Known) -> Iterator[str]:
    strange = [image.profile for image in images if image.profile not in known.rigs]
    if strange:
        named = ", ".join(sorted({one or "unnamed" for one in strange})[:3])
        yield (
            f"{counted(len(strange), 'image')} of NINA profiles that no rig's profile_ids name ({named}): "
            "left as NINA has them"
        )


def _of_profile(image: AcquiredImage, rows: SchedulerRows) -> AcquiredImage:
    """An older image has no profile of its own: its project has."""
    project = rows.projects.get(image.project)
    return image if image.profile or project is None else replace(image, profile=project.profile)


def _seen(rig: str, row: FrameRow) -> SeenFrame:
    taken = None
    with suppress(ValueError, OverflowError):
        taken = moment(row["utc"]).timestamp() if row.get("utc") else None
    reasons = [*row.get("reasons", ()), *([str(row["why"])] if row.get("why") else [])]
    return SeenFrame(
        stored=row["stored"],
        file=file_name(row.get("original", "")) or file_name(row["stored"]),
        rig=rig,
        state=row["state"],
        why=", ".join(reasons),
        filter=row.get("filter", ""),
        exposure_s=row.get("exposure_s"),
        taken_unix_s=taken,
    )
