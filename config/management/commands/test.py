"""Set up and run the tests; every argument goes to pytest."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from django.conf import settings
from django.core.management.base import BaseCommand

from config import ready

WHOLE = ("-q", "-v", "-x", "--durations=", "--ignore=")  # how arguments begin that leave it the whole suite, or most


def at_once(arguments: list[str]) -> list[str]:
    """Use every core for the whole suite; a few chosen tests begin sooner alone."""
    whole = all(one.startswith(WHOLE) for one in arguments)
    return ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"] if whole else []


class Command(BaseCommand):
    """Run pytest on the house."""

    help = "Set up and run the tests. Every argument goes to pytest: manage.py test -k checkup"
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Take every argument as it is."""
        if not find_spec("pytest"):
            sys.exit("The tools of the tests are not installed here. Run: python3 manage.py test")
        with ready.one_at_a_time():
            ready.compile_catalogues()
            ready.make_assets()
        os.chdir(settings.BASE_DIR)
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *at_once(argv[2:]), *argv[2:]])

    def handle(self, *args: str, **options: object) -> None:
        """Do the same when called from code."""
        self.run_from_argv(["manage.py", "test", *args])
