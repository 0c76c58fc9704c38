"""What a person says about the service that syncs their inbox: the `[sync]` table as values.

Telescope machines deliver frames through a sync service. While a run moves raw files that service must not
look: a half-moved night would be "deleted" on the other side. `pipeline/world/services.py` acts on this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class SyncKind(StrEnum):
    """How the sync service is told to wait."""

    NONE = "none"
    SYSTEMD = "systemd"
    WINDOWS = "windows"
    SYNCTHING = "syncthing"
    COMMANDS = "commands"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """The `[sync]` table of library.toml; the defaults are those of a library without one."""

    kind: SyncKind = SyncKind.NONE
    name: str = ""
    """The systemd unit or Windows service."""
    user_unit: bool = False
    """The systemd unit belongs to the person (`systemctl --user`), not to the machine."""
    url: str = "http://127.0.0.1:8384"
    """Where Syncthing's own page is."""
    self_signed: bool = False
    """Accept the certificate that Syncthing made for itself (https only)."""
    folder: str = ""
    """The id (not the path) of the one Syncthing folder to pause."""
    api_key_file: str = ""
    """A file with the API key alone, or Syncthing's own config.xml."""
    pause: tuple[str, ...] = ()
    resume: tuple[str, ...] = ()
    """Any two commands, each a list of arguments; neither goes through a shell."""
    max_pause_minutes: float = 60.0
    """After this long the service goes on by itself, whatever became of the run."""
    timeout_s: float = 30.0
    """How long one request or command may take."""


_NEEDED: dict[SyncKind, dict[str, str]] = {
    SyncKind.NONE: {},
    SyncKind.SYSTEMD: {"name": 'the unit to stop, such as "syncthing@pi.service"'},
    SyncKind.WINDOWS: {"name": "the service to stop, as `sc query` names it"},
    SyncKind.SYNCTHING: {
        "folder": "the id of the folder to pause, as Syncthing's page shows it",
        "api_key_file": "a file with the API key, or Syncthing's own config.xml",
    },
    SyncKind.COMMANDS: {
        "pause": "the command that pauses, as a list of arguments",
        "resume": "the command that resumes, as a list of arguments",
    },
}


_SAFE_URL = re.compile(
    r"(https://|http://(127(\.\d{1,3}){3}|localhost|\[::1\])(?=[:/]|$))[^\s@]*$", re.IGNORECASE
)


def find_wrong_keys(settings: SyncSettings) -> tuple[tuple[str, str], ...]:
    """Return (key, what is expected there) for each key of `[sync]` that this kind needs and lacks."""
    lacking = [
        (key, expected) for key, expected in _NEEDED[settings.kind].items() if not getattr(settings, key)
    ]
    if settings.kind is SyncKind.SYNCTHING and not _SAFE_URL.match(settings.url):
        lacking.append(
            ("url", "http://127.0.0.1:8384 or the like; on another machine https://, for the key's sake")
        )
    if settings.kind is not SyncKind.NONE and not 0 < settings.max_pause_minutes <= 24 * 60:
        lacking.append(("max_pause_minutes", "minutes, more than 0 and at most 1440"))
    return tuple(lacking)
