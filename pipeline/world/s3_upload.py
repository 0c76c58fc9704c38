"""A staged file sent: in one request, or in parts that a later run need not send again.

    file ─▶ parts (MD5 and SHA-256 of each) ─side by side─▶ bucket ─▶ complete      killed? ─▶ list_parts: only the rest

A part that the bucket has under the same MD5 and size is not sent again. Of an upload begun twice the one that came
further is gone on with; the bucket's rules clear up the others.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.model.errors import PassingError
from pipeline.rules.backup_words import PART_BYTES
from pipeline.world.s3 import Bucket, class_argument, md5_text, sha256_text
from pipeline.world.s3_troubles import TROUBLES, code_of

_MOST_PARTS = 9_000
_PAUSES_S = (0.5, 2.0, 8.0)
"""After botocore itself gave up on a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How much of the line may be taken, and who is told."""

    crew: ThreadPoolExecutor
    told: Callable[[int], None]
    """How many bytes went over the wire."""
    throttle: Throttle
    keeps_sha256: threading.Event
    """Cleared once the service was seen to let a SHA-256 go by unkept: then no more are taken."""

    def checksums(self, data: bytes) -> dict[str, str]:
        """What goes with a part besides its MD5."""
        if not self.keeps_sha256.is_set():
            return {}
        return {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": sha256_text(data)}


class Throttle:
    """Holds senders back so that all together send no more than so much a second."""

    def __init__(self, max_mb_s: float | None) -> None:
        self._s_per_byte = 0.0 if max_mb_s is None else 1 / (max_mb_s * 1e6)
        self._free_at = 0.0
        self._guard = threading.Lock()

    def wait_for(self, size: int) -> None:
        """Returns once these bytes may be sent."""
        with self._guard:
            now = time.monotonic()
            begin = max(now, self._free_at)
            self._free_at = begin + size * self._s_per_byte
        if begin > now:
            time.sleep(begin - now)


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    at: int
    size: int


def upload(
    bucket: Bucket, key: str, path: Path, line: Line, metadata: dict[str, str], storage_class: str
) -> int:
    """Send a file; returns how many bytes of it had to be sent."""
    size = path.stat().st_size
    with bucket.speaking():
        if size <= PART_BYTES:
            data = path.read_bytes()
            line.throttle.wait_for(size)
            _patiently(lambda: _put(bucket, key, data, metadata, storage_class))
            line.told(size)
            return size
        return _in_parts(bucket, key, path, size, line, metadata, storage_class)


def _put(bucket: Bucket, key: str, data: bytes, metadata: dict[str, str], storage_class: str) -> None:
    bucket.client.put_object(
        **bucket.named(key),
        Body=data,
        ContentMD5=md5_text(data),
        ChecksumAlgorithm="SHA256",
        ChecksumSHA256=sha256_text(data),
        Metadata=metadata,
        **class_argument(storage_class),
    )


def _in_parts(
    bucket: Bucket, key: str, path: Path, size: int, line: Line, metadata: dict[str, str], storage_class: str
) -> int:
    parts = _cut(size)
    upload_id, there = _begun(bucket, key, parts)
    if not upload_id:
        begun = bucket.client.create_multipart_upload(
            **bucket.named(key),
            ChecksumAlgorithm="SHA256",
            Metadata=metadata,
            **class_argument(storage_class),
        )
        upload_id = begun["UploadId"]
    try:
        whole, sent = _send_all(bucket, key, upload_id, path, parts, there, line)
        _patiently(
            lambda: bucket.client.complete_multipart_upload(
                **bucket.named(key), UploadId=upload_id, MultipartUpload={"Parts": whole}
            )
        )
    except TROUBLES as error:
        found = bucket.head(key) if code_of(error) == "NoSuchUpload" else None
        if found is None or found.size != size:
            raise
        return 0  # another computer sent the very same pack, and was quicker
    return sent


def _cut(size: int) -> list[_Part]:
    part = PART_BYTES
    while size > part * _MOST_PARTS:
        part *= 2
    return [_Part(number, at, min(part, size - at)) for number, at in enumerate(range(0, size, part), 1)]


def _begun(bucket: Bucket, key: str, parts: Sequence[_Part]) -> tuple[str, dict[int, dict[str, Any]]]:
    """The upload of this key that came furthest, and its parts by number."""
    named = bucket.named(key)
    found = bucket.client.list_multipart_uploads(Bucket=named["Bucket"], Prefix=named["Key"]).get(
        "Uploads", ()
    )
    best: tuple[str, dict[int, dict[str, Any]]] = ("", {})
    for one in found:
        if one["Key"] != named["Key"]:
            continue
        there = _parts_of(bucket, key, one["UploadId"])
        sizes = {part.number: part.size for part in parts}
        usable = all(sizes.get(number) == part["Size"] for number, part in there.items())
        if usable and (not best[0] or len(there) > len(best[1])):
            best = one["UploadId"], there
    return best


def _parts_of(bucket: Bucket, key: str, upload_id: str) -> dict[int, dict[str, Any]]:
    pages = bucket.client.get_paginator("list_parts").paginate(**bucket.named(key), UploadId=upload_id)
    try:
        return {part["PartNumber"]: part for page in pages for part in page.get("Parts", ())}
    except TROUBLES as error:
        if code_of(error) == "NoSuchUpload":
            return {}
        raise


def _send_all(
    bucket: Bucket,
    key: str,
    upload_id: str,
    path: Path,
    parts: Sequence[_Part],
    there: dict[int, dict[str, Any]],
    line: Line,
) -> tuple[list[dict[str, Any]], int]:
    """Every part's receipt, in order, and how many bytes had to be sent."""
    stop = threading.Event()

    def send(part: _Part) -> tuple[dict[str, Any], int]:
        if stop.is_set():
            raise PassingError("stopped")
        return _send(bucket, key, upload_id, path, part, there.get(part.number), line)

    going = [line.crew.submit(send, part) for part in parts]
    try:
        wait(going, return_when=FIRST_EXCEPTION)
    finally:
        stop.set()
        for one in going:
            one.cancel()
        wait(going)
    failed = next((error for one in going if not one.cancelled() and (error := one.exception())), None)
    if failed is not None:
        raise failed
    told = [one.result() for one in going]
    return [receipt for receipt, _ in told], sum(sent for _, sent in told)


def _send(
    bucket: Bucket,
    key: str,
    upload_id: str,
    path: Path,
    part: _Part,
    there: dict[str, Any] | None,
    line: Line,
) -> tuple[dict[str, Any], int]:
    data = _read(path, part)
    if there is not None and there["ETag"].strip('"') == hashlib.md5(data, usedforsecurity=False).hexdigest():
        line.told(part.size)
        return _receipt(part, there), 0
    line.throttle.wait_for(part.size)
    made = _patiently(
        lambda: bucket.client.upload_part(
            **bucket.named(key),
            UploadId=upload_id,
            PartNumber=part.number,
            Body=data,
            ContentMD5=md5_text(data),
            **(line.checksums(data)),
        )
    )
    if "ChecksumSHA256" not in made:
        line.keeps_sha256.clear()
    line.told(part.size)
    return _receipt(part, made), part.size


def _receipt(part: _Part, made: dict[str, Any]) -> dict[str, Any]:
    """What completing wants of a part; the SHA-256 only where the service keeps such."""
    kept = made.get("ChecksumSHA256")
    return {"PartNumber": part.number, "ETag": made["ETag"], **({"ChecksumSHA256": kept} if kept else {})}


def _read(path: Path, part: _Part) -> bytes:
    with path.open("rb") as file:
        file.seek(part.at, os.SEEK_SET)
        return file.read(part.size)


def _patiently(send: Callable[[], Any]) -> Any:  # noqa: ANN401 - boto3 says what it gives
    """What `send` gives; a line that stays cut is waited for, longer each time."""
    for pause_s in (*_PAUSES_S, None):
        try:
            return send()
        except TROUBLES as error:
            if pause_s is None or not _may_pass(error):
                raise
            time.sleep(pause_s)
    raise AssertionError("the last round returns or raises")


def _may_pass(error: Exception) -> bool:
    code = code_of(error)
    if code:
        return code in {
            "SlowDown",
            "InternalError",
            "ServiceUnavailable",
            "RequestTimeout",
            "BadDigest",
            "503",
        }
    from botocore.exceptions import ConnectionError as NoConnection
    from botocore.exceptions import HTTPClientError

    return isinstance(error, HTTPClientError | NoConnection | ConnectionError | TimeoutError)
