from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.jobs import Job, job_name


def test_a_name_reads_as_it_is_meant():
    rig = "C8E@f10.0+ZWO ASI2600MM Pro"
    assert job_name("culled", rig, "M31", "2026-01-14") == f"culled:{rig}_M31_2026-01-14"


@given(st.text(), st.text())
def test_no_two_subjects_share_a_name_and_no_name_upsets_doit(one, other):
    names = {job_name("culled", one), job_name("culled", other)}
    assert len(names) == len({one, other})
    for name in names:
        assert name.isprintable()
        assert "=" not in name
        assert "*" not in name
        Job(stage="culled", name=name, doc="", effect="m:f")


@pytest.mark.parametrize("name", ["masters:x", "culled:a=b", "culled"])
def test_a_name_made_by_hand_is_refused_when_doit_would_trip_over_it(name):
    with pytest.raises(ValueError, match="job_name"):
        Job(stage="culled", name=name, doc="", effect="m:f")
