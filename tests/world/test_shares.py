"""A file on another computer is known by its mount, its drive, or its name."""

from __future__ import annotations

import pytest

from pipeline.world.shares import file_system_of, is_unc, mounts_in

MOUNTS = r"""/dev/sda1 / ext4 rw 0 0
//nas/astro /mnt/nas cifs rw 0 0
nas:/x /mnt/two\040words nfs4 rw 0 0
/dev/sdb1 /mnt/nas/local ext4 rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/x.sqlite", "ext4"),
        ("/mnt/nas/x.sqlite", "cifs"),
        ("/mnt/nasty/x.sqlite", "ext4"),
        ("/mnt/two words/x", "nfs4"),
        ("/mnt/nas/local/x", "ext4"),
    ],
)
def test_the_deepest_mount_tells(path: str, kind: str) -> None:
    assert file_system_of(path, mounts_in(MOUNTS)) == kind


def test_a_unc_path_is_another_computers() -> None:
    assert is_unc(r"\\pc\share\schedulerdb.sqlite")
    assert is_unc("//pc/share/schedulerdb.sqlite")
    assert not is_unc(r"C:\Users\me\schedulerdb.sqlite")
    assert not is_unc(r"\\.\PhysicalDrive0\x")
