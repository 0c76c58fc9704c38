"""Sync services stopped and started as a whole: a systemd unit, a Windows service, a pair of commands."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from pipeline.model.errors import PassingError
from pipeline.world.programs import Outcome, run_program

_ASK_AGAIN_S = 0.25
_STOPPED, _STOP_PENDING, _PAUSE_PENDING, _PAUSED = 1, 3, 6, 7
_NO_SUCH_SERVICE, _ALREADY_RUNNING = 1060, 1056
# TYPE has two digits and the exit codes a hex twin: `: 4  RUNNING` alone has this shape, in any language.
_WINDOWS_STATE = re.compile(r":\s*([1-7])\s+[A-Z_]+\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemdUnit:
    """A unit of the machine, or of the person."""

    name: str
    user: bool
    timeout_s: float

    @property
    def what(self) -> str:
        """What is paused, for a person."""
        return f"systemd unit {self.name}"

    def is_paused(self) -> bool:
        """True when the unit is not at work, by whomever; that there is no such unit is an error."""
        said = dict(
            line.split("=", 1)
            for line in self._systemctl("show", "--property=LoadState,ActiveState").text.splitlines()
            if "=" in line
        )
        if said.get("LoadState") == "not-found":
            raise PassingError(f"There is no systemd unit {self.name}; look at `name` in [sync].")
        if "ActiveState" not in said:
            raise PassingError(f"`systemctl` does not say whether {self.name} runs.")
        return said["ActiveState"] in ("inactive", "failed", "deactivating")

    def pause(self) -> None:
        """Stop the unit."""
        self._systemctl("stop")

    def resume(self) -> None:
        """Start the unit."""
        self._systemctl("start")

    def _systemctl(self, verb: str, *options: str) -> Outcome:
        whose = ["--user"] if self.user else []
        arguments = ["systemctl", *whose, "--no-ask-password", verb, *options, "--", self.name]
        return _succeed(run_program(arguments, self.timeout_s), f"systemctl {verb} {self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsService:
    """A service as `sc` knows it; `sc` only asks, so each change is waited for."""

    name: str
    timeout_s: float

    @property
    def what(self) -> str:
        """What is paused, for a person."""
        return f"Windows service {self.name}"

    def is_paused(self) -> bool:
        """True when the service is stopped or about to be, by whomever."""
        return self._state() in (_STOPPED, _STOP_PENDING, _PAUSE_PENDING, _PAUSED)

    def pause(self) -> None:
        """Stop the service and wait until it has."""
        _succeed(run_program(["sc", "stop", self.name], self.timeout_s), f"sc stop {self.name}")
        give_up = time.monotonic() + self.timeout_s
        while self._state() != _STOPPED:
            if time.monotonic() > give_up:
                raise PassingError(f"{self.what} did not stop within {self.timeout_s:g} s.")
            time.sleep(_ASK_AGAIN_S)

    def resume(self) -> None:
        """Start the service, unless it runs."""
        outcome = run_program(["sc", "start", self.name], self.timeout_s)
        if outcome.code != _ALREADY_RUNNING:
            _succeed(outcome, f"sc start {self.name}")

    def _state(self) -> int:
        outcome = run_program(["sc", "query", self.name], self.timeout_s)
        if outcome.code == _NO_SUCH_SERVICE:
            raise PassingError(f"There is no Windows service {self.name}; look at `name` in [sync].")
        found = _WINDOWS_STATE.search(_succeed(outcome, f"sc query {self.name}").text)
        if not found:
            raise PassingError(f"`sc query {self.name}` does not say whether the service runs.")
        return int(found[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Any pair of commands; they cannot be asked, so they are taken to be ours to pause."""

    pausing: tuple[str, ...]
    resuming: tuple[str, ...]
    timeout_s: float

    @property
    def what(self) -> str:
        """What is paused, for a person."""
        return f"sync (by `{self.pausing[0]}`)"

    def is_paused(self) -> bool:
        """Nobody knows."""
        return False

    def pause(self) -> None:
        """Run the one."""
        _succeed(run_program(self.pausing, self.timeout_s), self.pausing[0])

    def resume(self) -> None:
        """Run the other."""
        _succeed(run_program(self.resuming, self.timeout_s), self.resuming[0])


def _succeed(outcome: Outcome, name: str) -> Outcome:
    if outcome.code != 0:
        raise PassingError(f"`{name}` failed: {outcome.last_line}.")
    return outcome
