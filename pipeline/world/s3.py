"""A place in a bucket of any S3: listed, asked, read and written; what goes wrong is said in our own words.

    open_bucket(place, library) ─▶ Bucket ─▶ keys, head, read, stream, put

Credentials are found by boto3's own chain, and are neither kept nor written anywhere. Requests that are throttled or
cut are tried again by botocore, longer and longer apart.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from pipeline.model.backup_policies import Place
from pipeline.model.errors import UserError
from pipeline.rules.backup_keys import root_of
from pipeline.world.s3_body import as_text
from pipeline.world.s3_troubles import TROUBLES, code_of, said

_TRIES = 6
_CONNECT_S, _READ_S = 10, 60
_made = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a bucket says of an object without sending it."""

    key: str
    size: int
    etag: str
    storage_class: str
    sha256: str
    """As we wrote it beside the object; empty: we did not."""
    restore: str = ""
    """Of an archived object: how far its restore is, in the service's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """One library's place in a bucket. Keys are relative to it."""

    client: Any
    place: Place
    root: str

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """What boto3 raises inside comes out as one of our errors."""
        try:
            yield
        except TROUBLES as error:
            raise said(error, self.place) from error

    def named(self, key: str) -> dict[str, str]:
        """Bucket and full key, as boto3 wants them."""
        return {"Bucket": self.place.bucket, "Key": self.root + key}

    def sizes(self, below: str) -> dict[str, int]:
        """Every key below one, and its object's size."""
        found: dict[str, int] = {}
        with self.speaking():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.place.bucket, Prefix=self.root + below
            )
            for page in pages:
                for one in page.get("Contents", ()):
                    found[one["Key"].removeprefix(self.root)] = one["Size"]
        return found

    def keys(self, below: str) -> list[str]:
        """Every key below one, in order."""
        return sorted(self.sizes(below))

    def head(self, key: str) -> Head | None:
        """What is said of an object; None where there is none."""
        with self.speaking():
            try:
                found = self.client.head_object(**self.named(key))
            except TROUBLES as error:
                if code_of(error) in {"404", "NoSuchKey"}:
                    return None
                raise
        return Head(
            key=key,
            size=found["ContentLength"],
            etag=found["ETag"].strip('"'),
            storage_class=found.get("StorageClass", "STANDARD"),
            sha256=found.get("Metadata", {}).get("sha256", ""),
            restore=found.get("Restore", ""),
        )

    def read(self, key: str, first: int = 0, last: int | None = None) -> bytes:
        """The bytes of an object, or those from `first` to `last`, both included."""
        with self.speaking():
            ranged = (
                {"Range": f"bytes={first}-{'' if last is None else last}"}
                if first or last is not None
                else {}
            )
            return cast(bytes, self.client.get_object(**self.named(key), **ranged)["Body"].read())

    def read_ours(self, key: str) -> bytes | None:
        """The bytes of a small object; None where they are not those we put there: their SHA-256 lies beside it."""
        with self.speaking():
            found = self.client.get_object(**self.named(key))
            data = cast(bytes, found["Body"].read())
        return data if found.get("Metadata", {}).get("sha256") == hashlib.sha256(data).hexdigest() else None

    @contextmanager
    def stream(self, key: str, first: int = 0) -> Iterator[BinaryIO]:
        """An object to be read piece by piece."""
        with self.speaking():
            ranged = {"Range": f"bytes={first}-"} if first else {}
            body = self.client.get_object(**self.named(key), **ranged)["Body"]
            try:
                yield cast(BinaryIO, body)
            finally:
                body.close()

    def put(self, key: str, data: bytes, *, storage_class: str = "STANDARD") -> None:
        """Write a small object: with its MD5, which every service holds against what came, and its SHA-256."""
        with self.speaking():
            self.client.put_object(
                **self.named(key),
                Body=data,
                ContentMD5=as_text(hashlib.md5(data, usedforsecurity=False).digest()),
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=as_text(hashlib.sha256(data).digest()),
                Metadata={"sha256": hashlib.sha256(data).hexdigest()},
                **class_argument(storage_class),
            )

    def delete(self, key: str) -> None:
        """Take an object away."""
        with self.speaking():
            self.client.delete_object(**self.named(key))


def open_bucket(place: Place, library: str, *, connections: int = 10) -> Bucket:
    """The place of a library in a bucket; nothing is asked of the service yet.

    Args:
        place: Where, as library.toml has it.
        library: The library's id.
        connections: How many requests are made at the same time.
    """
    if not place.bucket:
        raise UserError('No bucket is named: write bucket = "..." into [backup] of library.toml.')
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": _TRIES},
        connect_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        max_pool_connections=max(connections, 10),
        s3={"addressing_style": "path"} if place.endpoint_url else {},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _made:  # sessions are not to be made by two threads at once
        try:
            client = boto3.session.Session().client(
                "s3",
                region_name=place.region or ("us-east-1" if place.endpoint_url else None),
                endpoint_url=place.endpoint_url or None,
                config=config,
            )
        except (*TROUBLES, ValueError) as error:
            raise said(error, place) from error
    _sign_by_md5(client)
    return Bucket(client=client, place=place, root=root_of(place.prefix, library))


def _sign_by_md5(client: Any) -> None:  # noqa: ANN401 - boto3 has no types
    """A body whose MD5 is among the signed headers is not hashed once more for the signature."""
    from botocore.config import Config

    own = client.meta.config
    bare = own.merge(Config(s3={**(own.s3 or {}), "payload_signing_enabled": False}))

    def leave_out(params: dict[str, Any], **_more: object) -> None:
        if "Content-MD5" in params["headers"]:
            params["context"]["client_config"] = bare

    for operation in ("PutObject", "UploadPart"):
        client.meta.events.register(f"before-call.s3.{operation}", leave_out)


def class_argument(storage_class: str) -> dict[str, str]:
    """How a class is told; STANDARD is what every service has without being told."""
    return {} if storage_class == "STANDARD" else {"StorageClass": storage_class}
