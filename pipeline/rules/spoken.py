"""Numbers as a person would say them: `1 frame`, `52.2 MB`, `1 min 52 s`; forty paths as their folder."""

from __future__ import annotations

from collections.abc import Iterable

_UNITS = (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 frame`, `80,118 frames`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def sized(number_bytes: float) -> str:
    """`52.2 MB`: three digits are enough to choose by."""
    for unit, scale in _UNITS:
        if number_bytes >= scale:
            value = number_bytes / scale
            return (
                f"{value:.2f} {unit}"
                if value < 10
                else f"{value:.1f} {unit}"
                if value < 100
                else f"{value:,.0f} {unit}"
            )
    return f"{number_bytes:,.0f} bytes"


def lasting(seconds: float) -> str:
    """`0.4 s`, `52 s`, `1 min 52 s`, `4 h 25 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def common_folder(paths: Iterable[str]) -> str:
    """The folder all these files lie in; the file itself where there is one; empty where they share none."""
    split = [path.split("/") for path in paths]
    if len(split) == 1:
        return "/".join(split[0])
    shared = []
    for parts in zip(*(parts[:-1] for parts in split), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared)
