# One image for web, worker, beat and set-up.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/app/.venv/bin:$PATH DJANGO_SETTINGS_MODULE=config.settings VAR_DIR=/var/lib/clinic

WORKDIR /app
COPY requirements.lock ./
RUN python -m venv .venv && pip install --require-hashes -r requirements.lock

RUN useradd --system --uid 10001 --home-dir /var/lib/clinic --create-home clinic \
    && install -d -o clinic -g clinic /var/lib/clinic/static /app/var
COPY --chown=clinic:clinic . ./
USER clinic
# Words, fonts and icons belong to the image; the build's own throw-away secret does not stay in it.
RUN SECRET_KEY=only-for-the-build python manage.py ready --without-database

EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", "--workers", "2", \
     "--blocking-threads", "4", "--respawn-failed-workers", "--log-level", "warning", "config.wsgi:application"]
