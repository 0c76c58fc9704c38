"""A staged file sent: in one request, or in parts that a later run need not send again.

    file ─▶ parts (MD5 and SHA-256 of each) ─side by side─▶ bucket ─▶ complete      killed? ─▶ list_parts: only the rest

A part that the bucket has under the same MD5 and size is not sent again. Of an upload begun twice the one that came
further is gone on with; the bucket's rules clear up the others.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.model.errors import PassingError
from pipeline.rules.backup_costs import PART_BYTES
from pipeline.world.s3 import Bucket, class_argument
from pipeline.world.s3_body import Stopped, Stretch, as_text
from pipeline.world.s3_troubles import TROUBLES, code_of, may_pass

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
    stop: threading.Event = field(default_factory=threading.Event)
    """Set: what is on its way is let go."""

    def look(self) -> None:
        """Raises Stopped once nothing more is to be sent."""
        if self.stop.is_set():
            raise Stopped

    def checksums(self, sha256: Callable[[], hashlib._Hash]) -> dict[str, str]:
        """What goes with a part besides its MD5."""
        if not self.keeps_sha256.is_set():
            return {}
        return {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": as_text(sha256().digest())}


class Throttle:
    """Holds senders back so that all together send no more than so much a second."""

    def __init__(self, max_mb_s: float | None) -> None:
        self._s_per_byte = 0.0 if max_mb_s is None else 1 / (max_mb_s * 1e6)
        self._free_at = 0.0
        self._guard = threading.Lock()

    def wait_for(self, size: int, stop: threading.Event | None = None) -> None:
        """Returns once these bytes may be sent, or `stop` is set."""
        with self._guard:
            now = time.monotonic()
            begin = max(now, self._free_at)
            self._free_at = begin + size * self._s_per_byte
        if begin > now:
            (stop or threading.Event()).wait(begin - now)


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came of sending a file."""

    sent: int
    """Bytes that had to be sent."""
    etag: str
    """What the service calls the object."""


def upload(
    bucket: Bucket, key: str, path: Path, line: Line, metadata: dict[str, str], storage_class: str
) -> Arrived:
    """Send a file, in one request or in parts."""
    size = path.stat().st_size
    with bucket.speaking():
        if size > PART_BYTES:
            return _in_parts(bucket, key, path, size, line, metadata, storage_class)
        told = {**bucket.named(key), "Metadata": metadata, **class_argument(storage_class)}
        with Stretch(path, 0, size, line.look) as body:
            made = _carry(line, body, body.md5(), partial(bucket.client.put_object, **told))
        return Arrived(size, _etag(bucket, key, made))


def _in_parts(
    bucket: Bucket, key: str, path: Path, size: int, line: Line, metadata: dict[str, str], storage_class: str
) -> Arrived:
    parts = _cut(size)
    upload_id, there = _patiently(lambda: _begun(bucket, key, parts))
    if not upload_id:
        told = {**bucket.named(key), "Metadata": metadata, **class_argument(storage_class)}
        begun = _patiently(lambda: bucket.client.create_multipart_upload(**told, ChecksumAlgorithm="SHA256"))
        upload_id = begun["UploadId"]
    try:
        whole, sent = _send_all(bucket, key, upload_id, path, parts, there, line)
        made = _patiently(
            lambda: bucket.client.complete_multipart_upload(
                **bucket.named(key), UploadId=upload_id, MultipartUpload={"Parts": whole}
            )
        )
    except TROUBLES as error:
        found = bucket.head(key) if code_of(error) == "NoSuchUpload" else None
        if found is None or found.size != size:
            raise
        return Arrived(0, found.etag)  # another computer sent the very same pack, and was quicker
    return Arrived(sent, _etag(bucket, key, made))


def _etag(bucket: Bucket, key: str, made: dict[str, Any]) -> str:
    """What the object is called; Ceph does not say it of an object that came in parts, and is asked."""
    found = str(made.get("ETag", "")).strip('"')
    head = None if found else bucket.head(key)
    return head.etag if head is not None else found


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
    with Stretch(path, part.at, part.size, line.look) as body:
        md5 = body.md5()
        if there is not None and there["ETag"].strip('"') == md5.hexdigest():
            line.told(part.size)
            return _receipt(part, there), 0
        told = {**bucket.named(key), "UploadId": upload_id, "PartNumber": part.number}
        made = _carry(line, body, md5, partial(bucket.client.upload_part, **told))
    return _receipt(part, made), part.size


def _carry(line: Line, body: Stretch, md5: hashlib._Hash, send: Callable[..., Any]) -> dict[str, Any]:
    """One request with a body, as often as it takes."""
    told = {"ContentMD5": as_text(md5.digest()), **line.checksums(body.sha256)}
    line.throttle.wait_for(len(body), line.stop)

    def once() -> Any:  # noqa: ANN401 - boto3 says what it gives
        body.seek(0)
        return send(Body=body, **told)

    made: dict[str, Any] = _patiently(once)
    if "ChecksumSHA256" not in made:
        line.keeps_sha256.clear()
    line.told(len(body))
    return made


def _receipt(part: _Part, made: dict[str, Any]) -> dict[str, Any]:
    """What completing wants of a part; the SHA-256 only where the service keeps such."""
    kept = made.get("ChecksumSHA256")
    return {"PartNumber": part.number, "ETag": made["ETag"], **({"ChecksumSHA256": kept} if kept else {})}


def _patiently(send: Callable[[], Any]) -> Any:  # noqa: ANN401 - boto3 says what it gives
    """What `send` gives; a line that stays cut is waited for, longer each time."""
    for pause_s in (*_PAUSES_S, None):
        try:
            return send()
        except TROUBLES as error:
            if pause_s is None or not may_pass(error):
                raise
            time.sleep(pause_s)
    raise AssertionError("the last round returns or raises")
