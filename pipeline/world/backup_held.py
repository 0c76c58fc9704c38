"""What the bucket has, by the receipts in `_Backup`: each is read when it is first asked for, and nothing else is.

    InBucket(library).of_frame(owner, night, stored, sha256) ─▶ Held, or None      one receipt a night

Answers are joined to the rows of the catalogue when they are asked, and never stored there: the catalogue is written
before the backup is sent, so a row that said it would be stale with every run that sends something, and the next run
would have to write it again (law 10).
"""

from __future__ import annotations

from datetime import date

from pipeline.model.backup_policies import Backup
from pipeline.rules.addresses import read_address
from pipeline.rules.backup_held import NOTHING, Held, Holding, held_in
from pipeline.rules.backup_keys import night_home, receipt_file, shelf_home
from pipeline.world.library import OpenLibrary
from pipeline.world.receipts import homes

MASTERS = shelf_home("masters")


class InBucket:
    """What the bucket has of each home."""

    def __init__(self, library: OpenLibrary) -> None:
        """Nothing is read yet."""
        self.settings: Backup = library.configuration.library.backup
        self._root = library.root
        self._homes: dict[str, Holding] = {}
        self._nights: dict[tuple[str, str], Holding] = {}
        self._every: list[str] | None = None

    def of_home(self, home: str) -> Holding:
        """All there is of a night or shelf."""
        if home not in self._homes:
            self._homes[home] = self._read(home)
        return self._homes[home]

    def of_night(self, owner: str, night: date) -> Holding:
        """The same of a rig's or camera's night."""
        return self.of_home(night_home(owner, night))

    def of_row(
        self, owner: str, night: str, stored: str, sha256: str | None, size: int | None
    ) -> Held | None:
        """The pack that has the frame of this row."""
        there = self._nights.get((owner, night))
        if there is None:
            there = self._nights[owner, night] = self._of_night_called(owner, night)
        return there.of(stored, sha256, size)

    def of_master(self, path: str, sha256: str | None, size: int | None = None) -> Held | None:
        """The pack that has this master, under whichever name it was sent."""
        return self.of_home(MASTERS).of_master(path, sha256, size)

    def of_stored(self, stored: str, sha256: str | None) -> Held | None:
        """The pack that has a stored frame, or a master that became one; without its SHA-256 none is believed."""
        address = read_address(stored)
        if address is not None and address.night is not None:
            return self.of_night(address.owner, address.night).of(stored, sha256)
        return self.of_master(stored, sha256) or self._of_any(stored, sha256)

    def _of_night_called(self, owner: str, night: str) -> Holding:
        try:
            return self.of_night(owner, date.fromisoformat(night))
        except ValueError:
            return NOTHING

    def _of_any(self, stored: str, sha256: str | None) -> Held | None:
        """Of a frame that was adopted where it lies, no path says under which night it is filed."""
        if self._every is None:
            self._every = homes(self._root)
        return next(
            (held for home in self._every if (held := self.of_home(home).of(stored, sha256)) is not None),
            None,
        )

    def _read(self, home: str) -> Holding:
        try:
            return held_in((self._root / receipt_file(home)).read_bytes(), self.settings)
        except OSError:
            return NOTHING
