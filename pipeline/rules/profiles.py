"""Which rig a NINA profile drives: one that lists it, one it is called after, or one without a file yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.model.profiles import NinaProfile
from pipeline.model.rigs import Rig, Site
from pipeline.rules.escape import escape
from pipeline.rules.layout import rig_folder
from pipeline.rules.recognise import Parts, recognise
from pipeline.rules.rigfiles import rig_key, split_rig_name
from pipeline.rules.sites import find_site


@dataclass(frozen=True, slots=True)
class RigParts:
    """What names a rig."""

    optic: str
    focal_ratio: float
    camera: str

    @property
    def name(self) -> str:
        """`C8E@f10.0+ZWO ASI2600MM Pro`."""
        return rig_folder(self.optic, self.focal_ratio, self.camera) or ""

    @property
    def stem(self) -> str:
        """The rig file's name without `.toml`."""
        return escape(self.name)


@dataclass(frozen=True, slots=True)
class Driven:
    """A rig, and the profiles that drive it."""

    rig: Rig | None
    """None: no file describes it yet."""
    parts: RigParts
    profiles: tuple[NinaProfile, ...]


def group_by_rig(
    profiles: Iterable[NinaProfile], rigs: Sequence[Rig]
) -> tuple[list[Driven], list[NinaProfile]]:
    """Bring the profiles of one rig together; the second list is of those that name none."""
    found: dict[object, Driven] = {}
    nameless: list[NinaProfile] = []
    for profile in profiles:
        rig, parts = find_rig(profile, rigs), parts_of(profile)
        if rig is not None:
            parts = RigParts(rig.optic, rig.focal_ratio, rig.camera.name)
        if parts is None:
            nameless.append(profile)
            continue
        key = rig_key(rig.name if rig else parts.name)
        others = found[key].profiles if key in found else ()
        found[key] = Driven(rig, found[key].parts if key in found else parts, (*others, profile))
    return list(found.values()), nameless


def find_rig(profile: NinaProfile, rigs: Sequence[Rig]) -> Rig | None:
    """Give the rig whose file lists the profile, else the one whose names or aliases it goes by."""
    listed = [rig for rig in rigs if profile.id in {guid.lower() for guid in rig.profile_ids}]
    if listed:
        return listed[0]
    parts = parts_of(profile)
    if parts is None:
        return None
    same = [rig for rig in rigs if rig_key(rig.name) == rig_key(parts.name)]
    known = recognise(Parts(optic=parts.optic, focal_ratio=parts.focal_ratio, camera=parts.camera), rigs).rig
    return same[0] if same else known


def parts_of(profile: NinaProfile) -> RigParts | None:
    """Give the rig a profile is called after, else the one of its telescope and camera; None when neither."""
    named = split_rig_name(profile.name)
    if named and named[0].strip():
        return RigParts(named[0].strip(), named[1], named[2].strip())
    optic, camera = profile.optic, profile.camera
    if optic.name and optic.focal_ratio and camera and camera.name and "@" not in optic.name:
        return RigParts(optic.name, round(optic.focal_ratio, 2), camera.name)
    return None


def site_names(profiles: Sequence[NinaProfile], sites: Sequence[Site]) -> list[str]:
    """Name the known sites the profiles stand at."""
    found = (
        find_site(place.latitude_deg, place.longitude_deg, None, None, sites)
        for place in (profile.site for profile in profiles)
        if place is not None
    )
    return list(dict.fromkeys(site.name for site in found if site is not None))


def remarks_on(driven: Driven, sites: Sequence[Site]) -> Iterator[str]:
    """Say what a profile holds that goes into no rig file."""
    for profile in driven.profiles:
        named = split_rig_name(profile.name)
        if named and driven.rig is not None and rig_key(profile.name) != rig_key(driven.rig.name):
            yield f'NINA calls the profile "{profile.name}"; it is known as a profile of this rig'
        if profile.skipped_slots:
            yield f"slots without light skipped: {', '.join(profile.skipped_slots)}"
        if profile.other_patterns:
            kinds = " and ".join(profile.other_patterns)
            yield f"{kinds} files have a pattern of their own in NINA; the usual patterns are tried for them"
        if profile.site is not None and not site_names([profile], sites):
            place = profile.site
            yield (
                f"its site is none of library.toml; to add it there: [[site]], name = ..., "
                f"latitude = {place.latitude_deg:g}, longitude = {place.longitude_deg:g}"
            )
