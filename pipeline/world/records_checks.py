"""The snapshots of the records looked at: there, of the bytes that were sent, fit to be restored from.

quick: the latest     full: every one; an older one cannot be sent again, but restoring takes the latest that is whole
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pipeline.rules.backup_keys import RECORDS, records_of
from pipeline.world.restored_records import NOT_WHOLE, read_snapshot
from pipeline.world.s3 import Bucket
from pipeline.world.s3_troubles import TROUBLES, code_of, said


@dataclass(frozen=True, slots=True)
class CheckedRecords:
    """What came of looking at one snapshot."""

    key: str
    wrong: str = ""
    """Half a sentence; empty where nothing is."""
    later: str = ""
    """Why it could not be looked at."""
    is_latest: bool = False


def check_records(bucket: Bucket, sent: str, *, is_full: bool) -> list[CheckedRecords]:
    """Look at the latest snapshot, or at all of them.

    Args:
        bucket: Where they lie.
        sent: The one that was sent last from here; empty where that is not known.
        is_full: True: all of them.
    """
    keys = sorted(key for key in bucket.keys(f"{RECORDS}/") if records_of(key))
    found = []
    if sent and sent not in keys:
        is_latest = not keys or keys[-1] < sent
        found.append(CheckedRecords(sent, wrong="is not in the bucket any more", is_latest=is_latest))
    for key in keys if is_full else keys[-1:]:
        found.append(_checked(bucket, key, is_latest=key == keys[-1]))
    return found


def _checked(bucket: Bucket, key: str, *, is_latest: bool) -> CheckedRecords:
    head = bucket.head(key)
    try:
        data = bucket.client.get_object(**bucket.named(key))["Body"].read()
    except TROUBLES as error:
        if code_of(error) == "InvalidObjectState":
            return CheckedRecords(key, later="is archived: it can be read back only after a restore")
        raise said(error, bucket.place) from error
    if head is None or head.sha256 != hashlib.sha256(data).hexdigest():
        return CheckedRecords(key, wrong="is another object than the one that was sent", is_latest=is_latest)
    try:
        read_snapshot(key, data)
    except NOT_WHOLE:
        return CheckedRecords(key, wrong="cannot be unpacked", is_latest=is_latest)
    return CheckedRecords(key, is_latest=is_latest)
