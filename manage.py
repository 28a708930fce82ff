#!/usr/bin/env python3
"""The one command of the house. Outside its own environment it first makes that environment, then runs itself inside.

    python3 manage.py start     set up, and start the whole system on this machine
    python3 manage.py test      set up, and run the tests
    python3 manage.py help      every other command

Needs nothing but Python 3.11 or newer: this file uses the standard library only.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
RUN, TEST = "requirements.lock", "requirements-test.lock"  # the second holds the first, and the tools of the tests
NEEDS_VENV = """\
This Python cannot make virtual environments: its package "venv" is not installed.
On Debian or Ubuntu:   sudo apt install python3-venv
Then run the same command again."""


def main() -> None:
    """Run the command, inside the environment of the house."""
    if sys.version_info < (3, 11):
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command != "test":
        read_env_file(HERE / ".env")
    if Path(sys.prefix).resolve() == VENV.resolve():
        inside()
    else:
        set_up(TEST if command == "test" else RUN, aloud=command in {"start", "test"})
        os.environ["MANAGE_PREPARES"] = "1"
        run_again_inside()


def inside() -> None:
    """Do what Django's own manage.py does; called from outside, make the database ready for our commands first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if os.environ.pop("MANAGE_PREPARES", "") and len(sys.argv) > 1:
        from config.ready import prepare_for

        prepare_for(sys.argv[1])
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def read_env_file(path: Path) -> None:
    """Take over NAME=value lines; what the environment says already stands."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        name, equals, value = line.partition("=")
        if equals and not name.lstrip().startswith("#"):
            os.environ.setdefault(name.strip(), value.partition(" #")[0].strip().strip("\"'"))


def set_up(lock: str, *, aloud: bool) -> None:
    """Make `.venv` and install exactly what the lock file names; does nothing when that was done before."""
    if is_installed(lock):
        return
    with one_at_a_time():
        if is_installed(lock):
            return
        say("Setting up: installing the packages that the lock file names (once; a minute or two) ...")
        make_environment()
        install(lock)
        stamp(lock).write_text(digest(lock), encoding="utf-8")
        if aloud:
            say("Setting up: packages are installed.")


def is_installed(lock: str) -> bool:
    """Return whether the environment holds what the lock names now."""
    locks = {lock, TEST}
    return PYTHON.exists() and any(
        stamp(one).exists() and stamp(one).read_text(encoding="utf-8") == digest(one) for one in locks
    )


def stamp(lock: str) -> Path:
    """Return the file that remembers which version of the lock is installed."""
    return VENV / f"installed-{lock}"


def digest(lock: str) -> str:
    """Return a hash of the lock file."""
    return hashlib.sha256((HERE / lock).read_bytes()).hexdigest()


def make_environment() -> None:
    """Make the virtual environment, again when it is broken or its Python has gone."""
    works = [str(PYTHON), "-c", "import pip"]
    if PYTHON.exists() and subprocess.run(works, capture_output=True, check=False).returncode == 0:
        return
    if find_spec("ensurepip") is None:
        sys.exit(NEEDS_VENV)
    venv.create(VENV, clear=True, with_pip=True)


def install(lock: str) -> None:
    """Install the lock, every file checked against its hash: with uv when it is there, else with pip."""
    arguments = ["install", "-qq", "--require-hashes", "-r", str(HERE / lock)]
    uv = shutil.which("uv")
    if uv and subprocess.run([uv, "pip", *arguments, "--python", str(PYTHON)], check=False).returncode == 0:
        return
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    if subprocess.run([*pip, *arguments], check=False).returncode:
        sys.exit("The packages could not be installed; the lines above say why. Is this machine online?")


def run_again_inside() -> None:
    """Become the same command, run by the environment's own Python."""
    again = [str(PYTHON), str(HERE / "manage.py"), *sys.argv[1:]]
    if os.name == "nt":
        sys.exit(subprocess.run(again, check=False).returncode)
    os.execv(PYTHON, again)


@contextmanager
def one_at_a_time():
    """Let a second command wait until the first has set up; the lock hangs on this very file."""
    if os.name == "nt":
        yield
        return
    import fcntl

    with Path(__file__).open(encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    """Tell what is happening, beside what the command itself prints."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
