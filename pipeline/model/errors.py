"""What can go wrong in a night, in three families.

    NightbuildError
    ├── UserError          a person can mend it: one sentence, what to type, no traceback
    │   ├── ConfigError    a rig file or library.toml says something we cannot follow
    │   ├── NotReachable   the library, an inbox or a stage folder is not where it was
    │   └── Busy           another run holds the library
    ├── FrameError         one file is unusable: it is named and counted, the night goes on
    │   ├── NotAFrame      the bytes are no image format we know
    │   ├── CutOff         the data end before the header says they do
    │   └── BadArchive     a zip or tar that cannot be unpacked safely
    └── PassingError       the world is in the way (a share, a full disk): later, not failed
        └── NoRoom         a disk is full, or would be: another try at once would end alike

Anything else that is raised is a bug of ours and may show a traceback.
"""

from __future__ import annotations


class NightbuildError(Exception):
    """Root of everything we raise on purpose."""


class UserError(NightbuildError):
    """A person can mend this; the text says what happened and what to type."""


class ConfigError(UserError):
    """A configuration file holds something we cannot follow; what else is wrong beside it comes along."""

    def __init__(self, file: str, key: str, expected: str, others: tuple[ConfigError, ...] = ()) -> None:
        self.file = file
        self.key = key
        self.expected = expected
        self.others = others
        own = f"{file}: {key}: {expected}" if key else f"{file}: {expected}"
        super().__init__("\n".join((own, *map(str, others))))


class NotReachable(UserError):  # noqa: N818 - a state, not a mistake
    """A folder that held frames is absent or empty: nothing is judged until it is back."""


class Busy(UserError):  # noqa: N818 - a state, not a mistake
    """Another run holds the library."""


class FrameError(NightbuildError):
    """One file is unusable; the sentence goes to the person, the night goes on."""


class NotAFrame(FrameError):  # noqa: N818 - reads as the verdict it is
    """The bytes are no image we know."""


class CutOff(FrameError):  # noqa: N818 - reads as the verdict it is
    """The file ends before its own header says it does."""


class BadArchive(FrameError):  # noqa: N818 - reads as the verdict it is
    """A zip or tar that cannot be unpacked, or not safely; it stays where it is."""


class PassingError(NightbuildError):
    """The world is in the way just now; what was asked is done later."""


class NoRoom(PassingError):  # noqa: N818 - a state, not a mistake
    """A disk is full, or would be fuller than it may: what was asked is done once there is room."""
