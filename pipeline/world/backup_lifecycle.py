"""The bucket's rules read and written: ours among the others, and the others exactly as they were.

The service knows all rules of a bucket as one thing: whoever writes one writes all. So they are read again just
before, and again after, and what came out otherwise is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.model.errors import PassingError
from pipeline.rules.backup_lifecycle import Rule, merge, same_rules, without
from pipeline.world.s3 import Bucket
from pipeline.world.s3_troubles import TROUBLES, code_of

_LEAST_SIZE = "TransitionDefaultMinimumObjectSize"
_NONE_YET = frozenset({"NoSuchLifecycleConfiguration", "NoSuchLifecycle"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketRules:
    """All rules of a bucket."""

    rules: tuple[Rule, ...]
    least_size: str = ""
    """What the service says of small objects beside the rules; carried over."""


def read_rules(bucket: Bucket) -> BucketRules:
    """The rules as they are; none is an answer too."""
    with bucket.speaking():
        try:
            found = bucket.client.get_bucket_lifecycle_configuration(Bucket=bucket.place.bucket)
        except TROUBLES as error:
            if code_of(error) in _NONE_YET:
                return BucketRules(rules=())
            raise
    return BucketRules(rules=tuple(found.get("Rules", ())), least_size=found.get(_LEAST_SIZE, ""))


def apply_rules(bucket: Bucket, ours: Sequence[Rule], library: str) -> bool:
    """Put our rules in place of our earlier ones; False where they stood there already."""
    before = read_rules(bucket)
    after = merge(before.rules, ours, library)
    if same_rules(after, before.rules):
        return False
    _write(bucket, after, before.least_size)
    return True


def remove_rules(bucket: Bucket, library: str) -> bool:
    """Take our rules away; False where there were none."""
    before = read_rules(bucket)
    after = without(before.rules, library)
    if len(after) == len(before.rules):
        return False
    if after:
        _write(bucket, after, before.least_size)
    else:
        with bucket.speaking():
            bucket.client.delete_bucket_lifecycle(Bucket=bucket.place.bucket)
    return True


def is_versioned(bucket: Bucket) -> bool:
    """True where the bucket keeps what is written over or deleted."""
    with bucket.speaking():
        found = bucket.client.get_bucket_versioning(Bucket=bucket.place.bucket)
    return bool(found.get("Status") == "Enabled")


def _write(bucket: Bucket, rules: Sequence[Rule], least_size: str) -> None:
    more: dict[str, Any] = {_LEAST_SIZE: least_size} if least_size else {}
    with bucket.speaking():
        bucket.client.put_bucket_lifecycle_configuration(
            Bucket=bucket.place.bucket, LifecycleConfiguration={"Rules": list(rules)}, **more
        )
    if not _took({str(rule.get("ID", "")) for rule in rules}, read_rules(bucket).rules):
        raise PassingError(
            f"{bucket.place.bucket}: its rules are not what was written (did someone else write them just now?); "
            "look with `doit backup-lifecycle`, then type the same again"
        )


def _took(wanted: set[str], found: Sequence[Rule]) -> bool:
    """By their ids: a service may spell a rule in another way than it was told."""
    return wanted == {str(rule.get("ID", "")) for rule in found}
