"""Care at the centre: patients, encounters, diagnoses, treatments, wards, beds, admissions.

`Encounter` is the spine: every contact of a patient with the centre, by whatever team, is one row of it."""
