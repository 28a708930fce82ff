"""First walk through all doors."""

import pytest

from tests.builders import a_patient, a_village
from tests.sync.doors import a_tablet


@pytest.mark.django_db
def test_a_tablet_comes_in_takes_people_along_and_reads_them(mobile, administrator):
    village = a_village()
    patient = a_patient(village=village)
    tablet = a_tablet(mobile, by=administrator)
    answer = tablet.call("checkout", villages=[village.pk], hours=24)
    assert answer.status_code == 200, answer.content
    assert answer.said["people"] == 1
    changes, cursor = tablet.pull()
    assert [(c["type"], c["id"], c["state"]) for c in changes] == [("patient", str(patient.pk), "live")]
    assert tablet.pull(cursor) == ([], cursor)
