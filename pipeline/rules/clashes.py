"""Where settings files contradict each other: two rigs of one name, a claimed alias, a site nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from pipeline.model.library import Library
from pipeline.model.rigs import Alias, Inbox, Rig, SiteUse, Span
from pipeline.rules.phrases import listed, nearest
from pipeline.rules.rigfiles import LIBRARY, rig_key
from pipeline.rules.tables import Flaw
from pipeline.rules.targets import target_key

Claim = tuple[str, float, str]
"""Optic, focal ratio and camera, as compared."""
Named = tuple[str, Flaw]
"""A flaw with the file it is in."""


def find_clashes(library: Library, rigs: Mapping[str, Rig]) -> Iterator[Named]:
    """Yield each contradiction. `rigs`: by the name of their file."""
    claims = {file: _claims(rig) for file, rig in rigs.items()}
    keys = {file: rig_key(rig.name) for file, rig in rigs.items()}
    for (mine, rig), (other, second) in combinations(sorted(rigs.items()), 2):
        shared = _first_shared(claims[mine], claims[other])
        if keys[mine] == keys[other]:
            yield (
                other,
                Flaw("", f'the same rig as "{mine}": 10 and 10.0 are one ratio; keep one of the files'),
            )
        elif shared and not _told_apart(rig, second, library.inboxes):
            what = f'"{shared[0]}" at f/{shared[1]:g} with "{shared[2]}" could also be the rig of "{mine}"'
            yield other, Flaw("", f"{what}; {_CURE}")
    for file, rig in sorted(rigs.items()):
        yield from _check_sites(file, rig, [site.name for site in library.sites])
    yield from _check_inboxes(library.inboxes, [rig.name for rig in rigs.values()])


_CURE = (
    "end an alias with valid_to, or tell the two apart by camera.ids, profile_ids or an inbox of their own"
)


def _told_apart(rig: Rig, second: Rig, inboxes: Sequence[Inbox]) -> bool:
    """True when something besides names says which of the two wrote a frame."""
    homes = {rig_key(inbox.rig) for inbox in inboxes if inbox.rig}
    marks = ((rig.camera.ids, second.camera.ids), (rig.profile_ids, second.profile_ids))
    by_mark = any(ours and theirs and not set(ours) & set(theirs) for ours, theirs in marks)
    return by_mark or {rig_key(rig.name), rig_key(second.name)} <= homes


def _claims(rig: Rig) -> dict[Claim, list[Span]]:
    """Every optic and camera this rig may appear as, with the nights."""
    claims: dict[Claim, list[Span]] = {}
    for optic in (Alias(name=rig.optic), *rig.optic_aliases):
        for camera in (Alias(name=rig.camera.name), *rig.camera_aliases):
            if optic.meets(camera):
                claim = (target_key(optic.name), round(rig.focal_ratio, 2), target_key(camera.name))
                claims.setdefault(claim, []).append(optic.overlap(camera))
    return claims


def _first_shared(ours: dict[Claim, list[Span]], theirs: dict[Claim, list[Span]]) -> Claim | None:
    for claim in sorted(ours.keys() & theirs.keys()):
        if any(mine.meets(other) for mine in ours[claim] for other in theirs[claim]):
            return claim
    return None


def _check_sites(file: str, rig: Rig, known: list[str]) -> Iterator[Named]:
    for at, use in enumerate(rig.sites, 1):
        if use.name not in known:
            yield file, Flaw(f"sites[{at}].name", _unknown("site", use.name, known, LIBRARY), SiteUse)


def _check_inboxes(inboxes: Sequence[Inbox], known: list[str]) -> Iterator[Named]:
    keys = {rig_key(name) for name in known}
    for at, inbox in enumerate(inboxes, 1):
        if inbox.rig is not None and rig_key(inbox.rig) not in keys:
            yield (
                LIBRARY,
                Flaw(f"inboxes[{at}].rig", _unknown("rig", inbox.rig, known, "the rig files"), Inbox),
            )


def _unknown(kind: str, name: str, known: list[str], where: str) -> str:
    close = nearest(name, known)
    advice = f'did you mean "{close}"?' if close else f"known: {listed(known) if known else 'none'}"
    return f'no {kind} called "{name}" in {where}; {advice}'
