"""What the header of an XISF file says: PixInsight's format, and one NINA can write.

The header is XML in front of the data. It is read by expat alone, in pieces, and whatever came before a break
is kept. XML of strangers is refused where it could do harm: a DOCTYPE, entities, a bottomless nest. FITS
keywords speak first; properties and attributes fill what they leave open.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.model.frames import Header, Problem, Value
from pipeline.world.fits_cards import legible, plain_value
from pipeline.world.window import Window
from pipeline.world.xisf_properties import PROPERTIES, read_property

SIGNATURE = b"XISF0100"
_XML_AT = 16
_STEP = 1 << 16
_LONGEST_HEADER = 64 << 20
"""Pictures may lie in the header itself; more than this is not looked through."""
_LONGEST_TEXT = 4096
_DEEPEST = 64
_LONGEST_TAG = 1 << 20
"""Expat reads an unfinished tag again with every piece: a long one would cost minutes."""
_BITPIX = {"UInt8": 8, "UInt16": 16, "UInt32": 32, "UInt64": 64, "Float32": -32, "Float64": -64}
_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}|HIERARCH [ -~]{1,60}")
_ATTACHMENT = re.compile(r"attachment:(\d{1,18}):(\d{1,18})")


class _Refused(Exception):  # noqa: N818 - a verdict on the XML
    """The XML holds what a frame never needs and an attacker likes."""


def read_xisf(window: Window) -> Header:
    """Read the cards of the first image in an XISF file.

    Raises:
        CutOff: the file ends before its header says anything.
        NotAFrame: the header is hostile, broken from the start, or describes no image.
    """
    sheet = _Sheet()
    length = int.from_bytes(window.at(8, 4), "little")
    trouble = _feed(sheet, window, length)
    if not sheet.image:
        raise trouble or NotAFrame("an XISF file without an image")
    problems = list(dict.fromkeys(sheet.problems))
    if trouble:
        problems.append(Problem("cut-off" if isinstance(trouble, CutOff) else "bad-xml", str(trouble)))
    elif not sheet.has_metadata:
        problems.append(
            Problem("no-metadata", "the XISF header has no Metadata; its image and keywords are read")
        )
    # A length that led into broken XML is not to be believed; what is attached still has its place.
    end = sheet.end if isinstance(trouble, NotAFrame) else max(sheet.end, _XML_AT + length)
    return Header(sheet.cards(), "xisf", end or None, tuple(problems))


def _feed(sheet: _Sheet, window: Window, length: int) -> CutOff | NotAFrame | None:
    """Show the XML to the sheet piece by piece; what stopped it comes back, what was read before stays."""
    parser = sheet.parser
    try:
        for at in range(0, min(length, _LONGEST_HEADER), _STEP):
            piece = window.at(_XML_AT + at, min(_STEP, length - at))
            parser.Parse(piece.rstrip(b"\0"), False)
            _refuse_endless(at - parser.CurrentByteIndex)
            if len(piece) < min(_STEP, length - at):
                return CutOff(
                    f"the XISF header ends after {at + len(piece):,} of {length:,} bytes (copy cut off?)"
                )
        if length > _LONGEST_HEADER:
            return NotAFrame(
                f"the XISF header is said to be {length:,} bytes long; it was not read to its end"
            )
        parser.Parse(b"", True)
    except _Refused as refusal:
        sheet.image.clear()
        return NotAFrame(f"its XISF header is refused: {refusal}")
    except (expat.ExpatError, ValueError) as broken:
        return NotAFrame(f"its XISF header is broken XML: {broken}")
    return None


class _Sheet:
    """What has been read of an XISF header so far."""

    def __init__(self) -> None:
        self.image: dict[str, str] = {}
        """Attributes of the first Image; empty until it came."""
        self.has_metadata = False
        self.end = 0
        """Where the last attached block ends."""
        self.problems: list[Problem] = []
        self._keywords: dict[str, Value] = {}
        self._properties: dict[str, Value] = {}
        self._bayer = ""
        self._images = 0
        self._open: list[str] = []
        self._text: list[str] | None = None
        self._text_id = ""
        self.parser = self._build_parser()

    def _build_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding="utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._leave
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.EntityDeclHandler = _refuse_doctype
        return parser

    def cards(self) -> dict[str, Value]:
        """Keywords first; properties and attributes where they are silent; the size by the image itself."""
        return {**self._of_attributes(), **self._properties, **self._keywords, **self._shape()}

    def _of_attributes(self) -> dict[str, Value]:
        kind = legible(self.image.get("imageType", ""))
        return {key: value for key, value in (("IMAGETYP", kind), ("BAYERPAT", self._bayer)) if value}

    def _shape(self) -> dict[str, Value]:
        sides = self.image.get("geometry", "").split(":")
        if not all(side.isdecimal() and len(side) < 10 for side in sides) or not 2 <= len(sides) <= 4:
            return {}
        *axes, channels = (int(side) for side in sides)
        axes = axes if channels == 1 else [*axes, channels]
        shape: dict[str, Value] = {f"NAXIS{number}": length for number, length in enumerate(axes, 1)}
        bits = _BITPIX.get(self.image.get("sampleFormat", ""))
        return {"NAXIS": len(axes), **shape, **({} if bits is None else {"BITPIX": bits})}

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._open.append(name)
        if len(self._open) > _DEEPEST:
            raise _Refused("its elements are nested without end")
        if "location" in attributes:
            self._note_attachment(attributes["location"])
        if name == "Image":
            self._images += 1
            self.image = self.image or attributes or {"geometry": ""}
        elif name == "Metadata":
            self.has_metadata = True
        elif self._images <= 1 or "Image" not in self._open:
            self._note(name, attributes)

    def _leave(self, _tag: str) -> None:
        self._open.pop()
        if self._text is not None:
            self._keep_property(self._text_id, "String", "".join(self._text)[:_LONGEST_TEXT])
            self._text = None
            self.parser.CharacterDataHandler = None

    def _note(self, name: str, attributes: dict[str, str]) -> None:
        if name == "FITSKeyword":
            self._note_keyword(attributes.get("name", "").strip().upper(), attributes.get("value", ""))
        elif name == "ColorFilterArray" and attributes.get("pattern", "").isalpha():
            self._bayer = attributes["pattern"].upper()[:64]
        elif name == "Property" and "Thumbnail" not in self._open:
            self._note_property(attributes)

    def _note_attachment(self, location: str) -> None:
        found = _ATTACHMENT.fullmatch(location)
        if found:
            self.end = max(self.end, int(found[1]) + int(found[2]))
        elif location.startswith("attachment"):
            self.problems.append(
                Problem("bad-xml", f"a data block lies at {legible(location)[:40]}: not understood")
            )

    def _note_keyword(self, key: str, text: str) -> None:
        if key in {"", "COMMENT", "HISTORY", "CONTINUE", "END"}:
            return
        if not _KEYWORD.fullmatch(key):
            self.problems.append(Problem("bad-card", f"{legible(key)[:40]} is no FITS keyword; left out"))
            return
        value = plain_value(text[:_LONGEST_TEXT])
        if value is not None:
            self._keywords.setdefault(key.removeprefix("HIERARCH "), value)
        elif text.strip():
            self.problems.append(Problem("bad-card", f"{key} is no finite number: {legible(text)[:40]}"))

    def _note_property(self, attributes: dict[str, str]) -> None:
        identity, kind = attributes.get("id", ""), attributes.get("type", "")
        if identity not in PROPERTIES or "location" in attributes:
            return
        if "value" in attributes:
            self._keep_property(identity, kind, attributes["value"])
        else:
            self._text, self._text_id = [], identity
            self.parser.CharacterDataHandler = self._text.append

    def _keep_property(self, identity: str, kind: str, text: str) -> None:
        value = read_property(identity, kind, text)
        if value is not None:
            self._properties.setdefault(PROPERTIES[identity][0], value)


def _refuse_endless(length: int) -> None:
    if length > _LONGEST_TAG:
        raise _Refused("one of its tags has no end")


def _refuse_doctype(*_: object) -> None:
    raise _Refused("it declares a DOCTYPE or entities, which no frame needs")
