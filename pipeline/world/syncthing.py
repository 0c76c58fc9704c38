"""Syncthing, asked over its own REST interface to leave one folder alone.

Only the one folder is paused; the others go on. Once the answer to "pause" is there, Syncthing has let go of
the folder: it stops the folder's scanner and puller before it answers.

    GET   /rest/config/folders/<id>      paused?
    PATCH /rest/config/folders/<id>      {"paused": true}
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.model.errors import PassingError

_MOST_BYTES = 1024 * 1024
_KEY_IN_CONFIG = re.compile(r"<apikey>\s*([^<\s]+)\s*</apikey>")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncthingFolder:
    """One folder of one Syncthing."""

    url: str
    folder: str
    api_key_file: Path
    self_signed: bool
    timeout_s: float

    @property
    def what(self) -> str:
        """What is paused, for a person."""
        return f"Syncthing folder {self.folder}"

    def is_paused(self) -> bool:
        """True when the folder is paused, by whomever."""
        return bool(self._ask("GET").get("paused"))

    def pause(self) -> None:
        """Pause the folder, and look that it is."""
        self._set_paused(True)

    def resume(self) -> None:
        """Let the folder go on, and look that it does."""
        self._set_paused(False)

    def _set_paused(self, paused: bool) -> None:
        self._ask("PATCH", {"paused": paused})
        if self.is_paused() is not paused:
            raise PassingError(
                f"{self.what} is {'not ' if paused else 'still '}paused, though Syncthing said yes."
            )

    def _ask(self, method: str, said: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            with self._opener().open(self._request(method, said), timeout=self.timeout_s) as answer:
                return _parse(answer.read(_MOST_BYTES), self.url)
        except urllib.error.HTTPError as error:
            with error:
                raise PassingError(self._explain(error.code)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise PassingError(f"Syncthing at {self.url} does not answer: {reason}.") from None

    def _request(self, method: str, said: dict[str, Any] | None) -> urllib.request.Request:
        if not self.url.startswith(("http://", "https://")):
            raise PassingError(f"{self.url!r} is no address of a web page (`url` in [sync]).")
        return urllib.request.Request(
            f"{self.url.rstrip('/')}/rest/config/folders/{quote(self.folder, safe='')}",
            method=method,
            data=None if said is None else json.dumps(said).encode(),
            headers={"X-API-Key": read_api_key(self.api_key_file), "Content-Type": "application/json"},
        )

    def _explain(self, code: int) -> str:
        if code == 404:
            return f"Syncthing at {self.url} knows no folder of id {self.folder!r} (`folder` in [sync])."
        if code in (401, 403):
            return f"Syncthing at {self.url} does not take the API key in {self.api_key_file}."
        if 300 <= code < 400:
            return (
                f"Syncthing at {self.url} answers from another address (https?); write it as `url` in [sync]."
            )
        return f"Syncthing at {self.url} answers with error {code}."

    def _opener(self) -> urllib.request.OpenerDirector:
        """No proxy and no redirection: the API key goes to that address or nowhere."""
        context = ssl.create_default_context()
        if self.self_signed:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return urllib.request.build_opener(
            urllib.request.ProxyHandler({}), _StayHere(), urllib.request.HTTPSHandler(context=context)
        )


def read_api_key(path: Path) -> str:
    """The API key: a file's one word, or what Syncthing's own config.xml says."""
    try:
        with path.open("rb") as handle:
            text = handle.read(_MOST_BYTES).decode("utf-8-sig", errors="replace").strip()
    except OSError as error:
        raise PassingError(
            f"{path}: the API key of Syncthing cannot be read: {error.strerror or error}."
        ) from error
    found = _KEY_IN_CONFIG.search(text) if text.startswith("<") else re.fullmatch(r"([!-~]{1,200})", text)
    if not found:
        raise PassingError(
            f"{path}: holds no API key of Syncthing (its page shows it: Actions, Settings, GUI)."
        )
    return found[1]


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - six arguments, none of use
        return None


def _parse(body: bytes, url: str) -> dict[str, Any]:
    """The answer as an object; a PATCH is answered by nothing."""
    if not body.strip():
        return {}
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise PassingError(f"What answers at {url} is not Syncthing.")
    return answer
