"""What stands on the demo's ridge: two rigs, and the fields they look at.

The rigs bear the names of shipped ones, so that their real limits judge the frames; the site is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.model.rigs import Site
from pipeline.pixels.sensor import Sensor, scatter_dust

SITE = Site(
    name="Demo ridge",
    latitude=40.0,
    longitude=-3.0,
    elevation_m=900.0,
    time_zone="Europe/Madrid",
    bortle=4,
    sqm=21.3,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTarget:
    """What is looked at."""

    name: str
    """As NINA has it, panel and all."""
    ra_deg: float
    dec_deg: float
    stars_seed: int
    glow: float
    """How bright its nebula is, in sky levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRig:
    """An optical train with the facts its headers bear."""

    optic: str
    camera: str
    focal_ratio: float
    focal_length_mm: float
    pixel_um: float
    gain: int
    offset: int
    readout_mode: str
    egain: float
    wheel: str
    focuser: str
    sensor: Sensor
    fwhm_px: float
    """Of a good frame."""
    stars: int
    sky_adu_s: Mapping[str, float] = field(hash=False)
    """Sky background through each filter."""
    exposure_s: float
    flat_s: float

    @property
    def name(self) -> str:
        """The rig's folder."""
        return f"{self.optic}@f{self.focal_ratio}+{self.camera}"

    @property
    def arcsec_px(self) -> float:
        """Image scale."""
        return 206.265 * self.pixel_um / self.focal_length_mm


C8E = DemoRig(
    optic="C8E",
    camera="ZWO ASI2600MM Pro",
    focal_ratio=10.0,
    focal_length_mm=2032.0,
    pixel_um=3.76,
    gain=100,
    offset=50,
    readout_mode="Default",
    egain=0.25,
    wheel="ZWO EFW",
    focuser="ZWO Focuser",
    sensor=Sensor(
        width=400,
        height=300,
        bias_adu=502,
        dark_adu_s=0.02,
        read_noise_e=1.5,
        gain_e_adu=0.25,
        hot_share=0.0005,
        hot_adu_s=(0.5, 60.0),
        vignetting=0.25,
        dust=scatter_dust(400, 300, 5, seed=11),
        seed=11,
    ),
    fwhm_px=4.9,
    stars=70,
    sky_adu_s={"L": 3.0, "R": 1.0},
    exposure_s=300.0,
    flat_s=2.5,
)
SQA55 = DemoRig(
    optic="SQA55",
    camera="ATR585M",
    focal_ratio=5.3,
    focal_length_mm=264.0,
    pixel_um=2.9,
    gain=252,
    offset=150,
    readout_mode="Low Conversion Gain",
    egain=0.4,
    wheel="ToupTek EFW",
    focuser="ToupTek AAF",
    sensor=Sensor(
        width=320,
        height=240,
        bias_adu=240,
        dark_adu_s=0.05,
        read_noise_e=1.2,
        gain_e_adu=0.4,
        hot_share=0.001,
        hot_adu_s=(0.5, 100.0),
        vignetting=0.15,
        dust=scatter_dust(320, 240, 3, seed=12),
        saturation_adu=65520,
        seed=12,
    ),
    fwhm_px=2.4,
    stars=170,
    sky_adu_s={"Ha": 0.6, "OIII": 0.8},
    exposure_s=180.0,
    flat_s=4.2,
)
M31_1 = DemoTarget(name="M31 Panel 1", ra_deg=10.7921, dec_deg=41.3375, stars_seed=311, glow=1.0)
M31_2 = DemoTarget(name="M31 Panel 2", ra_deg=10.5774, dec_deg=41.1998, stars_seed=312, glow=0.6)
IC1805 = DemoTarget(name="IC 1805", ra_deg=38.1750, dec_deg=61.4667, stars_seed=1805, glow=0.8)
