# Short names for what `python3 manage.py help` also offers.

.PHONY: start test lint bench
PYTHON ?= python3

start:
	$(PYTHON) manage.py start

test:
	$(PYTHON) manage.py test

lint:
	.venv/bin/python -m ruff check .
	.venv/bin/python -m mypy
	.venv/bin/lint-imports --no-cache

bench:
	$(PYTHON) manage.py bench search
