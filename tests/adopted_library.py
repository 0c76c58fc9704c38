"""A library as it was before Nightbuild, in the shape of the published one: stages, both generations of folders, mosaics.

Of its 2,320 folders half are finished (60_Done), a fifth mastered, the rest in between; one in seven is of the old
layout (`accept/PANEL_1/DATE_/LIGHT_Ha`), one in four of a mosaic. Frames are tiny and say in their headers what
cameras say.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.model.frames import Frame
from pipeline.rules.layout import number_text
from pipeline.world.library import init_library
from tests.bench.shapes import Set, draw_sets, frame_bytes, frames_of, rig_name, write_rigs

STAGES = {
    "60_Done": 49,
    "30_Master": 21,
    "40_Process": 13,
    "20_Data": 8,
    "50_Bake": 6,
    "70_Abandon": 2,
    "10_Blink": 1,
}
STATES = {"10_Blink": "offered", "20_Data": "accepted"}
"""What the frames of a stage are; of all others: moved on."""
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A folder of frames as it was laid."""

    folder: str
    key: Key
    """Rig, target, panel, night, filter, exposure, state."""
    count: int


def make_old_library(root: Path, frames: int, *, most: int = 10**6, seed: int = 6) -> list[Laid]:
    """Make a library of rigs and stages without a line of ledger; `most`: frames a folder at most."""
    init_library(root)
    write_rigs(root / "_Rigs")
    chance, laid = random.Random(seed), []
    stages, shares = list(STAGES), list(STAGES.values())
    for number, drawn in enumerate(draw_sets(frames, seed)):
        drawn = replace(drawn, count=min(drawn.count, most))
        stage = "10_Blink" if number == 1 else "20_Data" if number == 2 else chance.choices(stages, shares)[0]
        laid.append(_lay(root, drawn, stage, chance))
    return laid


def _lay(root: Path, drawn: Set, stage: str, chance: random.Random) -> Laid:
    target = f"{drawn.target} Bob's" if chance.random() < 0.04 else drawn.target
    panel = str(chance.randint(1, 32)) if chance.random() < 0.25 else ""
    folder = f"{rig_name(drawn.rig)}/{stage}/{_below(drawn, target, panel, stage, chance)}"
    (root / folder).mkdir(parents=True, exist_ok=True)
    for frame in frames_of(drawn):
        named = replace(frame, target=f"{target} Panel {panel}" if panel else target)
        _write(root / folder / _name(frame), named)
    key = (rig_name(drawn.rig), target, panel, drawn.night.isoformat(), drawn.filter)
    state = STATES.get(stage, "moved on")
    return Laid(folder=folder, key=(*key, number_text(drawn.exposure_s), state), count=drawn.count)


def _below(drawn: Set, target: str, panel: str, stage: str, chance: random.Random) -> str:
    night, filter_name = f"DATE_{drawn.night}", drawn.filter
    plain = (
        target.replace("'", "") if chance.random() < 0.5 else target
    )  # the old tools took apostrophes away
    home = plain if stage == "10_Blink" else f"{plain}/accept"
    if chance.random() < 0.14:
        return "/".join(
            filter(None, (home, f"PANEL_{panel}" if panel else "", night, f"LIGHT_{filter_name}"))
        )
    settings = f"FILTER_{filter_name}_EXP_{drawn.exposure_s:.2f}_SETTEMP_-10.00"
    return f"{home}/{night}/{settings}" + (f"_PANEL_{panel}" if panel else "")


def _name(frame: Frame) -> str:
    assert frame.local is not None
    return f"{frame.local:%Y-%m-%d_%H-%M-%S}_HFR_2.31_RMSAC_0.71_TEMP_-10.00.fits"


def _write(path: Path, frame: Frame) -> None:
    path.write_bytes(frame_bytes(frame))
    assert frame.utc is not None
    os.utime(path, (frame.utc.timestamp(), frame.utc.timestamp()))


def asked(laid: list[Laid]) -> Counter[Key]:
    """How many frames each set is to have, its apostrophes and blanks as its folders or headers have them."""
    sums: Counter[Key] = Counter()
    for one in laid:
        sums[_plain(one.key)] += one.count
    return sums


def told(sets: list[dict[str, object]]) -> Counter[Key]:
    """The same of what an adoption said."""
    sums: Counter[Key] = Counter()
    names = ("owner", "target", "panel", "night", "filter", "exposure_s", "state")
    for one in sets:
        sums[_plain(tuple(str(one[name]) for name in names))] += int(str(one["frames"]))
    return sums


def _plain(key: Key) -> Key:
    return (key[0], key[1].replace("'", "").casefold(), *key[2:])
