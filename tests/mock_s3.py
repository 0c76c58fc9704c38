"""A mock of S3 (moto's server) for what no real server here does: archived objects that have to be asked for.

It accepts any key and any checksum, so nothing about security or damage is shown by it: that is what `s3_server` is for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.s3_server import S3Server, _free_port


@dataclass(frozen=True, kw_only=True)
class MockS3(S3Server):
    """The mock, spoken to like the real server."""

    def restored(self, bucket: str, key: str) -> Any:
        """What it says of an archived object's restore."""
        return self.client().head_object(Bucket=bucket, Key=key).get("Restore", "")


@pytest.fixture(scope="session")
def mock_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockS3]:
    """The mock, for all tests of this process."""
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    program = shutil.which("moto_server", path=beside)
    if program is None:
        pytest.skip("no mock of S3 here (moto is not installed): pip install '.[test]'")
    port = _free_port()
    with (tmp_path_factory.mktemp("moto") / "out").open("wb") as out:
        process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stdout=out, stderr=out)
    try:
        found = MockS3(url=f"http://127.0.0.1:{port}")
        _wait_for(found.url, process)
        yield found
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError("the mock of S3 did not come up")
