"""Kill storm over the whole night: measured, culled, offered, blinked and accepted, with a person at work in between.

SIGKILL to the parent alone at random instants. Whatever the person did meanwhile, in the end nothing is lost or doubled,
every stored frame is in exactly one state and seen in at most one folder, and no half file lies anywhere.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.world.fits_image import as_cards, image_bytes
from tests.amounts import seeds
from tests.eyes import NO_PAGES, Eyes, make_eyes
from tests.factories import NINA_LIGHT
from tests.libraries import doit, hashes, sha256, write
from tests.stages.night_library import OTHER_RIG, RIG
from tests.test_kills import await_ledger, begin, survivors

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL and /proc are POSIX")
A_SET = 12
ACTS: dict[str, Callable[[Eyes, random.Random], object]] = {}


def act(doing: Callable[[Eyes, random.Random], object]) -> Callable[[Eyes, random.Random], object]:
    ACTS[doing.__name__] = doing
    return doing


def any_of(eyes: Eyes, chance: random.Random, place: str) -> Path | None:
    found = [path for rig in (RIG, OTHER_RIG) for path in eyes.frames(place, rig)]
    return chance.choice(found) if found else None


@act
def mark_a_target(eyes: Eyes, chance: random.Random) -> None:
    folder = eyes.root / chance.choice((RIG, OTHER_RIG)) / "10_Blink/M31"
    if folder.is_dir():
        eyes.mark(folder)


@act
def mark_a_set(eyes: Eyes, chance: random.Random) -> None:
    path = any_of(eyes, chance, "10_Blink")
    if path is not None:
        eyes.mark(path.parent)


@act
def delete_a_frame(eyes: Eyes, chance: random.Random) -> None:
    path = any_of(eyes, chance, "10_Blink")
    if path is not None:
        path.unlink()


@act
def put_one_aside(eyes: Eyes, chance: random.Random) -> None:
    path = any_of(eyes, chance, "10_Blink")
    if path is not None and path.parent.name != "bad":
        eyes.move(path, path.parent / "bad")


@act
def accept_one(eyes: Eyes, chance: random.Random) -> None:
    path = any_of(eyes, chance, "10_Blink")
    if path is not None and "accept" not in path.parts:
        eyes.move(path, path.parents[2] / "accept")


@act
def restore_one(eyes: Eyes, chance: random.Random) -> None:
    path = any_of(eyes, chance, "_Reject")
    if path is not None:
        inside = path.parent.relative_to(eyes.root / "_Reject")
        eyes.move(path, inside)


@act
def tighten(eyes: Eyes, chance: random.Random) -> None:
    eyes.limit(
        f"[cull.pass1]\nhfr = {chance.choice((2.5, 3.5, 4.6))}\nauto_percent = 'always'\n",
        chance.choice((RIG, OTHER_RIG)),
    )


@act
def leave_a_note(eyes: Eyes, chance: random.Random) -> None:
    path = any_of(eyes, chance, "10_Blink")
    if path is not None:
        (path.parent / "notes.txt").write_text("thin cloud", encoding="utf-8")


def library(root: Path) -> Eyes:
    """Two rigs, two sets each, flats and darks; a few frames that the limits mind."""
    eyes = make_eyes(root, RIG, OTHER_RIG)
    eyes.settings(NO_PAGES if root.name == "without pages" else "")
    for rig in (RIG, OTHER_RIG):
        eyes.limit("[cull.pass1]\nhfr = 4.6\nauto_percent = 'always'\n", rig)
        for filter_name in ("L", "H"):
            eyes.shoot(*[2.0 + 0.1 * n for n in range(A_SET - 2)], 4.8, 5.2, rig=rig, FILTER=filter_name)
    eyes.calibrate("FLAT", 4)
    eyes.calibrate("DARK", 4)
    return eyes


def kill(eyes: Eyes, chance: random.Random, *words: str, first: bool = False) -> None:
    """Start a run and kill it at a random instant."""
    run = begin(eyes.root, *words)
    if first:
        await_ledger(eyes.root, run)
    time.sleep(chance.uniform(0.0 if first else 0.3, 3.0))
    run.send_signal(signal.SIGKILL)
    run.wait(30)
    patience = time.monotonic() + 60
    while survivors(eyes.root) and time.monotonic() < patience:  # workers look for their parent once a while
        time.sleep(0.05)
    assert survivors(eyes.root) == []


def storm(root: Path, seed: int, *words: str, kills: int = 3) -> None:
    chance = random.Random(seed)
    eyes = library(root)
    raw = {sha256(path) for path in (eyes.root / "_Inbox").rglob("*.fits")}
    done = []
    for number in range(kills):
        kill(eyes, chance, *words, first=not number)
        for name in chance.sample(sorted(ACTS), 2):
            ACTS[name](eyes, chance)
            done.append(name)
    print(f"seed {seed} {words}: {done}")
    last = doit(eyes.root, *words)
    assert last.returncode == 0, last.stdout + last.stderr
    assert "Traceback" not in last.stderr
    assert sums_up(eyes, raw)
    eyes.require_rest()
    for rig in (RIG, OTHER_RIG):  # and now all that is still to be looked at
        if (eyes.root / rig / "10_Blink").is_dir():
            eyes.doit("blink", "--rig", rig)
    eyes.doit()
    assert sums_up(eyes, raw)
    assert not {"offered", "late", "held", "stored"} & {
        state for stored, state in eyes.by_frame().items() if "LIGHT" in stored
    }
    eyes.require_rest()


def sums_up(eyes: Eyes, raw: set[str]) -> bool:
    """Every raw frame is stored, once, whole."""
    stored = {sha256(eyes.root / path) for path in eyes.ledger.stored}
    return stored == raw == hashes(eyes.root) and len(eyes.ledger.stored) == len(raw)


@pytest.mark.parametrize(
    ("seed", "words"), [(1, ()), (2, ("-n", "2")), pytest.param(3, (), marks=pytest.mark.slow)]
)
def test_a_night_killed_again_and_again_comes_to_the_same_rest(tmp_path, seed, words):
    storm(tmp_path / "library", seed, *words)


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(200, 10))
def test_many_storms(tmp_path, seed):
    storm(
        tmp_path / ("library", "without pages")[seed // 2 % 2],
        seed,
        *(("-n", "2") if seed % 2 else ()),
        kills=5,
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(0, 1))
def test_workers_that_measure_die_with_the_run(tmp_path, seed):
    """Frames large enough that processes of their own measure them."""
    eyes = make_eyes(tmp_path / "library")
    eyes.settings(f"{NO_PAGES}\n")
    chance = random.Random(seed)
    pixels = np.random.default_rng(seed).integers(900, 1100, (2000, 3000), dtype=np.uint16)
    for number in range(18):  # 216 MB: worth starting processes for
        clock = f"2026-01-14T22:{number:02}:00.5"
        cards = NINA_LIGHT | {"OBJECT": "M31", "DATE-OBS": clock, "DATE-LOC": clock}
        told = {
            key: value
            for key, value in cards.items()
            if not key.startswith(("NAXIS", "BITPIX", "BZERO", "SIMPLE"))
        }
        pixels[0, 0] = number
        write(eyes.root / f"_Inbox/{number}_HFR_2.00.fits", image_bytes(pixels, as_cards(told)))
    for _ in range(2):
        kill(eyes, chance)
    assert doit(eyes.root).returncode == 0
    assert eyes.states() == {"offered": 18}
    eyes.require_rest()
