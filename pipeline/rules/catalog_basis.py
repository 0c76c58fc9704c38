"""What the rows of a night are made from, besides its frames: which settings and which corrections speak there.

A rig file says much that no row tells of: an edited limit is no reason to write down years of finished nights anew.
What a person corrected is heard by the nights it speaks of; for what speaks of many, all of them are made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from pipeline.model.library import Configuration
from pipeline.model.records import About, Decision
from pipeline.model.rigs import Rig
from pipeline.rules.addresses import read_address
from pipeline.rules.corrected import inbox_subject
from pipeline.rules.corrections import CORRECT
from pipeline.rules.decisions import Decisions
from pipeline.rules.headers import VERSION as HEADERS_VERSION
from pipeline.rules.identity import VERSION as IDENTITY_VERSION
from pipeline.rules.records import moment_text
from pipeline.rules.rigfiles import rig_key

VERSION = 3
"""Of how rows are made; raised, every night is made again."""
_NEXT = timedelta(days=1)
Lying = Iterable[tuple[str, str, str]]
"""Where frames of a night lay: inbox, folder in it, their night's folder in the store."""


def digest(*texts: str) -> str:
    """One short word for several."""
    told = hashlib.blake2b(digest_size=16)
    for text in texts:
        told.update(f"{len(text)}\0{text}".encode("utf-8", "surrogatepass"))
    return told.hexdigest()


def settings_basis(configuration: Configuration, owner: str) -> str:
    """A digest of all that settings say of how this rig's or camera's frames are understood and counted."""
    key = rig_key(owner)
    rigs = [rig for rig in configuration.rigs if key in {rig_key(rig.name), rig_key(rig.camera.name)}]
    said = [_of_rig(rig) for rig in rigs or (*configuration.rigs, configuration.stranger)]
    sites = [
        (site.name, site.latitude, site.longitude, site.time_zone) for site in configuration.library.sites
    ]
    inboxes = [(inbox.path, inbox.rig) for inbox in configuration.library.inboxes]
    versions = (VERSION, HEADERS_VERSION, IDENTITY_VERSION)
    return digest(repr((versions, said, sites, inboxes, configuration.targets)))


def _of_rig(rig: Rig) -> tuple[object, ...]:
    filters = [(one.name, one.aliases, one.valid_from, one.valid_to) for one in rig.filters]
    return (
        *(rig.name, rig.optic, rig.focal_ratio, rig.camera, rig.focal_length_mm, rig.guider_arcsec_px),
        *(rig.optic_aliases, rig.camera_aliases, rig.sites, filters, rig.names, rig.accept, rig.blink),
    )


def spoken_of(decisions: Decisions) -> tuple[Decision, ...]:
    """The corrections that hold, in an order of their own."""
    return tuple(sorted(decisions.of_kind(CORRECT), key=lambda one: (one.when, one.id)))


def heard_in(
    corrections: Sequence[Decision], owner: str, night: date, lying: Lying, folders: Mapping[str, str]
) -> str:
    """A digest of the corrections that frames of this night may hear; empty where there is none.

    Args:
        corrections: All that hold.
        owner: Rig or camera.
        night: Its night.
        lying: Where its frames lay.
        folders: How targets are spelled in the whole library: a corrected target follows it.
    """
    if not corrections:
        return ""
    homes = [inbox_subject(inbox, folder).rstrip("/") for inbox, folder, _ in lying]
    own = [one for one in corrections if _is_heard(one, owner, night, homes)]
    near = {(night + days).isoformat() for days in (-_NEXT, timedelta(0), _NEXT)}
    of_nights = [one for one in corrections if one.about is About.NIGHT]
    heard = [*own, *(one for one in of_nights if own or one.subject.partition("/")[0] in near)]
    if not heard:
        return ""
    return digest(*map(_said, heard), repr(sorted(folders.items())))


def _is_heard(one: Decision, owner: str, night: date, homes: Sequence[str]) -> bool:
    if one.about is About.INBOX:
        return any(_is_within(one.subject, home) or _is_within(home, one.subject) for home in homes)
    if one.about in {About.FRAME, About.SET}:
        address = read_address(f"{one.subject}/{'x/' * 4}")
        return address is None or address.night is None or (address.owner, address.night) == (owner, night)
    return one.about is not About.NIGHT


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _said(one: Decision) -> str:
    plain: dict[str, Any] = {**one.values}
    return f"{one.id}\0{one.about}\0{one.subject}\0{moment_text(one.when)}\0{sorted(plain.items())!r}"
