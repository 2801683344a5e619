#!/usr/bin/env python3
"""Measure what it costs to be watched: docs/BENCHMARKS.md. Started by `bench/run realtime`.

A load runs alone and beside one monitor after the other; each round has another order, and each ratio is the one to the
same load alone in the same round."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from statistics import median

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tests/e2e"))
sys.dont_write_bytecode = True

import measure
import report
import trees
from bench import HOME, machine, say, words

LOADS = ("untar", "compile", "storm", "writers")
MONITORS = ("again", "invar", "aside", "no-bpf", "inotify", "audit")
NAMES = {"again": "nobody, again", "invar": "invar watch", "aside": "invar watch, the tree is not selected",
         "no-bpf": "invar watch, no BPF (who by /proc)", "inotify": "inotifywait -r", "audit": "auditd, -F dir -F perm=wa"}
CYCLES = 22500  # 90,000 events
NO_BPF = ["setpriv", "--bounding-set=-bpf,-perfmon", "--inh-caps=-bpf,-perfmon"]
ROLES = ("watcher", "collector")


def task_seconds(pid):
    """What all its threads took, to the nanosecond, and what its children that ended did, to the tick."""
    total = 0.0
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
                total += int(f.read().split()[0]) / 1e9
        with open(f"/proc/{pid}/stat", "rb") as f:
            x = f.read().rsplit(b") ", 1)[1].split()
        total += (int(x[13]) + int(x[14])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        pass
    return total


def switches(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        return sum(int(line.split()[1]) for line in f if "ctxt_switches" in line)


class Invar:
    """`invar watch` on a policy of one rule."""

    def __init__(self, bench, base, before=()):
        import live
        self.live, self.before = live, list(before)
        live.INVAR = bench.invar
        self.place = tempfile.mkdtemp(prefix="invar.", dir=bench.home)
        rules = [{"id": "bench", "severity": "info", "kind": "file", "base": base, "fields": ["standard"]}]
        self.l = live.Live(self.place, base, "watch", rules)
        self.peak = 0.0

    def __enter__(self):
        self.l.init()
        wrapper = os.path.join(self.place, "invar")
        if self.before:
            with open(wrapper, "w", encoding="utf-8") as f:
                f.write("#!/bin/sh\nexec %s %s \"$@\"\n" % (" ".join(self.before), self.live.INVAR))
            os.chmod(wrapper, 0o755)
            kept, self.live.INVAR = self.live.INVAR, wrapper
            self.l.start()
            self.live.INVAR = kept
        else:
            self.l.start()
        time.sleep(0.3)
        self.members = {p: self.name(p) for p in self.l.pids()}
        self.began = {p: task_seconds(p) for p in self.members}
        self.counted = len(self.l.records)
        return self

    def name(self, pid):
        for role in ROLES:
            if self.l.role(role) == pid:
                return role
        return "collector" if pid == self.l.process.pid else self.live.text_of(pid, "comm")

    def settle(self, limit=180):
        """Until it has nothing to do any more; seconds after the load that took."""
        begin, last, quiet = time.monotonic(), self.cpu(), 0
        while quiet < 10 and time.monotonic() - begin < limit:
            time.sleep(0.1)
            now = self.cpu()
            quiet = quiet + 1 if sum(now.values()) - sum(last.values()) < 0.002 else 0
            last = now
        return max(0.0, time.monotonic() - begin - 1.0)

    def cpu(self):
        return {p: task_seconds(p) - self.began.get(p, 0) for p in self.l.pids()}

    def told(self):
        return len([r for r in self.l.without_pulse(self.l.records[self.counted:])])

    def result(self):
        cpu, roles = self.cpu(), {}
        for pid, seconds in cpu.items():
            role = self.members.get(pid, "other")
            roles[role] = roles.get(role, 0.0) + seconds
        return roles

    def rest(self):
        """After it ended: what the ledger says of losses, and what a fresh look still finds."""
        news = self.l.news()
        _, out, _ = self.l.invar("check", "--exit-zero", limit=600)
        return {"losses": sum(r["record"] == "loss" for r in news), "repairs": sum(r["record"] == "repair" for r in news),
                "unreported": len([r for r in self.l.without_pulse(out) if "seq" in r])}

    def __exit__(self, *_):
        if self.l.process:
            self.l.end()
        shutil.rmtree(self.place, ignore_errors=True)


class Process:
    """Another monitor: one process."""

    def __init__(self, argv, ready):
        self.argv, self.ready = argv, ready

    def __enter__(self):
        self.p = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, start_new_session=True)
        for line in self.p.stderr:
            if self.ready in line:
                break
        threading.Thread(target=self.p.stderr.read, daemon=True).start()
        self.began = task_seconds(self.p.pid)
        return self

    def settle(self):
        time.sleep(0.5)
        return 0.0

    def result(self):
        return {"monitor": task_seconds(self.p.pid) - self.began}

    def told(self):
        return None

    def rest(self):
        return {}

    def __exit__(self, *_):
        self.p.terminate()
        self.p.wait()


class Audit:
    """The kernel's audit with a daemon of our own; everything is put back as it was."""

    def __init__(self, bench, folder):
        self.folder, self.home = folder, tempfile.mkdtemp(prefix="audit.", dir=bench.home)
        self.rule = ["always,exit", "-F", "dir=" + folder, "-F", "perm=wa", "-k", "invar-bench"]

    @staticmethod
    def state():
        out = subprocess.run(["auditctl", "-s"], capture_output=True, text=True, check=False)
        rows = dict(line.split(None, 1) for line in out.stdout.splitlines() if " " in line)
        return rows if out.returncode == 0 else {}

    @classmethod
    def why_not(cls):
        if not shutil.which("auditctl") or not shutil.which("auditd"):
            return "auditd is not installed"
        s = cls.state()
        if not s:
            return "audit is not permitted here"
        if s.get("enabled") == "2" or s.get("pid", "0") != "0":
            return "audit is in use here"
        return None

    def __enter__(self):
        self.was = self.state()
        with open(self.home + "/auditd.conf", "w", encoding="ascii") as f:
            f.write(f"log_file = {self.home}/audit.log\nlog_format = RAW\nflush = INCREMENTAL_ASYNC\nfreq = 50\n"
                    "max_log_file = 64\nnum_logs = 2\nmax_log_file_action = ROTATE\nspace_left = 75\n"
                    "space_left_action = IGNORE\nadmin_space_left = 50\nadmin_space_left_action = IGNORE\n"
                    "disk_full_action = IGNORE\ndisk_error_action = IGNORE\n")
        os.chmod(self.home + "/auditd.conf", 0o600)
        self.p = subprocess.Popen(["auditd", "-n", "-s", "enable", "-c", self.home], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        time.sleep(1)
        subprocess.run(["auditctl", "-b", "8192"], capture_output=True, check=False)
        subprocess.run(["auditctl", "-a", *self.rule], capture_output=True, check=True)
        self.began = task_seconds(self.p.pid)
        return self

    def settle(self):
        time.sleep(2)
        return 0.0

    def result(self):
        return {"monitor": task_seconds(self.p.pid) - self.began}

    def told(self):
        return None

    def rest(self):
        return {"losses": int(self.state().get("lost", 0)) - int(self.was.get("lost", 0))}

    def __exit__(self, *_):
        subprocess.run(["auditctl", "-d", *self.rule], capture_output=True, check=False)
        self.p.terminate()
        self.p.wait()
        subprocess.run(["auditctl", "-e", self.was.get("enabled", "0").split()[0]], capture_output=True, check=False)
        subprocess.run(["auditctl", "-b", self.was.get("backlog_limit", "64")], capture_output=True, check=False)
        shutil.rmtree(self.home, ignore_errors=True)


class Nobody:
    def __enter__(self):
        return self

    def settle(self):
        return 0.0

    def result(self):
        return {}

    def told(self):
        return None

    def rest(self):
        return {}

    def __exit__(self, *_):
        pass


class Bench:
    def __init__(self, options):
        self.o = options
        self.invar = os.path.realpath(options.invar or os.path.join(options.build, "invar"))
        self.home = tempfile.mkdtemp(prefix="invar-bench-realtime.", dir="/var/tmp")
        self.runs, self.notes, self.rows = [], [], []
        self.mounts = []

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
            say(f"note: {text}")

    # -- places and loads --

    def place(self, name):
        """A file system of its own, in memory, so that no disk hides what watching costs."""
        mount = os.path.join(self.home, name)
        os.mkdir(mount)
        if name == "tmpfs":
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", mount], check=True)
        else:
            back = os.path.join(self.home, "back")
            os.mkdir(back)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3g", "tmpfs", back], check=True)
            self.mounts.append(back)
            with open(back + "/image", "wb") as f:
                f.truncate(2900 << 20)
            subprocess.run(["mkfs.ext4", "-q", "-F", "-N", "200000", back + "/image"], check=True)
            subprocess.run(["mount", "-o", "loop", back + "/image", mount], check=True)
        self.mounts.append(mount)
        return mount

    def prepare(self):
        self.ext4, self.tmpfs = self.place("ext4"), self.place("tmpfs")
        self.tar = os.path.join(self.home, "load.tar")
        if "untar" in self.o.loads:
            tree = trees.Trees(HOME, os.path.join(self.o.build, "bench/bench_gentree"), say).usr(self.o.files)
            names = subprocess.run(["find", ".", "(", "-type", "d", "-o", "-size", "-192k", ")", "-print0"], cwd=tree.path,
                                   stdout=subprocess.PIPE, check=True).stdout
            subprocess.run(["tar", "-cf", self.tar, "-C", tree.path, "--no-recursion", "--null", "-T", "-"], input=names,
                           check=True)
            self.entries = names.count(b"\0")
            self.note(f"untar: {self.entries} entries, {os.path.getsize(self.tar) / 1e6:.0f} MB")
        sources = sorted(f for f in os.listdir(os.path.join(HERE, "../src/core")) if f.endswith(".c"))[:self.o.sources]
        self.compile = "set -e; for f in %s; do gcc -std=gnu17 -D_GNU_SOURCE -O1 -I %s/src -c %s/src/core/$f -o $0/$f.o; done" \
            % (" ".join(sources), os.path.realpath(HERE + "/.."), os.path.realpath(HERE + "/.."))

    def load(self, name):
        """Its folder, its command, how many events it makes (what is known for sure)."""
        storm = os.path.join(self.o.build, "bench/bench_storm")
        if name == "untar":
            folder = self.ext4 + "/untar"
            return folder, ["tar", "-xf", self.tar, "-C", folder], None
        if name == "compile":
            folder = self.ext4 + "/compile"
            return folder, ["sh", "-c", self.compile, folder], None
        if name == "storm":
            folder = self.ext4 + "/storm"
            return folder, [storm, folder, str(self.o.cycles)], 4 * self.o.cycles
        folder = self.tmpfs + "/writers"
        return folder, [storm, folder, str(self.o.cycles), "2"], 8 * self.o.cycles

    def monitor(self, name, folder):
        if name in ("nobody", "again"):
            return Nobody()
        if name == "inotify":
            return Process(["inotifywait", "-m", "-r", "-e", "create,delete,moved_to,moved_from,close_write,attrib",
                            folder], b"established")
        if name == "audit":
            return Audit(self, folder)
        aside = os.path.join(os.path.dirname(folder), "aside/base")
        return Invar(self, aside if name == "aside" else folder, NO_BPF if name == "no-bpf" else ())

    # -- runs --

    def once(self, load, name, counted=True):
        folder, argv, events = self.load(load)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        os.sync()
        with self.monitor(name, folder) as m:
            peak = None if counted else Peak(m)
            begin = time.monotonic()
            p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(p.pid, 0)
            wall = time.monotonic() - begin
            p.returncode = os.waitstatus_to_exitcode(status)
            if p.returncode:
                self.note(f"{load} beside {NAMES.get(name, name)}: status {p.returncode}")
            behind = m.settle()
            row = {"load": load, "monitor": name, "counted": counted, "wall": wall, "events": events,
                   "cpu": usage.ru_utime + usage.ru_stime, "roles": m.result(), "behind": behind, "told": m.told(),
                   "pss": peak.end() if peak else None, "pss_of": peak.whose if peak else None}
            if isinstance(m, Invar):
                m.l.end()
            row.update(m.rest())
        shutil.rmtree(folder, ignore_errors=True)
        self.runs.append(row)
        return row

    def loads(self):
        why = Audit.why_not() if "audit" in self.o.monitors else None
        monitors = [m for m in self.o.monitors if m != "audit" or not why]
        if why:
            self.note("auditd left out: " + why)
        for load in self.o.loads:
            say(f"{load}: once alone, then memory")
            self.once(load, "nobody", counted=False)
            for m in monitors:
                if m in ("invar", "aside"):
                    self.once(load, m, counted=False)
            for i in range(self.o.rounds):
                order = ["nobody"] + monitors
                order = order[i % len(order):] + order[:i % len(order)]
                for m in reversed(order) if i % 2 else order:
                    say(f"{load}: round {i + 1} of {self.o.rounds}, {NAMES.get(m, m)}")
                    try:
                        self.once(load, m)
                    except AssertionError as e:
                        self.note(f"{load}, {m}: {e}")

    def latency(self):
        """Single changes, ten a second: from the end of the act to the printed line."""
        folder = self.ext4 + "/latency"
        os.makedirs(folder)
        for i in range(50):
            with open(f"{folder}/f{i}", "wb") as f:
                f.write(os.urandom(4096))
        with Invar(self, folder) as m:
            acts = []
            for i in range(self.o.singles):
                path = f"{folder}/f{i % 50}"
                with open(path, "wb") as f:
                    f.write(os.urandom(4096))
                acts.append((os.fsencode(path), time.time_ns()))
                time.sleep(0.1)
            m.l.settle()
            told = [(m.live.key_of(r), r["arrived"]) for r in m.l.without_pulse(m.l.records)]
            times, missed = [], 0
            for i, (path, at) in enumerate(acts):
                nxt = min((t for p, t in acts[i + 1:] if p == path), default=1 << 62)
                got = [t for p, t in told if p == path and at - 10**8 < t < nxt]
                if got:
                    times.append((got[0] - at) / 1e6)
                else:
                    missed += 1
        times.sort()
        if times:
            self.single = times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)], missed
        shutil.rmtree(folder)

    def idle(self):
        """Nothing happens where it watches: what does it do?"""
        folder = self.ext4 + "/idle"
        os.makedirs(folder)
        with Invar(self, folder) as m:
            m.settle()
            begin = {p: (task_seconds(p), switches(p)) for p in m.l.pids()}
            time.sleep(self.o.idle)
            rows = []
            for p, (cpu, woken) in begin.items():
                rows.append((m.members.get(p, "?"), (task_seconds(p) - cpu) / self.o.idle * 100, switches(p) - woken,
                             measure.pss_mib(p)))
        self.resting = rows
        shutil.rmtree(folder)

    def go(self):
        try:
            self.prepare()
            self.single, self.resting = None, []
            self.loads()
            if self.o.singles:
                say("single changes")
                self.latency()
            if self.o.idle:
                say(f"idle for {self.o.idle} s")
                self.idle()
        finally:
            for m in reversed(self.mounts):
                subprocess.run(["umount", "-l", m], check=False)
            shutil.rmtree(self.home, ignore_errors=True)

    # -- the tables --

    def of(self, load, name, what, counted=True):
        return [r[what] for r in self.runs if (r["load"], r["monitor"], r["counted"]) == (load, name, counted)
                and r.get(what) is not None]

    def table(self):
        rows = []
        for load in self.o.loads:
            for name in ("nobody", *self.o.monitors):
                walls = self.of(load, name, "wall")
                if not walls:
                    continue
                alone = self.of(load, "nobody", "wall")
                cpus = list(zip(self.of(load, name, "cpu"), self.of(load, "nobody", "cpu")))
                roles = [sum(r.values()) for r in self.of(load, name, "roles")]
                events = (self.of(load, name, "events") or [None])[0]
                own = median(roles) if roles and name not in ("nobody", "again") else None
                split = self.of(load, name, "roles")[-1] if own is not None else {}
                rows.append([load, NAMES.get(name, "nobody"), report.number(median(walls), "{:.3f}"),
                             report.number(median([a / b for a, b in zip(walls, alone)])),
                             report.number(median([a / b for a, b in cpus])),
                             report.number(own, "{:.3f}"),
                             ", ".join(f"{k} {v:.3f}" for k, v in sorted(split.items()) if v > 0.0005) or "–",
                             report.number(own / events * 1e6 if own is not None and events else None, "{:.2f}"),
                             self.sums(load, name, "losses"), self.sums(load, name, "repairs"),
                             self.sums(load, name, "unreported"),
                             report.number(max(self.of(load, name, "behind"), default=None) if name in (
                                 "invar", "aside", "no-bpf") else None, "{:.1f}"),
                             report.number(max(self.of(load, name, "pss", False), default=None), "{:.1f}")])
        return report.table(["load", "beside it", "wall s", "× wall alone", "× cpu alone", "its cpu s", "of that (last)",
                             "µs an event", "losses", "repairs", "unreported", "behind s", "peak PSS MiB"], rows)

    def sums(self, load, name, what):
        values = self.of(load, name, what)
        return str(sum(values)) if values else "–"

    def targets(self):
        rows = []

        def add(measure_, value, form, limit, text):
            rows.append([measure_, report.number(value, form), text, report.MARK[report.at_most(value, limit)]])

        def ratio(load):
            pairs = list(zip(self.of(load, "invar", "wall"), self.of(load, "nobody", "wall")))
            return median([a / b for a, b in pairs]) if pairs else None

        noise = [a / b for load in self.o.loads for a, b in zip(self.of(load, "again", "wall"),
                                                              self.of(load, "nobody", "wall"))]
        spread = max(abs(x - 1) for x in noise) if noise else 0
        add("untar, wall × alone, with who", ratio("untar"), "{:.3f}", 1.05, "≤ 1.05")
        add("compile, wall × alone", ratio("compile"), "{:.3f}", 1 + max(spread, 0.02), f"within noise (± {spread:.0%})")
        for name in ("aside", "invar"):
            watcher = [r.get("watcher", 0.0) for r in self.of("storm", name, "roles")]
            events = self.of("storm", name, "events")
            add(f"storm, watcher's cpu an event, {NAMES[name]}",
                median(watcher) / events[0] * 1e6 if watcher and events else None, "{:.2f} µs", 1.5, "≤ 1.5 µs")
        writers = [r["events"] / r["wall"] for r in self.runs
                   if (r["load"], r["monitor"], r["counted"]) == ("writers", "invar", True)]
        rate = median(writers) if writers else None
        rows.append(["two writers, events a second", report.number(rate, "{:,.0f}"), "≥ 100,000",
                     report.MARK[None if rate is None else rate >= 100000]])
        lost = [r for r in self.runs if r["monitor"] in ("invar", "aside", "no-bpf")]
        add("unreported after every load", sum(r.get("unreported", 0) for r in lost) if lost else None, "{:d}", 0, "0")
        add("losses not repaired", sum(max(0, r.get("losses", 0) - r.get("repairs", 0)) for r in lost) if lost else None,
            "{:d}", 0, "0")
        add("memory, all processes, at most", max((r["pss"] for r in lost if r["pss"]), default=None), "{:.1f} MiB", 24,
            "≤ 24 MiB")
        if self.single:
            add("single changes, act to print, p50", self.single[0], "{:.1f} ms", 50, "≤ 50 ms")
            add("… p99", self.single[1], "{:.1f} ms", 1000, "≤ 1 s")
            add("… not told", self.single[2], "{:d}", 0, "0")
        if self.resting:
            add("idle, cpu of one core", sum(r[1] for r in self.resting), "{:.3f} %", 0.2, "≤ 0.2 %")
            add(f"idle, wake-ups in {self.o.idle} s ("
                + ", ".join(f"{r[0]} {r[2]}" for r in self.resting) + ")", sum(r[2] for r in self.resting), "{:d}", 0, "0")
            add("idle, memory", sum(r[3] for r in self.resting), "{:.1f} MiB", 24, "≤ 24 MiB")
        return report.table(["measure", "reached", "target", ""], rows)

    def markdown(self, m):
        notes = "".join(f"- {n}\n" for n in self.notes) or "- none\n"
        return (f"# Being watched\n\n{m['time']}, commit {m['commit']}, {m['processor']} × {m['cores']}, "
                f"{m['memory_mib']} MiB, Linux {m['kernel']}, load average {m['load']}, {m['rounds']} rounds; ext4 on a loop "
                "device in memory, `writers` on tmpfs\n\n## Loads (medians; ratios round by round)\n\n" + self.table()
                + "\n## Against the targets\n\n" + self.targets() + f"\nNotes:\n\n{notes}")


class Peak:
    """The highest sum of PSS of all its processes while a load runs; not in a run that is timed."""

    def __init__(self, m):
        self.m, self.most, self.whose, self.going = m, 0.0, {}, isinstance(m, Invar)
        self.thread = threading.Thread(target=self.run, daemon=True)
        if self.going:
            self.thread.start()

    def run(self):
        while self.going:
            now = {p: measure.pss_mib(p) for p in self.m.l.pids()}
            if sum(now.values()) > self.most:
                self.most = sum(now.values())
                self.whose = {f"{p} {self.m.members.get(p) or self.m.live.text_of(p, 'comm')}": round(x, 1)
                              for p, x in now.items()}
            time.sleep(0.05)

    def end(self):
        if not self.going:
            return None
        self.going = False
        self.thread.join()
        return self.most


def options():
    p = argparse.ArgumentParser(prog="bench/run realtime", description=__doc__)
    p.add_argument("-n", "--rounds", type=int, help="counted rounds (7)")
    p.add_argument("--loads", type=words(LOADS), default=LOADS, help=f"some of {','.join(LOADS)}")
    p.add_argument("--monitors", type=words(MONITORS), default=MONITORS, help=f"some of {','.join(MONITORS)}")
    p.add_argument("--files", type=int, default=30000, help="entries of the archive (30000)")
    p.add_argument("--cycles", type=int, default=CYCLES, help=f"cycles of the storm, four events each ({CYCLES})")
    p.add_argument("--sources", type=int, default=16, help="files that are compiled (16)")
    p.add_argument("--singles", type=int, help="single changes for the latency (200; 0: none)")
    p.add_argument("--idle", type=int, help="seconds of rest (60; 0: none)")
    p.add_argument("--quick", action="store_true", help="two rounds, shorter: is it measurable at all?")
    p.add_argument("--invar", metavar="PROGRAM", help="another build of invar")
    p.add_argument("--build", default=os.path.join(HERE, "../build/bench"), help="build folder")
    p.add_argument("--no-build", action="store_true", help="use what is built and installed")
    o = p.parse_args()
    for name, whole, quick in (("rounds", 7, 2), ("singles", 200, 40), ("idle", 60, 10)):
        if getattr(o, name) is None:
            setattr(o, name, quick if o.quick else whole)
    o.aide = "true"
    return o


def main():
    o = options()
    if os.geteuid() != 0:
        sys.exit("bench/run realtime: needs root")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.setdefault("INVAR", os.path.realpath(o.invar or os.path.join(o.build, "invar")))
    m = machine(o)
    m["load"] = "%.1f" % os.getloadavg()[0]
    b = Bench(o)
    b.go()
    text = b.markdown(m)
    folder = os.path.join(HERE, "results")
    os.makedirs(folder, exist_ok=True)
    base = os.path.join(folder, time.strftime("realtime-%Y%m%d-%H%M%S"))
    with open(base + ".json", "w", encoding="utf-8") as f:
        json.dump({"machine": m, "notes": b.notes, "runs": b.runs, "single": b.single, "idle": b.resting}, f, indent=1)
    with open(base + ".md", "w", encoding="utf-8") as f:
        f.write(text)
    print(text)
    say(f"written: {os.path.relpath(base)}.json and .md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
