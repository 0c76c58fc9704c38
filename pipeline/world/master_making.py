"""One master made: its frames integrated by whoever the rig asks for, held against the one before it, given its header.

    Chosen ─Stacker─▶ Stacked ─▶ Made(the bytes of a FITS file, what speaks against it)

Nothing is placed here (world/shelving does). What another program made is judged by its pixels, as ours are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.model.errors import FrameError, NightbuildError
from pipeline.model.frames import Kind
from pipeline.model.jobs import Work
from pipeline.model.master_groups import Gist, Group
from pipeline.model.masters import Master, Stacked, StackRequest
from pipeline.pixels.gist import gist_of
from pipeline.rules.identity import Clues, identify
from pipeline.rules.master_cards import SCALE_ADU, Recipe, master_cards
from pipeline.rules.master_headers import digest_of
from pipeline.rules.master_sanity import doubts
from pipeline.rules.master_standing import how_of, name_of
from pipeline.rules.matching import chosen_of, match_flat
from pipeline.world.fits_image import image_bytes
from pipeline.world.fits_text import Card
from pipeline.world.flat_less import flat_of
from pipeline.world.headers import read_header
from pipeline.world.library import OpenLibrary
from pipeline.world.master_frames import Chosen, look_into
from pipeline.world.master_groups import rig_of
from pipeline.world.master_proof import digest_of_pixels, trouble_of
from pipeline.world.master_shelf import hash_of_master, read_shelf
from pipeline.world.pictures import Picture, open_picture
from pipeline.world.scratch import require_room, scratch_folder
from pipeline.world.stackers.choose import stacker_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A master, not placed yet."""

    data: bytes
    night: date
    """Of its first frame."""
    count: int
    doubts: tuple[str, ...]
    """What speaks against it: it is held."""
    less: str
    """The master that was taken off each frame, by its name; empty: none."""
    rejected: str
    """How many values were left out while integrating, for a person; empty where nobody says."""


def make_master(work: Work, library: OpenLibrary, group: Group, chosen: Chosen) -> Made:
    """Integrate these frames.

    Raises:
        FrameError: what came out is no master.
        UserError: the program that is to integrate is not there.
    """
    less = master_to_subtract(library, group) if group.kind is Kind.FLAT else None
    request = StackRequest(
        frames=tuple(str(library.root / member.stored) for member in chosen.members),
        kind=group.kind,
        recipe=group.policy.recipe,
        subtract=str(library.root / less.path) if less is not None else "",
        normalise=group.kind is Kind.FLAT,
    )
    settings, half = library.configuration.library, len(chosen.members)
    first = open_picture(library.root / chosen.members[0].stored)
    require_room(library, 4 * math.prod(first.shape))
    with scratch_folder(library) as scratch:
        stacker = stacker_for(settings, group.policy.backend)
        try:
            stacked = stacker.stack(
                request, scratch, lambda n, of: work.progress(half + half * n // max(of, 1), 2 * half)
            )
        except NightbuildError as error:
            work.hear(getattr(error, "__notes__", ()))
            raise
        work.hear(stacked.log)
        pixels = _pixels_of(Path(stacked.picture), first)
    return _composed(library, group, chosen, stacked, pixels, less)


def master_to_subtract(library: OpenLibrary, group: Group) -> Master | None:
    """The sound master that is taken off each flat: flat-dark, else dark, else bias."""
    rig = rig_of(library.configuration, group.batches[0])
    flat = flat_of(group)
    masters = list(read_shelf(library))
    while True:
        found = chosen_of(match_flat(flat, masters, rig.matching, cooled=rig.camera.cooled))
        if found is None:
            return None
        trouble = trouble_of(library, found.master)
        if not trouble:
            return found.master
        masters = [replace(m, trouble=trouble) if m.path == found.master.path else m for m in masters]


def _pixels_of(picture: Path, first: Picture) -> NDArray[np.float32]:
    """What came out, in the camera's numbers: of the size that went in."""
    made = open_picture(picture)
    if made.shape != first.shape:
        raise FrameError(f"{picture}: is {made.shape}, the frames are {first.shape}")
    pixels = made.pixels().astype(np.float32, copy=False)
    if not np.isfinite(pixels).any():
        raise FrameError(f"{picture}: holds no numbers")
    return pixels


def _composed(
    library: OpenLibrary,
    group: Group,
    chosen: Chosen,
    stacked: Stacked,
    pixels: NDArray[np.float32],
    less: Master | None,
) -> Made:
    saturation = rig_of(library.configuration, group.batches[0]).camera.saturation_adu
    gist = gist_of(lambda y0, y1: pixels[y0:y1], pixels.shape[0], saturation_adu=saturation)
    against = doubts(group.kind, gist, _gist_before(library, group, pixels.shape, saturation))
    pixels /= np.float32(SCALE_ADU)
    mark = (less.inputs or hash_of_master(library, less)) if less is not None else ""
    how = how_of(group)
    recipe = Recipe(
        group=group,
        members=chosen.members,
        refused=chosen.refused,
        stacked=stacked,
        inputs=digest_of([*(member.sha256 or "" for member in chosen.members), how, f"less {mark}"]),
        frames=chosen.digest,
        how=how,
        pixels=digest_of_pixels(pixels),
        less=less,
        less_mark=mark,
        doubts=against,
        software=f"Nightbuild {_version()}",
        header=read_header(library.root / chosen.members[0].stored).cards,
    )
    cards = [Card(*one) for one in master_cards(recipe)]
    return Made(
        data=image_bytes(pixels, cards),
        night=group.nights[0],
        count=len(chosen.members),
        doubts=against,
        less=less.path.rpartition("/")[2] if less is not None else "",
        rejected=_rejected(stacked, pixels.size * len(chosen.members)),
    )


def _gist_before(
    library: OpenLibrary, group: Group, shape: tuple[int, ...], saturation_adu: float
) -> Gist | None:
    """What the one before it looks like: of its kind and name, the nearest in time."""
    for master in sorted(_alike(group, read_shelf(library)), key=lambda one: _far(one, group)):
        try:
            gist, size = look_into(library.root / master.path, saturation_adu)
            is_swapped = not _is_said_to_be(group.kind, library, master)
        except (FrameError, OSError):
            continue
        if size == (shape[1], shape[0]) and not is_swapped:
            return gist
    return None


def _alike(group: Group, masters: Iterable[Master]) -> Iterator[Master]:
    wanted = name_of(group.path).rpartition("/")[2].partition("~")[0]
    for master in masters:
        frame = master.frame
        is_same = frame.kind is group.kind.master and frame.camera == group.frame.camera
        if group.kind is Kind.FLAT:
            is_same = is_same and frame.optic == group.frame.optic
        name = name_of(master.path).rpartition("/")[2].partition("_DATE_")[0]
        if is_same and not master.held and not master.trouble and _bare(name) == _bare(wanted):
            yield master


def _is_said_to_be(kind: Kind, library: OpenLibrary, master: Master) -> bool:
    """False where its own header names another kind: files may have been swapped since they were named."""
    header = read_header(library.root / master.path)
    said = identify(Clues(path="unnamed.fits", header=header), library.known).kind
    return said is None or said.raw is kind


def _bare(name: str) -> str:
    """Without the number that tells masters of one name apart."""
    first, rest, others = name.partition("_")
    return first.partition("~")[0] + rest + others


def _far(master: Master, group: Group) -> tuple[int, bool, str]:
    night = master.frame.night
    return abs((night - group.nights[0]).days) if night is not None else 10**6, master.superseded, master.path


def _rejected(stacked: Stacked, of: int) -> str:
    told = [count for count in (stacked.rejected_low, stacked.rejected_high) if count is not None]
    return f"{100 * sum(told) / of:.2f} % rejected" if told and of else ""


def _version() -> str:
    try:
        return version("nightbuild")
    except PackageNotFoundError:
        return "0"
