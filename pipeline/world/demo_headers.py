"""The demo's frames as NINA would have written them: headers, names, and the Session Metadata plugin's lines.

Times with seven decimals; the file name after the pattern with DATE_, FILTER_, HFR_ and RMSAC_ tokens, which
stay empty where NINA has no value.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from pipeline.world.demo_rigs import SITE
from pipeline.world.demo_scene import Shot
from pipeline.world.fits_text import Card

SET_TEMP_C = -10.0
PROGRAM = "N.I.N.A. 3.2.0.9001 (x64)"
CSV_COLUMNS = (
    "ExposureNumber,FilePath,FilterName,ExposureStart,Duration,Binning,CameraTemp,CameraTargetTemp,Gain,Offset,"
    "ADUStDev,ADUMean,ADUMedian,ADUMin,ADUMax,DetectedStars,HFR,HFRStDev,FWHM,Eccentricity,GuidingRMS,"
    "GuidingRMSArcSec,GuidingRMSRA,GuidingRMSRAArcSec,GuidingRMSDEC,GuidingRMSDECArcSec,FocuserPosition,FocuserTemp,"
    "RotatorPosition,PierSide,Airmass,ExposureStartUTC,MountRA,MountDec,ImageType"
)
_MJD_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
_GUIDER_ARCSEC_PX = 2.0


def nina_path(shot: Shot, hfr_px: float | None) -> str:
    """Where NINA puts the file under its image folder, parts joined by `/`."""
    target = [shot.target.name] if shot.target else []
    folders = [
        shot.kind.value,
        f"{shot.rig.optic}+{shot.rig.camera}",
        *target,
        f"DATE_{shot.night.isoformat()}",
        f"FILTER_{shot.filter}_EXP_{shot.exposure_s:.2f}_SETTEMP_{SET_TEMP_C:.2f}",
    ]
    hfr = "" if hfr_px is None else f"{hfr_px:.2f}"
    rms = "" if shot.rms_arcsec is None else f"{shot.rms_arcsec:.2f}"
    taken, temp = f"{shot.local:%Y-%m-%d_%H-%M-%S}", f"{sensor_temp_c(shot):.2f}"
    return "/".join([*folders, f"{taken}_HFR_{hfr}_RMSAC_{rms}_TEMP_{temp}.fits"])


def nina_cards(shot: Shot) -> list[Card]:
    """What NINA writes behind the layout of the pixels."""
    return [*_exposure(shot), *_camera(shot), *_telescope(shot), *_pointing(shot), *_program(shot)]


def sensor_temp_c(shot: Shot) -> float:
    """The cooler holds within a tenth of a degree."""
    return SET_TEMP_C + round(math.sin(5.1 * shot.seed)) / 10


def csv_row(shot: Shot, path: str, *, hfr_px: float, stars: int, adu: NDArray[np.uint16]) -> str:
    """A light in the Session Metadata plugin's ImageMetaData.csv, without the number of the exposure."""
    rms, altitude = shot.rms_arcsec or 0.0, _altaz(shot)[0]
    steps = rms / _GUIDER_ARCSEC_PX
    values = [
        f"D:/Astro/{path}", shot.filter, f"{shot.local:%Y-%m-%d %H:%M}", f"{shot.exposure_s:g}", "1x1",
        f"{sensor_temp_c(shot):g}", f"{SET_TEMP_C:g}", shot.rig.gain, shot.rig.offset,
        f"{adu.std():.4f}", f"{adu.mean():.4f}", f"{np.median(adu):g}", adu.min(), adu.max(), stars,
        f"{hfr_px:.4f}", f"{0.18 * hfr_px:.4f}", "NaN", "NaN", f"{steps:.4f}", f"{rms:.4f}",
        f"{0.7 * steps:.4f}", f"{0.7 * rms:.4f}", f"{0.7141 * steps:.4f}", f"{0.7141 * rms:.4f}",
        _focus(shot), "3.9", "NaN", _pier_side(shot), f"{_airmass(altitude):.4f}", f"{_seven(shot.start)}Z",
        *((shot.target.ra_deg, shot.target.dec_deg) if shot.target else ("NaN", "NaN")), shot.kind.value,
    ]  # fmt: skip
    return ",".join(map(str, values))


def _exposure(shot: Shot) -> list[Card]:
    middle = shot.start + timedelta(seconds=shot.exposure_s / 2)
    return [
        Card("IMAGETYP", shot.kind.value, "Type of exposure"),
        Card("EXPOSURE", shot.exposure_s, "[s] Exposure duration"),
        Card("EXPTIME", shot.exposure_s, "[s] Exposure duration"),
        Card("DATE-LOC", _seven(shot.local), "Time of observation (local)"),
        Card("DATE-OBS", _seven(shot.start), "Time of observation (UTC)"),
        Card("MJD-OBS", _mjd(shot.start), "[d] Modified Julian Date"),
        Card("DATE-AVG", _seven(middle), "Averaged midpoint time (UTC)"),
        Card("MJD-AVG", _mjd(middle), "[d] MJD of averaged midpoint time"),
    ]


def _camera(shot: Shot) -> list[Card]:
    rig = shot.rig
    return [
        Card("XBINNING", 1, "X axis binning factor"),
        Card("YBINNING", 1, "Y axis binning factor"),
        Card("GAIN", rig.gain, "Sensor gain"),
        Card("OFFSET", rig.offset, "Sensor gain offset"),
        Card("EGAIN", rig.egain, "[e-/ADU] Electrons per A/D unit"),
        Card("XPIXSZ", rig.pixel_um, "[um] Pixel X axis size"),
        Card("YPIXSZ", rig.pixel_um, "[um] Pixel Y axis size"),
        Card("INSTRUME", rig.camera, "Imaging instrument name"),
        Card("CAMERAID", f"{rig.camera} (demo)", "Imaging instrument identifier"),
        Card("SET-TEMP", SET_TEMP_C, "[degC] CCD temperature setpoint"),
        Card("CCD-TEMP", sensor_temp_c(shot), "[degC] CCD temperature"),
        Card("READOUTM", rig.readout_mode, "Sensor readout mode"),
        Card("USBLIMIT", 40, "Camera-specific USB setting"),
    ]


def _telescope(shot: Shot) -> list[Card]:
    return [
        Card("TELESCOP", shot.rig.optic, "Name of telescope"),
        Card("FOCALLEN", shot.rig.focal_length_mm, "[mm] Focal length"),
        Card("FOCRATIO", shot.rig.focal_ratio, "Focal ratio"),
        Card("FWHEEL", shot.rig.wheel, "Filter Wheel name"),
        Card("FILTER", shot.filter, "Active filter name"),
        Card("FOCNAME", shot.rig.focuser, "Focusing equipment name"),
        Card("FOCPOS", _focus(shot), "[step] Focuser position"),
        Card("FOCUSPOS", _focus(shot), "[step] Focuser position"),
        Card("FOCUSSZ", 4.0, "[um] Focuser step size"),
        Card("FOCTEMP", 3.9, "[degC] Focuser temperature"),
        Card("FOCUSTEM", 3.9, "[degC] Focuser temperature"),
    ]


def _pointing(shot: Shot) -> list[Card]:
    """Where the mount points; parked and silent while calibration frames are taken."""
    site = [
        Card("SITEELEV", SITE.elevation_m, "[m] Observation site elevation"),
        Card("SITELAT", SITE.latitude, "[deg] Observation site latitude"),
        Card("SITELONG", SITE.longitude, "[deg] Observation site longitude"),
    ]
    if shot.target is None:
        return site
    altitude, azimuth = _altaz(shot)
    return [
        *site,
        Card("RA", shot.target.ra_deg, "[deg] RA of telescope"),
        Card("DEC", shot.target.dec_deg, "[deg] Declination of telescope"),
        Card("CENTALT", round(altitude, 6), "[deg] Altitude of telescope"),
        Card("CENTAZ", round(azimuth, 6), "[deg] Azimuth of telescope"),
        Card("AIRMASS", round(_airmass(altitude), 6), "Airmass at frame center"),
        Card("PIERSIDE", _pier_side(shot), "Telescope pointing state"),
        Card("OBJECT", shot.target.name, "Name of the object of interest"),
        Card("OBJCTRA", _sexagesimal(shot.target.ra_deg / 15), "[H M S] RA of imaged object"),
        Card(
            "OBJCTDEC", _sexagesimal(shot.target.dec_deg, sign=True), "[D M S] Declination of imaged object"
        ),
        Card("OBJCTROT", 0.0, "[deg] planned rotation of imaged object"),
    ]


def _program(shot: Shot) -> list[Card]:
    return [
        Card("OBSERVER", "Nightbuild demo", "Observer name"),
        Card("SITENAME", SITE.name, "Observation site name"),
        Card("ROWORDER", "TOP-DOWN", "FITS Image Orientation"),
        Card("EQUINOX", 2000.0, "Equinox of celestial coordinate system"),
        Card("SWCREATE", PROGRAM, "Software that created this file"),
        Card("COMMENT", f"Simulated by Nightbuild, seed {shot.seed}"),
    ]


def _focus(shot: Shot) -> int:
    return 12_500 + 12 * (shot.seed % 9) + (900 if shot.conditions.defocus_px else 0)


def _pier_side(shot: Shot) -> str:
    return "n/a" if shot.target is None else "East" if _altaz(shot)[1] > 180 else "West"


def _seven(moment: datetime) -> str:
    """A time with NINA's seven decimals and no zone."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}7"


def _mjd(moment: datetime) -> float:
    return round((moment - _MJD_EPOCH) / timedelta(days=1), 8)


def _sexagesimal(value: float, *, sign: bool = False) -> str:
    seconds = round(abs(value) * 3600)
    mark = ("-" if value < 0 else "+") if sign else ""
    return f"{mark}{seconds // 3600:02d} {seconds // 60 % 60:02d} {seconds % 60:02d}"


def _airmass(altitude_deg: float) -> float:
    return 1 / math.sin(math.radians(max(altitude_deg, 5.0)))


def _altaz(shot: Shot) -> tuple[float, float]:
    """Altitude and azimuth of the target; half a degree is good enough without precession."""
    if shot.target is None:
        return 0.0, 0.0
    sidereal_deg = 280.46062 + 360.98564737 * (_mjd(shot.start) - 51544.5) + SITE.longitude
    hour, dec = math.radians(sidereal_deg - shot.target.ra_deg), math.radians(shot.target.dec_deg)
    lat = math.radians(SITE.latitude)
    up = math.sin(dec) * math.sin(lat) + math.cos(dec) * math.cos(lat) * math.cos(hour)
    west = math.cos(dec) * math.sin(hour)
    north = math.sin(dec) * math.cos(lat) - math.cos(dec) * math.sin(lat) * math.cos(hour)
    return math.degrees(math.asin(up)), math.degrees(math.atan2(-west, north)) % 360
