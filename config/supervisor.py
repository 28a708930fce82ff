"""Keep the processes of one machine together: started in order, started again when they die, stopped as one."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

PATIENCE = 15.0  # seconds a process is given to end by itself
LONGEST_PAUSE = 30.0  # seconds between two attempts to start what keeps dying
HEALTHY = 60.0  # seconds after which an earlier death is forgotten
LOG_BYTES = 5_000_000
LINUX = sys.platform == "linux"


@dataclass
class Child:
    """One process: what it is called, how it is run, what to do before it starts, how to see that it is up.

    `orphaned` is the signal it gets from the kernel when the supervisor itself was killed.
    """

    name: str
    command: list[str]
    before: Callable[[], object] = lambda: None
    is_up: Callable[[], bool] = lambda: True
    env: dict[str, str] = field(default_factory=dict)
    orphaned: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    deaths: int = 0
    again_at: float = 0.0

    @property
    def alive(self) -> bool:
        """Return whether the process runs."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Run `children`; logs go to a file each in `logs`, what people should know to `say`."""

    def __init__(self, children: list[Child], *, cwd: Path, logs: Path, say: Callable[[str], None]) -> None:
        self.children, self.cwd, self.logs, self.say = children, cwd, logs, say
        self.stopping = False
        logs.mkdir(parents=True, exist_ok=True)

    def run(self, opened: Callable[[], object], *, patience: float = 90) -> int:
        """Start all, call `opened` when all are up, watch until told to stop; return the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT, *((signal.SIGHUP,) if os.name != "nt" else ())):
            signal.signal(number, self._told_to_stop)
        try:
            for child in self.children:
                self._start(child)
                if not self._wait_for(child, patience):
                    if not self.stopping:
                        self.say(f"The {child.name} does not start. The end of its log:\n{self._tail(child)}")
                        return 1
                    return 0
            opened()
            while not self.stopping:
                self._watch()
                time.sleep(0.5)
            return 0
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop all, the last started first; none is left behind."""
        for child in reversed(self.children):
            if child.process is None:
                continue
            if child.alive:
                child.process.terminate()
                try:
                    child.process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    self.say(f"The {child.name} did not end by itself; ending it.")
            self._end_group(child)

    def _told_to_stop(self, number: int, frame: FrameType | None) -> None:
        if not self.stopping:
            self.say("\nStopping ...")
        self.stopping = True

    def _start(self, child: Child) -> None:
        child.before()
        log = self.logs / f"{child.name.replace(' ', '-')}.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as out:
            child.process = subprocess.Popen(
                child.command, cwd=self.cwd, env=os.environ | child.env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=_end_with_parent(os.getpid(), child.orphaned) if LINUX else None,  # noqa: PLW1509
            )  # fmt: skip
        child.began = time.monotonic()

    def _wait_for(self, child: Child, patience: float) -> bool:
        until = time.monotonic() + patience
        while time.monotonic() < until and not self.stopping and child.alive:
            if child.is_up():
                return True
            time.sleep(0.05)
        return False

    def _watch(self) -> None:
        """Start again what has died, after a pause that grows while it keeps dying."""
        for child in self.children:
            now = time.monotonic()
            if child.alive or now < child.again_at:
                continue
            if child.again_at <= child.began:  # it died since we last looked
                self._end_group(child)
                child.deaths = 1 if now - child.began > HEALTHY else child.deaths + 1
                pause = min(2.0 ** (child.deaths - 1), LONGEST_PAUSE)
                child.again_at = now + pause
                again = f"starting it again in {pause:.0f} s"
                self.say(f"The {child.name} stopped by itself; {again}. {self._tail(child, 1)}")
            else:
                self._start(child)

    def _end_group(self, child: Child) -> None:
        """End what a process has left behind of its own children."""
        if child.process is not None and os.name != "nt":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
        elif child.alive and child.process is not None:
            child.process.kill()
        if child.process is not None:
            child.process.wait()

    def _tail(self, child: Child, lines: int = 15) -> str:
        log = self.logs / f"{child.name.replace(' ', '-')}.log"
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _end_with_parent(parent: int, by: signal.Signals) -> Callable[[], None]:
    """Return what a child does first on Linux: ask the kernel to be told when its parent dies, however it dies."""
    set_signal = ctypes.CDLL(None).prctl
    death_signal = 1  # PR_SET_PDEATHSIG

    def ask() -> None:
        set_signal(death_signal, by)
        if os.getppid() != parent:
            os._exit(0)

    return ask
