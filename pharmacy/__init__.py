"""Medicine and money: two ledgers of one shape, in which every row names both sides.

Batches and moves; accounts and entries; donations, purchases and dispensings that tie them together."""
