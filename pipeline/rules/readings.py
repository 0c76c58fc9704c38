"""What others say of a light's quality: its name and header, NINA's session file, PHD2's guide log.

Each reading stays with its witness (`rms_arcsec` is NINA's, `rms_arcsec_guide_log` PHD2's); what is measured from the
pixels stands beside them and is made elsewhere. What is missing, NaN or no number is not there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from pipeline.model.frames import Frame
from pipeline.rules.guide_log import GuideLog, GuideRms, rms_over
from pipeline.rules.session_match import SessionRow
from pipeline.rules.session_metadata import readings_of

_NAME_DIGITS = 2
"""NINA writes its values into names with so many."""
_NO_WALL_CLOCK = ("longitude", "UTC")
"""How a local time was found that no clock at the observatory showed."""


def readings(
    frame: Frame,
    *,
    row: SessionRow | None = None,
    logs: Iterable[GuideLog] = (),
    guider_arcsec_px: float | None = None,
    time_zone: str | None = None,
) -> dict[str, float]:
    """What is said of a light, by the names of `QUANTITIES`.

    Args:
        frame: The light, with what its name and header say.
        row: What the session file says of it (`find_row`).
        logs: The guide logs that lie with its night.
        guider_arcsec_px: The guide camera's scale, where the rig file says it.
        time_zone: The site's, where it is known.
    """
    said = _own(frame, guider_arcsec_px)
    table = {**_in_guider_pixels(row, guider_arcsec_px), **readings_of(row)} if row is not None else {}
    values = {**table, **{name: _finer(value, table.get(name)) for name, value in said.items()}}
    guided = guide_rms(frame, logs, guider_arcsec_px=guider_arcsec_px, time_zone=time_zone)
    if guided is not None:
        values["rms_arcsec_guide_log"] = guided.rms_arcsec
    return values


def guide_rms(
    frame: Frame,
    logs: Iterable[GuideLog],
    *,
    guider_arcsec_px: float | None = None,
    time_zone: str | None = None,
) -> GuideRms | None:
    """Guiding error of a light by the logs of its night: the fullest, for a log that grew is stored more than once.

    Where the logs of two mounts lie together and both were guiding just then, nobody can say which was this one's:
    then there is no reading, unless their pointing tells them apart.
    """
    if frame.local is None or frame.exposure_s is None or not _on_a_wall_clock(frame.sources):
        return None
    pointing = (
        (frame.ra_deg, frame.dec_deg) if frame.ra_deg is not None and frame.dec_deg is not None else None
    )
    found = [
        rms_over(
            log,
            frame.local,
            frame.exposure_s,
            guider_arcsec_px,
            time_zone=time_zone,
            pointing_deg=pointing,
        )
        for log in logs
    ]
    heard = [one for one in found if one is not None]
    if len({one.begun for one in heard}) != 1:
        return None
    return max(heard, key=lambda one: one.samples)


def _own(frame: Frame, guider_arcsec_px: float | None) -> dict[str, float]:
    """What name and header say."""
    said: dict[str, float | None] = {
        "hfr": frame.hfr_px,
        "stars": frame.stars,
        "rms_arcsec": frame.rms_arcsec,
    }
    if frame.rms_arcsec is None and frame.rms_guider_px is not None and guider_arcsec_px is not None:
        said["rms_arcsec"] = frame.rms_guider_px * guider_arcsec_px
    return dict(_sound(said))


def _sound(said: Mapping[str, float | None]) -> Iterator[tuple[str, float]]:
    """An HFR of 0 is one nobody measured, an RMS of 0 a frame nobody guided; 0 stars is a result."""
    for name, value in said.items():
        if value is not None and math.isfinite(value) and (value > 0 or (name == "stars" and value == 0)):
            yield name, float(value)


def _in_guider_pixels(row: SessionRow, guider_arcsec_px: float | None) -> dict[str, float]:
    """For a guider whose scale NINA did not know, but the rig file does."""
    if row.rms_guider_px is None or guider_arcsec_px is None:
        return {}
    return {"rms_arcsec": row.rms_guider_px * guider_arcsec_px}


def _finer(said: float, table: float | None) -> float:
    """The same number with more digits, where the table has it; the name where the two really differ."""
    rounded = math.isclose(said, round(said, _NAME_DIGITS), abs_tol=1e-9)
    if table is None or not rounded or abs(said - table) > 0.5 * 10**-_NAME_DIGITS + 1e-6:
        return said
    return table


def _on_a_wall_clock(sources: Mapping[str, str]) -> bool:
    return not sources.get("local", "").startswith(_NO_WALL_CLOCK)
