"""The demonstration year: made-up people and contacts, loaded like any paper register, and open work for today.

`people`, `calendar`, `illness`, `year` and `register` are pure and know no clock: the same day gives the same bytes.
`build` loads what they make and adds through the services what a register does not hold."""
