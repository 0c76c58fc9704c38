"""Who carries frames to an S3 server and back in `tests.bench.backup`: ours, `aws s3 cp` and `rclone copy`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

CONCURRENCY = 4
HOME = "C8E@f10.0+ZWO ASI2600MM Pro/DATE_2026-01-14"


def send_ours(root: Path, url: str, bucket: str) -> None:
    """As `doit backup` sends a night: packed, proven, sent, and its receipt written."""
    from pipeline.world.backing_up import carrier, send_home
    from pipeline.world.library import open_library

    library, items = open_library(root), _items(root)
    with carrier(library, _settings(url, bucket)) as using:
        sent = send_home(using, HOME, items, lambda _done, _of: None)
    if sent.files != len(items):
        raise SystemExit(f"not all was sent: {sent}")


def fetch_ours(root: Path, url: str, bucket: str) -> None:
    """As `doit backup-restore` brings files back: unpacked, each proven, synced and placed."""
    from pipeline.model.backup import Kept
    from pipeline.rules.backup_restoring import choose_everything
    from pipeline.world.backing_up import bucket_of
    from pipeline.world.library import open_library
    from pipeline.world.receipts import read_receipt
    from pipeline.world.restoring import Fate, Home, bring_back

    library = open_library(root)
    there = bucket_of(library, _settings(url, bucket), Kept.LIGHTS)
    wanted = choose_everything(read_receipt(root, HOME).packs).wanted
    home = Home(root=root / "back", told=lambda _size: None)
    done = bring_back(lambda _copy: there, wanted, home, CONCURRENCY)
    if len(done.of(Fate.BROUGHT)) != len(wanted):
        raise SystemExit(f"not all came back: {done}")


def _items(root: Path) -> list[Any]:
    from pipeline.model.backup import Item, Kept

    told = json.loads((root / "recorded.json").read_text())
    return [
        Item(path=path, at=path, size=size, mtime_ns=mtime_ns, sha256=sha256, kind=Kept.LIGHTS)
        for path, (size, mtime_ns, sha256) in told.items()
    ]


def _settings(url: str, bucket: str) -> Any:
    from pipeline.model.backup_policies import Backup

    return Backup(enabled=True, bucket=bucket, endpoint_url=url, concurrency=CONCURRENCY)


def send_aws(root: Path, url: str, bucket: str) -> None:
    """`aws s3 cp`, as it comes."""
    _aws(root, url, str(root / "frames"), f"s3://{bucket}/")


def fetch_aws(root: Path, url: str, bucket: str) -> None:
    """And back."""
    _aws(root, url, f"s3://{bucket}/", str(root / "back"))


def _aws(root: Path, url: str, *words: str) -> None:
    settings = root / "aws.conf"
    settings.write_text(f"[default]\nregion = us-east-1\ns3 =\n    max_concurrent_requests = {CONCURRENCY}\n")
    told = ["aws", "--endpoint-url", url, "s3", "cp", "--recursive", "--only-show-errors", *words]
    _run(told, {"AWS_CONFIG_FILE": str(settings)})


def send_rclone(root: Path, url: str, bucket: str) -> None:
    """`rclone copy`, as it comes."""
    _rclone(url, str(root / "frames"), f":s3:{bucket}")


def fetch_rclone(root: Path, url: str, bucket: str) -> None:
    """And back."""
    _rclone(url, f":s3:{bucket}", str(root / "back"))


def _rclone(url: str, *words: str) -> None:
    told = ["rclone", "copy", "--transfers", str(CONCURRENCY), "--config", os.devnull, *words]
    _run(told, {"RCLONE_S3_PROVIDER": "Ceph", "RCLONE_S3_ENDPOINT": url, "RCLONE_S3_ENV_AUTH": "true"})


def _run(words: list[str], environment: dict[str, str]) -> None:
    own = {
        name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"
    }  # rclone stumbles on it
    done = subprocess.run(words, env={**own, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{words[0]} failed: {done.stderr[-500:]}")


Leg = Callable[[Path, str, str], None]
CONTENDERS: dict[str, tuple[Leg, Leg]] = {
    "ours": (send_ours, fetch_ours),
    "aws": (send_aws, fetch_aws),
    "rclone": (send_rclone, fetch_rclone),
}
INSTALL = {"aws": "pip install awscli", "rclone": "apt-get install rclone"}
