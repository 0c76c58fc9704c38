"""What a name of the sky speaks of, where its catalogue says so."""

from __future__ import annotations

import pytest

from pipeline.rules.catalogues import normal_form
from pipeline.rules.object_types import object_type


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("M 31", "galaxy"),
        ("Messier 42", "emission nebula"),
        ("M57 Ring", "planetary nebula"),
        ("m45", "open cluster"),
        ("Sh2 132 Lion", "emission nebula"),
        ("Barnard 33", "dark nebula"),
        ("vdB 152", "reflection nebula"),
        ("PK 164+31.1", "planetary nebula"),
        ("C/2023 A3", "comet"),
        ("67P", "comet"),
        ("Caldwell 49", None),
        ("NGC 7000", None),
        ("M81 + M82", None),
        ("Markarian's Chain", None),
        ("Tonight", None),
    ],
)
def test_the_catalogue_says_what_it_lists_and_nothing_is_guessed(name: str, kind: str | None) -> None:
    assert object_type(normal_form(name)) == kind


def test_all_of_messiers_are_something() -> None:
    assert {object_type(f"M{number}") for number in range(1, 111)} >= {"galaxy", "globular cluster"}
    assert sum(object_type(f"M{number}") == "galaxy" for number in range(1, 111)) == 40
