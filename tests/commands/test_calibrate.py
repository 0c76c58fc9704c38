"""`doit calibrate` as a person types it, in a process of its own."""

from __future__ import annotations

import json

import pytest

from tests.eyes import LIMITS
from tests.libraries import executed, nights_work
from tests.looking import doit
from tests.stages.night_library import RIG
from tests.stages.test_calibrated import FLAT, PLAIN, make_served, plain


@pytest.fixture
def accepted(tmp_path):
    """An accepted set of a rig that did not ask for calibration then, and does now."""
    served = make_served(tmp_path)
    served.shoot(2.0, 2.1)
    plain(served.master(), 1000 / 65535)
    plain(served.master(FLAT, night="2026-01-14", FDARKMST="fd.fits"), 0.4)
    served.doit()
    served.accept()
    served.doit()
    served.limit(LIMITS + PLAIN)
    return served


def test_it_says_what_it_would_take_and_does_it_when_told(accepted):
    root = accepted.root
    planned = doit(root, "calibrate", "--rig", RIG, "--night", "2026-01-14", "--plan", "--json")
    assert planned.returncode == 0, planned.stderr
    (row,) = json.loads(planned.stdout)["data"] if "data" in planned.stdout else json.loads(planned.stdout)
    assert row["frames"] == 2 and row["bytes"] > 0 and row["decision"] is None
    asked = doit(root, "calibrate", "--rig", RIG, "--night", "2026-01-14", "--yes", "--why", "new")
    assert asked.returncode == 0, asked.stderr
    assert "2 lights will be calibrated" in asked.stdout and "The next `doit`" in asked.stdout
    assert "2 calibrated" in doit(root).stdout
    again = doit(root, "calibrate", "--rig", RIG)
    assert again.returncode == 0 and "every light is calibrated" in again.stdout
    undone = doit(root, "calibrate", "--rig", RIG, "--undo")
    assert "what was calibrated stays" in undone.stdout
    assert len(accepted.files(f"{RIG}/20_Data/M31/calibrated")) == 2
    assert nights_work(executed(accepted.doit())) == []
    accepted.require_rest()


def test_it_names_what_it_needs_to_be_told(accepted):
    accepted.raw_darks(1)
    accepted.doit()
    dark = doit(accepted.root, "calibrate", "--rig", "ZWO ASI2600MM Pro", "--plan")
    assert dark.returncode == 3 and "Only lights are calibrated" in dark.stderr
    said = doit(accepted.root, "calibrate")
    assert said.returncode == 3 and "Calibrate what?" in said.stderr
    help_text = doit(accepted.root, "calibrate", "--help")
    assert help_text.returncode == 0 and "--plan" in help_text.stdout
