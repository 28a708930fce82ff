"""The van: routes three days a week, sessions in villages, dental check-ups, education and hand-outs.

A check-up is one-to-one with a `clinic.Encounter`; this room adds teeth and hand-outs to it."""
