"""What a rig file asks for: how lights are culled, blinked and accepted.

The defaults are those of a rig whose file is silent; `_default.toml` says them aloud, and a test holds both
equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Literal

from pipeline.model.bounds import Between, Percent, Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A limit that follows the frames it is held against; exactly one of the three."""

    sigma: Positive | None = None
    """So many robust standard deviations (1.4826 x MAD) of the set beyond the set's median."""
    times: Positive | None = None
    """So many times the set's median: `{ times = 1.5 }`; for stars `{ times = 0.6 }`."""
    usual: Positive | None = None
    """So many times the rig's usual value, learnt from earlier nights with the same filter. A wholly clouded night
    does not judge itself."""

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.sigma, self.times, self.usual)) != 1:
            raise ValueError('expected one of "sigma", "times" and "usual"')


Limit = Positive | Relative
"""A number, or a table such as `{ sigma = 3 }`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CullPass:
    """Limits for one look at a set. What equals its limit passes; what is missing never rejects."""

    hfr: Limit | None = None
    """Largest half-flux radius in pixels, as NINA measured it."""
    hfr_measured: Limit | None = None
    """Largest half-flux radius in pixels, as measured here. The two are not the same quantity."""
    fwhm_arcsec: Limit | None = None
    """Largest full width of a star at half its height in seconds of arc, as NINA's Hocus Focus measured it."""
    fwhm_px_measured: Limit | None = None
    """The same in pixels, as measured here."""
    fwhm_arcsec_measured: Limit | None = None
    """The same in seconds of arc, as measured here, where the scale is known."""
    eccentricity: Limit | None = None
    """Largest eccentricity of the stars, 0 round and 1 a line, as NINA's Hocus Focus measured it."""
    eccentricity_measured: Limit | None = None
    """The same as measured here."""
    stars: Limit | None = None
    """Smallest number of stars, as NINA counted them."""
    stars_measured: Limit | None = None
    """Smallest number of stars, as counted here."""
    rms_arcsec: Limit | None = None
    """Largest guiding error in seconds of arc. Guider pixels without a known scale are not judged."""
    rms_arcsec_guide_log: Limit | None = None
    """The same, about its mean, from PHD2's own log of the exposure."""
    background_adu: Limit | None = None
    """Brightest sky, in the numbers of the file: twilight, moon, lit cloud."""
    noise_adu: Limit | None = None
    """Largest noise of the sky, in the numbers of the file."""
    gradient_percent: Limit | None = None
    """Largest change of the background across the frame, in percent."""
    saturated_percent: Limit | None = None
    """Largest share of saturated pixels, in percent."""
    clear_percent: Limit | None = None
    """Smallest share of the frame that shows its stars, in percent: patchy cloud hides some."""
    trail: bool | None = None
    """True: a frame that a satellite or aeroplane crossed is rejected."""
    weight: Limit | None = None
    """Smallest weight; 1 is the set's middling frame."""
    altitude_deg: Limit | None = None
    """Smallest altitude of the target, in degrees."""
    moon_altitude_deg: Limit | None = None
    """Greatest altitude of the moon, in degrees."""
    moon_separation_deg: Limit | None = None
    """Smallest distance from the moon, in degrees."""
    auto_percent: Percent | Literal["always"] = 0.0
    """A set that would lose this share or more is held and asks you. 0: always asks; "always": never asks."""

    @property
    def limits(self) -> Mapping[str, float | Relative]:
        """The limits that were set, by quantity."""
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "auto_percent"}
        return {
            name: 0.0 if limit is True else limit
            for name, limit in named.items()
            if limit is not None and limit is not False
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Cull:
    """When a light is rejected before a person looks."""

    pass1: CullPass | None = None
    """The first look, which asks about heavy losses. Absent: nothing is culled by it."""
    pass2: CullPass | None = None
    """The second, for what the first left: it drops the hopeless. Absent: it is not run."""
    mark: CullPass | None = None
    """What exceeds these limits is not rejected but marked, and shown first when you blink."""


USUAL_CULL = Cull(
    pass1=CullPass(
        hfr_measured=Relative(times=1.3),
        eccentricity_measured=0.6,
        stars_measured=Relative(times=0.6),
        background_adu=Relative(times=1.5),
        clear_percent=60.0,
        auto_percent=30.0,
    ),
    mark=CullPass(
        hfr_measured=Relative(times=1.17),
        stars_measured=Relative(times=0.75),
        background_adu=Relative(times=1.15),
        trail=True,
    ),
)
"""For a rig whose file says nothing of the cull: limits that follow the set, by what is measured here. A rig that says
any of it says all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blink:
    """Which frames a person looks at; false: they are taken as good."""

    light: bool = True
    """Lights in 10_Blink."""
    flat: bool = True
    """Flats in 10_Blink/_FLAT."""
    dark: bool = True
    """Darks in the camera's own 10_Blink."""
    bias: bool = True
    """Bias there."""
    flatdark: bool = True
    """Flat-darks there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """When a set's lights go on to 20_Data."""

    mode: Literal["manual", "auto"] = "manual"
    """On your marker ("manual"), or without anybody's eyes once its night is culled ("auto"): then they are called
    "not seen" wherever they are shown."""
    min_frames: Annotated[int, Between(0, 100_000)] = 0
    """A set with fewer good frames waits for more, or for `doit accept`."""
    min_minutes: Annotated[float, Between(0, 1_000_000)] = 0.0
    """A set with less exposure than this waits likewise."""
    stuck_days: Annotated[float, Between(0, 36_500)] = 14.0
    """After so many days of waiting `doit status` lists the set as stuck, and why."""
