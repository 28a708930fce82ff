"""Typed readers for environment variables; `NAME_FILE` names a file that holds the value (Docker secrets)."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def env_str(name: str, default: str = "") -> str:
    """Return the value of `name`, else the content of the file that `name_FILE` names, else `default`."""
    if name in os.environ:
        return os.environ[name]
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text(encoding="utf-8").strip() if path else default


def env_bool(name: str, default: bool = False) -> bool:
    """Return `name` as a truth value; raises ValueError for a word that is neither yes nor no."""
    value = env_str(name, str(default)).strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ValueError(f"{name} must be yes or no, not {value!r}")


def env_int(name: str, default: int) -> int:
    """Return `name` as a whole number; raises ValueError otherwise."""
    return int(env_str(name, str(default)))


def env_url(name: str) -> str:
    """Return `name` as an address without its last slash, "" when it is not given.

    Raises ValueError unless it is https, or http to this machine: what is sent there goes with a secret. Neither a
    password nor a question belongs in it.
    """
    text = env_str(name).strip().rstrip("/")
    if not text:
        return ""
    parts = urlsplit(text)
    near = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and near)):
        raise ValueError(f"{name} must begin with https:// and name a server")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"{name} is an address only: no user, password, ? or #")
    parts.port  # noqa: B018 - raises ValueError for a port that is none
    return text


def env_list(name: str, default: str = "") -> list[str]:
    """Return the comma-separated parts of `name`, without blanks."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def database_from_url(url: str, *, base: Path) -> dict[str, object]:
    """Return a Django database setting for `postgres://…` or `sqlite:///path` (a relative path begins at `base`).

    Raises ValueError for any other kind of database.
    """
    parts = urlsplit(url)
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": parts.port or "",
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    if parts.scheme == "sqlite":
        return {"ENGINE": "core.sqlite", "NAME": str(base / unquote(parts.path[1:]))}
    raise ValueError(f"DATABASE_URL must start with postgres:// or sqlite://, not {parts.scheme!r}")
