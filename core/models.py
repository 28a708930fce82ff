"""Django looks for models here; the clock of the house lives in `core.syncing`."""

from core.syncing import Change, Clock

__all__ = ["Change", "Clock"]
