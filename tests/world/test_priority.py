"""A run steps back for other programs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(os.name == "nt", reason="Windows has classes, not numbers")
@pytest.mark.parametrize("asked", [0, 3])
def test_a_process_steps_back_as_far_as_it_is_told(asked):
    code = f"import os; from pipeline.world.priority import step_back; was = os.nice(0); step_back({asked}); print(os.nice(0) - was)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == asked
