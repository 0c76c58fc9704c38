"""What library.toml says of the backup: where it goes, what is kept, and how much of the line it may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pipeline.model.backup import Kept
from pipeline.model.bounds import Above, Between, Name

Class = Literal[
    "",
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindPolicy:
    """How one kind of file is kept."""

    keep: bool = True
    """False: it is not kept."""
    storage_class: Class = ""
    """The class it is sent with. Empty: the cheapest that suits it at Amazon, STANDARD elsewhere."""
    when: Literal["stored", "accepted"] = "stored"
    """Of lights: from the day they are stored, or only those you accepted."""
    retention_days: Annotated[float, Between(0, 36500)] = 30.0
    """How long a pack stays in the bucket after all of its frames were purged; then `doit backup-prune` may take it."""
    bucket: Name | None = None
    """Absent: that of [backup]."""
    prefix: Name | None = None
    """Likewise."""
    region: Name | None = None
    """Likewise."""
    endpoint_url: Name | None = None
    """Likewise."""


def _optional() -> KindPolicy:
    return KindPolicy(keep=False)


@dataclass(frozen=True, slots=True)
class Place:
    """One place in one bucket of one service."""

    bucket: str
    prefix: str
    region: str
    endpoint_url: str

    @property
    def text(self) -> str:
        """What tells it from every other place."""
        return f"{self.endpoint_url or 's3:/'}/{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """The library in a bucket of any S3: off until `enabled = true`. Credentials are boto3's affair, never ours."""

    enabled: bool = False
    """True: each `doit` sends what is not kept yet."""
    bucket: Name | None = None
    """The bucket; it must be there already."""
    prefix: Name = "nightbuild"
    """Everything of ours lies below it."""
    region: Name | None = None
    """The bucket's region, such as `eu-central-1`; absent: what AWS_REGION or your profile says."""
    endpoint_url: Name | None = None
    """The service's address where it is not Amazon: Ceph, MinIO, Backblaze, Wasabi."""
    pack_mb: Annotated[int, Between(8, 4096)] = 512
    """Files are sent together in packs of about so much."""
    concurrency: Annotated[int, Between(1, 64)] = 4
    """Parts sent at the same time."""
    max_mb_s: Annotated[float, Above(0)] | None = None
    """The most megabytes a second that are sent; absent: as fast as it goes."""
    purge_needs: bool = False
    """True: `doit purge` gives nothing up that is not in the bucket."""
    lights: KindPolicy = field(default_factory=KindPolicy)
    """Every light."""
    masters: KindPolicy = field(default_factory=KindPolicy)
    """The master libraries."""
    records: KindPolicy = field(default_factory=KindPolicy)
    """Ledger, decisions, rig files, notes, witness files, the state of doit."""
    raw_calibration: KindPolicy = field(default_factory=_optional)
    """Bias, darks, flats and flat-darks as they were taken."""
    rejects: KindPolicy = field(default_factory=_optional)
    """Culled and rejected lights, where only accepted lights are kept otherwise."""
    calibrated: KindPolicy = field(default_factory=_optional)
    """Calibrated lights: they can be made again."""
    own: KindPolicy = field(default_factory=_optional)
    """Your own folders, 30_Master to 70_Abandon."""

    def of(self, kind: Kept) -> KindPolicy:
        """The policy of a kind."""
        found: KindPolicy = getattr(self, kind.value)
        return found

    def place(self, kind: Kept) -> Place:
        """Where files of this kind go."""
        own = self.of(kind)
        return Place(
            own.bucket or self.bucket or "",
            (own.prefix or self.prefix).strip("/"),
            own.region or self.region or "",
            own.endpoint_url or self.endpoint_url or "",
        )

    def class_of(self, kind: Kept) -> str:
        """The class that files of this kind are sent with."""
        told = self.of(kind).storage_class
        if told or self.place(kind).endpoint_url or kind in {Kept.RECORDS, Kept.MASTERS}:
            return told or "STANDARD"
        return "DEEP_ARCHIVE"

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place that something is kept in, each once."""
        return tuple(dict.fromkeys(self.place(kind) for kind in Kept if self.of(kind).keep))
