"""A real S3 server for tests: Ceph's gateway on the loopback, started from Debian's packages into an empty folder.

    monitor ─▶ object store (in memory) ─▶ gateway on 127.0.0.1:<free port>

Where its packages are not installed the tests that want it are skipped, and say what to install.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph-authtool", "monmaptool")
INSTALL = "apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-mgr ceph-common"
ACCESS_KEY, SECRET_KEY = "nightbuild-test", "not-a-secret-but-long-enough"
_CLASSES = ("STANDARD_IA", "GLACIER", "DEEP_ARCHIVE")
_STORE_BYTES = 6 << 30


@dataclass(frozen=True, kw_only=True)
class S3Server:
    """A running server."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        """Its credentials, as boto3's chain finds them; and nothing of the person's own."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> Any:
        """A client beside the one under test."""
        import boto3
        from botocore.config import Config

        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=Config(
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def new_bucket(self) -> str:
        """An empty bucket of its own."""
        name = f"night-{secrets.token_hex(6)}"
        self.client().create_bucket(Bucket=name)
        return name


@dataclass(kw_only=True)
class _Ceph:
    home: Path
    port: int
    conf: Path = field(init=False)
    keyring: Path = field(init=False)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.conf, self.keyring = self.home / "ceph.conf", self.home / "keyring"

    def start(self) -> None:
        for name in ("mon", "osd", "gateway", "run"):
            (self.home / name).mkdir()
        identity, monitors = str(uuid.uuid4()), [_free_port(), _free_port()]
        self.conf.write_text(self._settings(identity, monitors))
        self._keys()
        both = f"[v2:127.0.0.1:{monitors[0]},v1:127.0.0.1:{monitors[1]}]"
        self._run(
            "monmaptool", "--create", "--clobber", "--fsid", identity, "--addv", "a", both, self.home / "map"
        )
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", self.home / "map", "--keyring", self.keyring)
        self._leave("ceph-mon", "-f", "-i", "a")
        self._store()
        self._gateway()

    def _settings(self, identity: str, monitors: list[int]) -> str:
        told = {
            "fsid": identity,
            "mon host": f"v2:127.0.0.1:{monitors[0]}/0,v1:127.0.0.1:{monitors[1]}/0",
            "mon initial members": "a",
            "public network": "127.0.0.0/8",
            "public addr": "127.0.0.1",
            "cluster addr": "127.0.0.1",
            "keyring": self.keyring,
            "run dir": self.home / "run",
            "admin socket": self.home / "run/$name.asok",
            "log file": self.home / "$name.log",
            "pid file": self.home / "$name.pid",
            "osd pool default size": 1,
            "osd pool default min size": 1,
            "osd pool default pg num": 1,
            "osd pool default pgp num": 1,
            "osd pool default pg autoscale mode": "off",
            "osd crush chooseleaf type": 0,
            "mon allow pool size one": "true",
            "mon max pg per osd": 2000,
            "mon data avail warn": 1,
            "mon data avail crit": 0,
            "mon data": self.home / "mon",
            "osd data": self.home / "osd",
            "osd objectstore": "memstore",
            "osd class dir": "/usr/lib/x86_64-linux-gnu/rados-classes",
            "memstore device bytes": _STORE_BYTES,
            "rgw data": self.home / "gateway",
            "rgw frontends": f"beast endpoint=127.0.0.1:{self.port}",
            "rgw thread pool size": 32,
            "rgw lc debug interval": 10,
            "rgw enable usage log": "false",
        }
        return "[global]\n" + "".join(f"{key} = {value}\n" for key, value in told.items())

    def _keys(self) -> None:
        everything = ("--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *")
        self._run(
            "ceph-authtool",
            self.keyring,
            "--create-keyring",
            "--gen-key",
            "-n",
            "mon.",
            "--cap",
            "mon",
            "allow *",
        )
        self._run("ceph-authtool", self.keyring, "--gen-key", "-n", "client.admin", *everything)

    def _store(self) -> None:
        name = str(uuid.uuid4())
        self._until(lambda: self._says("ceph", "-s") is not None)
        self._run("ceph", "osd", "new", name)
        made = self._says(
            "ceph", "auth", "get-or-create", "osd.0", "mon", "allow profile osd", "osd", "allow *"
        )
        gateway = self._says(
            "ceph", "auth", "get-or-create", "client.gateway", "mon", "allow rwx", "osd", "allow rwx"
        )
        with self.keyring.open("a") as file:
            file.write(f"{made or ''}\n{gateway or ''}\n")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", name)
        self._leave("ceph-osd", "-f", "-i", "0")
        self._until(lambda: "1 up" in (self._says("ceph", "osd", "stat") or ""))

    def _gateway(self) -> None:
        who = ("--uid", "tester", "--display-name", "tester")
        self._run(
            "radosgw-admin", "user", "create", *who, "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY
        )
        for name in _CLASSES:
            place = ("--placement-id", "default-placement", "--storage-class", name)
            self._run("radosgw-admin", "zonegroup", "placement", "add", "--rgw-zonegroup", "default", *place)
            pool = ("--data-pool", "default.rgw.buckets.data")
            self._run("radosgw-admin", "zone", "placement", "add", "--rgw-zone", "default", *place, *pool)
        self._leave("radosgw", "-f", "-n", "client.gateway")
        self._until(self._answers)

    def _answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5):
            return True
        return False

    def stop(self) -> None:
        for process in reversed(self.running):
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait()

    def _command(self, words: tuple[object, ...]) -> list[str]:
        name, *rest = map(str, words)
        told = [] if name in {"monmaptool", "ceph-authtool"} else ["-c", str(self.conf)]
        return [name, *told, *rest]

    def _run(self, *words: object) -> None:
        done = subprocess.run(
            self._command(words), cwd=self.home, check=False, capture_output=True, text=True, timeout=60
        )
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr[-500:]}")

    def _says(self, *words: object) -> str | None:
        with suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                self._command(words), cwd=self.home, check=False, capture_output=True, text=True, timeout=10
            )
            return done.stdout if done.returncode == 0 else None
        return None

    def _leave(self, *words: object) -> None:
        with (self.home / f"{words[0]}.out").open("wb") as out:
            self.running.append(subprocess.Popen(self._command(words), cwd=self.home, stdout=out, stderr=out))

    def _until(self, so: Callable[[], bool], within_s: float = 60) -> None:
        end = time.monotonic() + within_s
        while not so():
            gone = [str(one.args) for one in self.running if one.poll() is not None]
            if gone or time.monotonic() > end:
                raise RuntimeError(f"the S3 server did not come up: {gone or 'it took too long'}")
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The server, for all tests of this process."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"no S3 server here ({', '.join(lacking)} not installed): {INSTALL}")
    ceph = _Ceph(home=tmp_path_factory.mktemp("ceph"), port=_free_port())
    try:
        ceph.start()
        yield S3Server(url=f"http://127.0.0.1:{ceph.port}")
    finally:
        ceph.stop()
