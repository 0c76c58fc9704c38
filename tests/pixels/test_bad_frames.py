"""Each way a frame goes bad shows in a measure, and good frames of the same night stay clear of it.

The limits below are those a rig may start with: relative to the set's median where the sky decides what is usual,
absolute where geometry does. The rules of culling are tested elsewhere; here stands that the measures allow them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict

import numpy as np
import pytest

from pipeline.model.measures import Measured, StarMeasures
from pipeline.model.policies import USUAL_CULL
from pipeline.model.verdicts import Fate, Judgement
from pipeline.pixels.psf import Psf
from pipeline.pixels.stars import measure_light
from pipeline.pixels.weather import Conditions, SatelliteTrail
from pipeline.rules.culling import judge_set
from pipeline.rules.words import SetWords
from pipeline.world.gauging import Task, as_row
from tests.amounts import seeds
from tests.judging import frame_set, stored
from tests.pixels.skies import photograph

STARS_AT_LEAST, HFR_AT_MOST, BACKGROUND_AT_MOST, ECCENTRICITY_AT_MOST = 0.65, 1.17, 1.15, 0.6
"""The first three in medians of the set."""


def is_caught(told: Judgement) -> bool:
    """Culled, asked about, or marked and shown first."""
    return told.fate is not Fate.KEPT or bool(told.marks)


def bad_ways(seed: int) -> Mapping[str, Conditions]:
    """One of each, now worse and now better."""
    chance = np.random.default_rng(seed)
    much, angle = chance.random(), float(chance.uniform(0, 180))
    return {
        "cloud": Conditions(cloud=0.5 + 0.45 * much),
        "trailing": Conditions(drift_px=5 + 17 * much, drift_angle_deg=angle),
        "defocus": Conditions(defocus_px=4 + 10 * much),
        "twilight": Conditions(twilight_adu_s=8 + 50 * much),
        "satellite": Conditions(
            trails=(
                SatelliteTrail(
                    peak_adu=60 + 900 * much, angle_deg=angle, offset_px=float(chance.uniform(-200, 200))
                ),
            )
        ),
        "dew": Conditions(dew=0.4 + 0.4 * much),
    }


def measured_night(seed: int, *, bayer: str | None, good: int) -> dict[str, StarMeasures]:
    """A set of good frames, a little different from each other, and one of each bad kind."""
    chance = np.random.default_rng(seed + 1000)
    beta = float(chance.uniform(2.8, 4.8))
    ways = {f"good {number}": Conditions() for number in range(good)} | dict(bad_ways(seed))
    measures = {}
    for number, (name, how) in enumerate(ways.items()):
        seeing = 2.2 + 1.6 * (seed % 5) / 4
        photo = photograph(
            Psf(
                fwhm_px=seeing * float(chance.uniform(0.92, 1.08)),
                beta=beta,
                eccentricity=float(chance.uniform(0, 0.4)),
            ),
            stars=220,
            flux_adu_s=(60, 6000),
            bayer=bayer,
            hot_share=0.002,
            gradient=0.15,
            nebulae=seed % 2 == 0,
            level_adu_s=5 * float(chance.uniform(0.93, 1.07)),
            conditions=how,
            field_seed=seed,
            seed=100 * seed + number,
        )
        measures[name] = measure_light(photo.adu, saturation_adu=65535, bayer=bayer)
    return measures


def reasons(one: StarMeasures, night: Mapping[str, StarMeasures]) -> list[str]:
    """What speaks against a frame."""

    def usual(what: Callable[[StarMeasures], float | None]) -> float:
        return float(np.median([value for m in night.values() if (value := what(m)) is not None]))

    against = {
        "stars": one.stars < STARS_AT_LEAST * usual(lambda m: m.stars),
        "hfr": one.hfr_px is not None and one.hfr_px > HFR_AT_MOST * usual(lambda m: m.hfr_px),
        "background": one.background_adu > BACKGROUND_AT_MOST * usual(lambda m: m.background_adu),
        "eccentricity": one.eccentricity is not None and one.eccentricity > ECCENTRICITY_AT_MOST,
        "trail": one.trail,
    }
    return [name for name, speaks in against.items() if speaks]


def judged_by_default(night: Mapping[str, StarMeasures]) -> dict[str, Judgement]:
    """What the limits of a rig whose file says nothing make of it; by name."""
    rows = {stored(number): measured_row(stored(number), one) for number, one in enumerate(night.values())}
    verdict = judge_set(frame_set(len(rows)), rows, USUAL_CULL, SetWords(), {})
    return dict(zip(night, verdict.frames.values(), strict=True))


def measured_row(address: str, one: StarMeasures) -> Measured:
    """A row of the manifest, as `world/gauging` would write it."""
    task = Task(
        path="",
        stored=address,
        size=1,
        mtime_ns=1,
        is_light=True,
        saturation_adu=65535,
        bayer=None,
        wants_hash=False,
    )
    return as_row(task, asdict(one))


def assert_the_bad_stand_out(seed: int, *, good: int) -> None:
    night = measured_night(seed, bayer="RGGB" if seed % 3 == 0 else None, good=good)
    by_default = judged_by_default(night)
    assert [name for name, told in by_default.items() if name.startswith("good") and told.reasons] == []
    assert [
        name for name, told in by_default.items() if not name.startswith("good") and not is_caught(told)
    ] == []
    judged = {name: reasons(one, night) for name, one in night.items()}
    lost = {name: why for name, why in judged.items() if name.startswith("good") and why}
    missed = [name for name, why in judged.items() if not name.startswith("good") and not why]
    assert (lost, missed) == ({}, [])
    assert "trail" in judged["satellite"]
    assert "eccentricity" in judged["trailing"]
    assert "hfr" in judged["defocus"] or math.isclose(night["defocus"].stars, 0)
    assert {"stars", "background"} & set(judged["cloud"])
    assert "background" in judged["twilight"]
    assert {"hfr", "stars"} & set(judged["dew"])


@pytest.mark.parametrize("seed", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_each_bad_kind_stands_out_and_no_good_frame_does(seed: int) -> None:
    assert_the_bad_stand_out(seed, good=5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(0, 20))
def test_over_twenty_nights_the_bad_stand_out_and_the_good_do_not(seed: int) -> None:
    assert_the_bad_stand_out(seed, good=8)
