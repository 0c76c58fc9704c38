"""What the demo wants to shoot: a mosaic in two filters, a nebula in two, and one target nobody has begun.

So that its pages show what is missing until which project is done. Kept as `doit plan-import` would keep it.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.model.plans import PLAN, Wish
from pipeline.model.records import About
from pipeline.rules.decisions import decision_file
from pipeline.rules.plan_imports import line_of
from pipeline.world import decisions as decided
from pipeline.world.demo_rigs import IC1805, M31_1, M31_2, DemoTarget

_NAME = "demo"


def write_demo_plan(root: Path) -> None:
    """Decide what is wanted, once."""
    if (root / decision_file(None, None, PLAN)).exists():
        return
    values = {"format": "mosaic", "lines": [line_of(wish) for wish in _wishes()]}
    decided.decide(root, PLAN, About.LIBRARY, _NAME, values=values, who="demo", why="so that there is a plan")


def _wishes() -> list[Wish]:
    mosaic = [
        _wish(target, name, count, 300.0, panel=panel)
        for panel, target in (("1", M31_1), ("2", M31_2))
        for name, count in (("L", 18), ("R", 8))
    ]
    nebula = [_wish(IC1805, name, 20, 180.0) for name in ("H", "O")]
    later = [Wish(target="NGC 7000", filter="H", desired=40, exposure_s=180.0)]
    return [*mosaic, *nebula, *later]


def _wish(target: DemoTarget, name: str, count: int, exposure_s: float, *, panel: str = "") -> Wish:
    return Wish(
        target=target.name.partition(" Panel")[0],
        panel=panel,
        filter=name,
        desired=count,
        exposure_s=exposure_s,
        is_mosaic=bool(panel),
        ra_deg=target.ra_deg,
        dec_deg=target.dec_deg,
    )
