"""What the first image of an XISF file says of its pixels: the attributes of its element, and the text in it.

Read by expat alone, in pieces, no further than that element. What no frame needs and an attacker likes is refused: a
DOCTYPE, entities, a bottomless nest, a tag without end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, cast
from xml.parsers import expat

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.world.xisf import SIGNATURE

_XML_AT = 16
_STEP = 1 << 16
_LONGEST_HEADER = 256 << 20
"""A picture may lie in the header, as text."""
_LONGEST_TAG = 1 << 20
"""Expat reads an unfinished tag again with every piece: a long one would cost minutes."""
_DEEPEST = 64


def first_image(file: BinaryIO) -> tuple[Mapping[str, str], str]:
    """Attributes of the first Image element (those of its embedded data among them), and the pixels it holds as text.

    Raises:
        NotAFrame: the header is hostile or broken before it said that, or describes no image.
        CutOff: the file ends before it said that.
    """
    start = file.read(_XML_AT)
    if not start.startswith(SIGNATURE):
        raise NotAFrame("not an XISF file")
    length = int.from_bytes(start[8:12], "little")
    sheet = _FirstImage()
    try:
        for at in range(0, min(length, _LONGEST_HEADER), _STEP):
            piece = file.read(min(_STEP, length - at))
            sheet.read(piece.rstrip(b"\0"), at)
            if sheet.is_read:
                break
            if len(piece) < min(_STEP, length - at):
                raise CutOff(f"its header ends after {at + len(piece):,} of {length:,} bytes (copy cut off?)")
    except (expat.ExpatError, ValueError) as broken:
        if not sheet.is_read:
            raise NotAFrame(f"its header is broken XML: {broken}") from broken
    if not sheet.is_read:
        raise NotAFrame("an XISF file without an image")
    return {**sheet.image, **sheet.data}, "".join(sheet.text)


class _FirstImage:
    """What has been read of the first image, until its element ends."""

    def __init__(self) -> None:
        self.image: dict[str, str] = {}
        self.data: dict[str, str] = {}
        """Attributes of the Data child, where the block is embedded."""
        self.text: list[str] = []
        self.is_read = False
        self._depth = 0
        self._image_depth = 0
        self._parser = expat.ParserCreate(encoding="utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._leave
        self._parser.StartDoctypeDeclHandler = _refuse_doctype
        self._parser.EntityDeclHandler = _refuse_doctype

    def read(self, piece: bytes, at: int) -> None:
        """Go on with the next piece of the header, which lies at `at` in it."""
        self._parser.Parse(piece, False)
        if at - self._parser.CurrentByteIndex > _LONGEST_TAG:
            raise NotAFrame("its header is refused: one of its tags has no end")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotAFrame("its header is refused: its elements are nested without end")
        if self.is_read:
            return
        if name == "Image" and not self._image_depth:
            self.image, self._image_depth = attributes, self._depth
            self._listen(attributes.get("location", "").startswith("inline"))
        elif self._image_depth:
            is_data = name == "Data" and self._depth == self._image_depth + 1 and not self.data
            is_ours = is_data and self.image.get("location", "").startswith("embedded")
            self.data = {**attributes, "location": "embedded"} if is_ours else self.data
            self._listen(is_ours)

    def _leave(self, _tag: str) -> None:
        if self._depth == self._image_depth:
            self.is_read = True
        is_back = self._depth == self._image_depth + 1 and not self.is_read
        self._listen(is_back and self.image.get("location", "").startswith("inline"))
        self._depth -= 1

    def _listen(self, wanted: bool) -> None:
        heard = cast("Any", self.text.append if wanted else None)
        self._parser.CharacterDataHandler = heard


def _refuse_doctype(*_: object) -> None:
    raise NotAFrame("its header is refused: it declares a DOCTYPE or entities, which no frame needs")
