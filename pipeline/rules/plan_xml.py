"""NINA's target sets: `.ninaTargetSet` and its single `.xml`, the plans of the old sequencer.

An entity can grow a file of a kilobyte to gigabytes; NINA declares none, so a document type ends the reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from pipeline.model.errors import UserError
from pipeline.model.plans import Wish
from pipeline.rules.plan_places import Place, place_of, placed
from pipeline.rules.targets import split_panel

_MOST_EXPOSURES = 1_000_000


def wishes_in_target_set(content: bytes, file: str) -> Iterator[Wish]:
    """The exposures every target of a set asks for.

    Raises:
        UserError: it is no whole XML, declares a document type, or is no target set.
    """
    root = _parse(content, file)
    lists = [one for one in root.iter() if _local(one) == "CaptureSequenceList"]
    if not lists:
        raise UserError(f"{file}: XML, but no target set of NINA: no CaptureSequenceList in it")
    for one in lists:
        yield from _wishes(one)


class _Refusing(ElementTree.TreeBuilder):
    """Builds the tree, and stops at a document type."""

    def doctype(self, name: str, _public: str | None, _system: str | None) -> None:
        raise _DoctypeError(name)


class _DoctypeError(Exception):
    """The XML declares a document type."""


def _parse(content: bytes, file: str) -> Element:
    parser = ElementTree.XMLParser(target=_Refusing())
    try:
        parser.feed(content)
        return parser.close()
    except _DoctypeError as error:
        raise UserError(
            f"{file}: holds a DOCTYPE, which no target set of NINA does; it was not read"
        ) from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UserError(f"{file}: is no whole XML ({error})") from error


def _wishes(one: Element) -> Iterator[Wish]:
    target, panel = split_panel(one.get("TargetName", "").strip())
    place = _place(one)
    sequences = [part for part in one.iter() if _local(part) == "CaptureSequence"]
    for part in sequences if target else ():
        kind = _text(part, "ImageType").upper() or "LIGHT"
        count, exposure = _number(_text(part, "TotalExposureCount")), _number(_text(part, "ExposureTime"))
        if kind == "LIGHT" and _text(part, "Enabled").lower() != "false" and count and exposure is not None:
            wish = Wish(
                target=target,
                panel=panel,
                is_mosaic=bool(panel),
                filter=_filter(part),
                exposure_s=exposure,
                desired=int(min(count, _MOST_EXPOSURES)),
            )
            yield placed(wish, place)


def _place(one: Element) -> Place:
    angle = _number(one.get("PositionAngle") or one.get("Rotation") or "")
    is_south = one.get("NegativeDec", "").lower() == "true"
    return place_of(lambda name: _number(one.get(name, "")), angle, is_south=is_south)


def _filter(part: Element) -> str:
    found = next((child for child in part if _local(child) == "FilterType"), None)
    if found is None:
        return ""
    return next(((one.text or "").strip() for one in found.iter() if _local(one) in {"Name", "_name"}), "")


def _text(part: Element, name: str) -> str:
    """An attribute, or a child element, of that name."""
    child = next((one for one in part if _local(one) == name), None)
    return part.get(name, (child.text or "") if child is not None else "").strip()


def _number(text: str) -> float | None:
    with suppress(ValueError):
        number = float(text)
        return number if abs(number) < 1e9 else None
    return None


def _local(one: Element) -> str:
    return one.tag.rpartition("}")[2]
