"""The supervisor: what dies is started again, what is stopped is stopped whole, nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.supervisor import LINUX

pytestmark = pytest.mark.skipif(not LINUX, reason="asks /proc about processes")
SLEEPER = [sys.executable, "-c", "import time; time.sleep(300)"]
STUBBORN = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"]
PARENT = [sys.executable, "-c", f"import subprocess, time; subprocess.Popen({SLEEPER!r}); time.sleep(300)"]
PROGRAM = """
import sys
from pathlib import Path
from config import supervisor
supervisor.PATIENCE = 1.0
folder = Path(sys.argv[1])
children = [supervisor.Child(f"child {n}", command) for n, command in enumerate({commands!r})]
house = supervisor.Supervisor(children, cwd=folder, logs=folder, say=lambda text: print(text, flush=True))
def opened():
    print("open", *(c.process.pid for c in children), flush=True)
sys.exit(house.run(opened))
"""


@pytest.fixture
def begin(tmp_path):
    """Return a function that starts a supervisor over commands and gives its process and their ids."""
    houses = []

    def begin(*commands: list[str]) -> tuple[subprocess.Popen, list[int]]:
        house = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.replace("{commands!r}", repr(list(commands))), str(tmp_path)],
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        houses.append(house)
        return house, [int(pid) for pid in house.stdout.readline().split()[1:]]

    yield begin
    for house in houses:
        house.kill()
        house.communicate()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children_of(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def eventually(true, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return False


def test_a_signal_stops_all_and_ends_well(begin):
    house, pids = begin(SLEEPER, SLEEPER)
    house.send_signal(signal.SIGINT)
    assert house.wait(10) == 0
    assert not any(map(is_running, pids))


def test_what_does_not_listen_is_ended_with_all_its_own(begin):
    house, (stubborn, parent) = begin(STUBBORN, PARENT)
    assert eventually(lambda: children_of(parent))
    grandchild = children_of(parent)[0]
    time.sleep(0.3)  # let the stubborn one put on its ear plugs
    house.send_signal(signal.SIGTERM)
    assert house.wait(10) == 0
    assert not any(map(is_running, (stubborn, parent, grandchild)))


def test_what_dies_is_started_again(begin):
    house, (pid,) = begin(SLEEPER)
    os.kill(pid, signal.SIGKILL)
    assert "starting it again in 1 s" in house.stdout.readline()
    assert eventually(lambda: [p for p in children_of(house.pid) if p != pid])
    house.send_signal(signal.SIGTERM)
    assert house.wait(10) == 0


def test_nothing_is_left_when_the_supervisor_itself_is_killed(begin):
    house, pids = begin(SLEEPER, SLEEPER)
    house.kill()
    house.wait(10)
    assert eventually(lambda: not any(map(is_running, pids)))


def test_what_does_not_start_is_told_with_the_end_of_its_log(tmp_path):
    never_up = "supervisor.Child('clerk', command, is_up=lambda: False)"
    program = PROGRAM.replace('supervisor.Child(f"child {n}", command)', never_up)
    broken = [sys.executable, "-c", "print('no ink'); raise SystemExit(3)"]
    done = subprocess.run(
        [sys.executable, "-c", program.replace("{commands!r}", repr([broken])), str(tmp_path)],
        capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "The clerk does not start" in done.stdout and "no ink" in done.stdout
