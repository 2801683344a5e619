"""Run a program and say what it took: wall, processor, memory, exit status."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field

SAMPLE_SECONDS = 0.02


@dataclass
class Run:
    """One run. `pss` is only there when it was asked for: sampling takes a little time itself."""

    wall: float
    cpu: float
    status: int
    output: str
    pss: float | None = None  # MiB, the highest sum over all processes seen at one moment
    values: dict = field(default_factory=dict)  # name=value pairs the program printed


def stat_of(pid):
    """(parent, session) of a process, or None once it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            rest = f.read().rsplit(b") ", 1)[1].split()
        return int(rest[1]), int(rest[3])
    except (OSError, IndexError):
        return None


def family(leader):
    """A process, its session and all that descends from it, in other sessions too."""
    known = {p: s for p in map(int, filter(str.isdigit, os.listdir("/proc"))) if (s := stat_of(p))}
    found = {p for p, (_, session) in known.items() if session == leader}
    size = -1
    while size != len(found):
        size = len(found)
        found |= {p for p, (parent, _) in known.items() if parent in found}
    return found


def pss_mib(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as f:
            for line in f:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass  # it ended, or is a zombie
    return 0.0


def watch_memory(pid):
    """The highest sum of PSS until the process ends. The list of processes is renewed now and then
    only: it costs more than the rest."""
    peak, tick, processes = 0.0, 0, set()
    while True:
        done = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if done is not None:
            return peak
        if tick % 5 == 0:
            processes = family(pid)
        start = time.monotonic()
        peak = max(peak, sum(map(pss_mib, processes)))
        tick += 1
        # A program of a gigabyte takes long to look at, and must not be slowed down by it.
        time.sleep(max(SAMPLE_SECONDS, 20 * (time.monotonic() - start)))


def run(argv, memory=False, limit=None):
    """`limit`: seconds after which the program is ended; its run then has the status -SIGKILL."""
    with tempfile.TemporaryFile() as out:
        start = time.monotonic()
        p = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        killer = threading.Timer(limit or 0, os.killpg, (p.pid, signal.SIGKILL))
        if limit:
            killer.start()
        pss = watch_memory(p.pid) if memory else None
        _, status, usage = os.wait4(p.pid, 0)
        wall = time.monotonic() - start
        killer.cancel()
        p.returncode = os.waitstatus_to_exitcode(status)
        # The tail is enough: a first check may print a line for each of a thousand changes.
        out.seek(max(0, out.seek(0, os.SEEK_END) - 65536))
        text = out.read().decode("utf-8", "replace")
    r = Run(wall, usage.ru_utime + usage.ru_stime, p.returncode, text, pss)
    if text.startswith("wall="):
        r.values = dict(word.split("=", 1) for word in text.split() if "=" in word)
    return r


def may_drop_caches():
    return os.access("/proc/sys/vm/drop_caches", os.W_OK) and os.geteuid() == 0


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as f:
        f.write("3")


def page_cache_mib():
    with open("/proc/meminfo") as f:
        for line in f:
            if line.startswith("Cached:"):
                return int(line.split()[1]) / 1024
    return 0.0


def disk_bytes(path):
    """What a file, or all in a folder, takes on disk."""
    total = os.lstat(path).st_blocks * 512
    for folder, _, files in os.walk(path):
        total += sum(os.lstat(os.path.join(folder, f)).st_blocks * 512 for f in files)
    return total


def syncs(argv):
    """How often a program asks the disk to make things durable; None where that cannot be seen."""
    with tempfile.NamedTemporaryFile() as log:
        try:
            subprocess.run(
                ["strace", "-f", "--seccomp-bpf", "-qq", "-o", log.name,
                 "-e", "trace=fsync,fdatasync,sync_file_range,msync", *argv],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                check=False,
            )
        except FileNotFoundError:
            return None
        return sum(b"sync" in line and b"resumed" not in line for line in log.read().splitlines())

