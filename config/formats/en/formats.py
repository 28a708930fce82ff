"""The same forms as in Khmer: day first, a comma between thousands."""

from config.formats.km.formats import *  # noqa: F403
