"""One folder of a real Syncthing on loopback is paused and resumed; nothing of it leaves this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pipeline.model.errors import PassingError
from pipeline.model.services import SyncKind, SyncSettings
from pipeline.world.pause_notes import note_in
from pipeline.world.services import pause, resume
from pipeline.world.syncthing import SyncthingFolder, read_api_key

needs_syncthing = pytest.mark.skipif(
    shutil.which("syncthing") is None, reason="syncthing is not installed (Debian: apt-get install syncthing)"
)

# Nobody is announced to, relayed by, mapped through, upgraded from or reported to.
QUIET = {
    "globalAnnounceEnabled": "false",
    "localAnnounceEnabled": "false",
    "relaysEnabled": "false",
    "natEnabled": "false",
    "startBrowser": "false",
    "crashReportingEnabled": "false",
    "autoUpgradeIntervalH": "0",
    "urAccepted": "-1",
    "urURL": "",
    "releasesURL": "",
    "crashReportingURL": "",
    "stunServer": "",
    "stunKeepaliveStartS": "0",
}


@dataclass(frozen=True)
class Running:
    folder: SyncthingFolder
    path: Path
    config: Path

    def scan(self) -> int:
        """Ask for a scan, as Syncthing's own page does: the status of the answer."""
        request = urllib.request.Request(
            f"{self.folder.url}/rest/db/scan?folder=raw",
            method="POST",
            headers={"X-API-Key": read_api_key(self.config)},
        )
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                request, timeout=10
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_config(home: Path, folder: Path, port: int, *, tls: bool) -> Path:
    subprocess.run(
        ["syncthing", "generate", "--home", home, "--no-default-folder"], check=True, capture_output=True
    )
    config = home / "config.xml"
    text = config.read_text()
    for key, value in QUIET.items():
        text = re.sub(f"<{key}>[^<]*</{key}>", f"<{key}>{value}</{key}>", text)
    text = text.replace("<listenAddress>default", f"<listenAddress>tcp://127.0.0.1:{free_port()}")
    text = re.sub(r"<address>127\.0\.0\.1:\d+</address>", f"<address>127.0.0.1:{port}</address>", text)
    text = text.replace('tls="false"', f'tls="{str(tls).lower()}"')
    element = (
        f'<folder id="raw" label="Raw" path="{folder}" type="sendreceive" fsWatcherEnabled="false"></folder>'
    )
    config.write_text(text.replace("<gui ", element + "<gui ", 1))
    return config


def start(home: Path, *, tls: bool) -> Iterator[Running]:
    port, path = free_port(), home / "raw"
    path.mkdir(parents=True)
    (path / ".stfolder").mkdir()
    config = write_config(home, path, port, tls=tls)
    folder = SyncthingFolder(
        url=f"{'https' if tls else 'http'}://127.0.0.1:{port}",
        folder="raw",
        api_key_file=config,
        self_signed=tls,
        timeout_s=10.0,
    )
    process = subprocess.Popen(
        ["syncthing", "serve", "--home", home, "--no-browser", "--no-restart", "--no-default-folder"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "STNORESTART": "1", "STNOUPGRADE": "1", "HOME": str(home)},
    )
    try:
        wait_until_it_answers(folder, process)
        yield Running(folder, path, config)
    finally:
        process.terminate()
        process.wait(20)


def wait_until_it_answers(folder: SyncthingFolder, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        try:
            folder.is_paused()
        except PassingError:
            assert process.poll() is None
            time.sleep(0.1)
        else:
            return
    raise AssertionError("syncthing did not start")


@pytest.fixture(scope="module")
def syncthing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from start(tmp_path_factory.mktemp("syncthing"), tls=False)


@needs_syncthing
def test_folder_is_paused_and_goes_on(syncthing, tmp_path):
    settings = SyncSettings(
        kind=SyncKind.SYNCTHING, url=syncthing.folder.url, folder="raw", api_key_file=str(syncthing.config)
    )
    assert syncthing.scan() == 200

    paused = pause(settings, note_in(tmp_path))

    assert paused is not None
    assert paused.what == "Syncthing folder raw"
    assert syncthing.folder.is_paused()
    assert syncthing.scan() >= 400, "a paused folder is not looked at"
    assert read_api_key(syncthing.config) not in note_in(tmp_path).read_text()
    assert resume(paused)
    assert not syncthing.folder.is_paused()
    assert syncthing.scan() == 200
    assert not note_in(tmp_path).exists()


@needs_syncthing
def test_folder_a_person_has_paused_stays_paused(syncthing, tmp_path):
    settings = SyncSettings(
        kind=SyncKind.SYNCTHING, url=syncthing.folder.url, folder="raw", api_key_file=str(syncthing.config)
    )
    syncthing.folder.pause()
    try:
        assert pause(settings, note_in(tmp_path)) is None
        assert syncthing.folder.is_paused()
        assert not note_in(tmp_path).exists()
    finally:
        syncthing.folder.resume()


@needs_syncthing
def test_pausing_twice_and_resuming_twice_does_no_harm(syncthing):
    for action, paused in [("pause", True), ("pause", True), ("resume", False), ("resume", False)]:
        getattr(syncthing.folder, action)()
        assert syncthing.folder.is_paused() is paused


@needs_syncthing
@pytest.mark.parametrize("name", ["nowhere", "a b?c#d", "%2e%2e"])
def test_folder_that_is_not_there_is_named(syncthing, name):
    with pytest.raises(PassingError, match="knows no folder of id"):
        replace(syncthing.folder, folder=name).is_paused()


@needs_syncthing
@pytest.mark.parametrize("name", ["../../options", "raw/../x", ".."])
def test_folder_id_that_climbs_is_not_followed(syncthing, name):
    with pytest.raises(PassingError, match="Syncthing at"):
        replace(syncthing.folder, folder=name).is_paused()


@needs_syncthing
def test_wrong_key_is_told_without_telling_the_key(syncthing, tmp_path):
    key_file = tmp_path / "key"
    key_file.write_text("not-the-right-key\n")
    with pytest.raises(PassingError, match="does not take the API key in") as caught:
        replace(syncthing.folder, api_key_file=key_file).is_paused()
    assert "not-the-right-key" not in str(caught.value)


@needs_syncthing
def test_key_may_stand_alone_in_a_file(syncthing, tmp_path):
    key_file = tmp_path / "key"
    key_file.write_text(f"\ufeff{read_api_key(syncthing.config)}\r\n", encoding="utf-8")
    assert not replace(syncthing.folder, api_key_file=key_file).is_paused()


@needs_syncthing
def test_certificate_syncthing_made_itself_is_taken_only_when_told(tmp_path):
    for running in start(tmp_path, tls=True):
        running.folder.pause()
        assert running.folder.is_paused()
        with pytest.raises(PassingError, match=r"does not answer.*CERTIFICATE_VERIFY_FAILED"):
            replace(running.folder, self_signed=False).is_paused()
        with pytest.raises(PassingError, match="answers from another address"):
            replace(running.folder, url=running.folder.url.replace("https", "http")).is_paused()


# -- whatever else may answer at that address --


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("secret")
    return path


def answering(key_file: Path, url: str, timeout_s: float = 2.0) -> SyncthingFolder:
    return SyncthingFolder(
        url=url, folder="raw", api_key_file=key_file, self_signed=False, timeout_s=timeout_s
    )


@dataclass
class Fake:
    url: str
    seen: list[str]


@pytest.fixture
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    """Answers every GET and PATCH with what the test says."""
    status, body, location = request.param
    seen: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.command} {self.path} {self.headers.get('X-API-Key')}")
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PATCH(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield Fake(f"http://127.0.0.1:{server.server_address[1]}", seen)
        server.shutdown()


@pytest.mark.parametrize(
    ("fake", "sentence"),
    [
        ((200, b"<html>my router</html>", ""), "is not Syncthing"),
        ((200, b"[1, 2]", ""), "is not Syncthing"),
        ((200, b"\xff\xfe", ""), "is not Syncthing"),
        ((200, b"[" * 100_000, ""), "is not Syncthing"),
        ((500, b"oh", ""), "answers with error 500"),
        ((403, b"Forbidden", ""), "does not take the API key"),
        ((302, b"", "http://127.0.0.1:9/elsewhere"), "answers from another address"),
    ],
    indirect=["fake"],
)
def test_answer_of_something_else_is_a_sentence(fake, key_file, sentence):
    with pytest.raises(PassingError, match=sentence):
        answering(key_file, fake.url).is_paused()


@pytest.mark.parametrize("fake", [(200, b'{"paused": false}', "")], indirect=True)
def test_syncthing_that_says_yes_and_does_not_pause_is_not_believed(fake, key_file):
    with pytest.raises(PassingError, match="is not paused, though Syncthing said yes"):
        answering(key_file, fake.url).pause()


@pytest.mark.parametrize("fake", [(200, b'{"paused": true}', "")], indirect=True)
def test_key_goes_to_that_address_and_to_no_proxy(fake, key_file, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert answering(key_file, fake.url + "/").is_paused()
    assert fake.seen == ["GET /rest/config/folders/raw secret"]


def test_nobody_there_is_a_sentence(key_file):
    with pytest.raises(PassingError, match=r"Syncthing at http://127\.0\.0\.1:\d+ does not answer"):
        answering(key_file, f"http://127.0.0.1:{free_port()}").is_paused()


def test_somebody_who_never_answers_is_waited_for_in_vain_only_so_long(key_file):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        began = time.monotonic()
        with pytest.raises(PassingError, match="does not answer"):
            answering(key_file, f"http://127.0.0.1:{listening.getsockname()[1]}", 0.3).is_paused()
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8384", "file:///etc/passwd", "ftp://127.0.0.1/", "http://[::1", "http:"]
)
def test_address_that_is_none_is_a_sentence(key_file, url):
    with pytest.raises(PassingError):
        answering(key_file, url).is_paused()


@pytest.mark.parametrize(
    "text", ["", "two words", "<configuration></configuration>", "key\r\nHost: evil", "\0" * 9]
)
def test_file_without_a_key_is_named(tmp_path, text):
    (tmp_path / "key").write_text(text)
    with pytest.raises(PassingError, match="holds no API key"):
        read_api_key(tmp_path / "key")


def test_key_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PassingError, match=r"absent: the API key of Syncthing cannot be read: No such file"):
        read_api_key(tmp_path / "absent")


def test_what_goes_over_the_wire_is_one_value(key_file, monkeypatch):
    sent: list[bytes | None] = []

    def ask(self: SyncthingFolder, method: str, said: dict[str, object] | None = None) -> dict[str, object]:
        sent.append(None if said is None else json.dumps(said).encode())
        return {"paused": True}

    monkeypatch.setattr(SyncthingFolder, "_ask", ask)
    answering(key_file, "http://127.0.0.1:1").pause()
    assert sent == [b'{"paused": true}', None]
