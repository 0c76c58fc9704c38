"""A frame's line of the catalogue that can also say which pack has the frame: joined when it is asked, in no file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.rules.backup_held import Held
from pipeline.rules.frame_lines import FrameLine

_JOINED = ("backed_up", "backup_pack")


class KeptLine(FrameLine):
    """A line that knows whom to ask; nobody is asked before somebody wants to know."""

    __slots__ = ("ask",)

    def __init__(self, text: bytes, owner: str, ask: Callable[[FrameLine], Held | None]) -> None:
        super().__init__(text, owner)
        self.ask = ask

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as any mapping
        """A value of the row itself, or of where it is kept."""
        if key not in _JOINED:
            return super().get(key, default)
        return _joined(self.ask(self)).get(key, default)

    def whole(self) -> dict[str, Any]:
        """All of the row, with where it is kept."""
        return super().whole() | _joined(self.ask(self))


def _joined(held: Held | None) -> dict[str, Any]:
    return dict(zip(_JOINED, (held.storage_class, held.pack), strict=True)) if held is not None else {}
