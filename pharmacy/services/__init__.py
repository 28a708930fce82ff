"""What is done to medicine and money: `stock`, `dispensing`, `donations`, `purchases`; `books` proves the rest."""
