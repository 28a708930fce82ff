"""The front desk: home by role, the one search box, a person's whole record, registers coming in from outside.

The room above the domain apps, where strangers act together."""
