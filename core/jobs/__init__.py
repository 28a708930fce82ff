"""Long work that people wait for: a row tells how far it is, and keeps the files it made.

The row is the truth; Celery only carries its id."""
