#!/usr/bin/env python3
"""Measure the kinds that are no files beside their peers: docs/BENCHMARKS.md. Started by `bench/run
kinds`."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import measure
import report
from bench import HERE, machine, say, words

PARTS = ("host", "crowd", "accounts")
KINDS = ("package process service port user group module sysctl mount cron ssh-key sudo-rule pam-rule "
         "bpf firewall certificate container boot hidden").split()
CROWDS = 5  # executables a crowd is made of
# What reading kernel memory through BPF needs; without them /proc is the only way.
NO_BPF = ["setpriv", "--bounding-set=-sys_admin,-bpf,-perfmon", "--inh-caps=-sys_admin,-bpf,-perfmon"]
OK = (0,) + tuple(range(1, 8)) + tuple(range(32, 40))  # busy hosts have drift


class Crowd:
    """Processes from a few executables, each with this many listening sockets."""

    def __init__(self, program, processes, sockets_each):
        self.folder = tempfile.mkdtemp(prefix="invar-crowd.")
        self.leaders = []
        each = processes // CROWDS
        for i in range(CROWDS):
            copy = os.path.join(self.folder, f"crowd{i}")
            shutil.copy(program, copy)
            self.leaders.append(subprocess.Popen(
                [copy, str(each - 1), str(sockets_each), str(1 + i * each)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        for leader in self.leaders:
            if leader.stdout.readline() != b"ready\n":
                sys.exit("the crowd did not gather")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for leader in self.leaders:
            leader.stdin.close()
            leader.wait()
        shutil.rmtree(self.folder)


class Bench:
    def __init__(self, options):
        self.o = options
        self.invar = options.invar or os.path.join(options.build, "invar")
        self.home = tempfile.mkdtemp(prefix="invar-bench-kinds.", dir="/var/tmp")
        self.runs, self.notes, self.rows = [], [], []

    def program(self, name):
        return os.path.join(self.o.build, "bench", name)

    def policy(self, name, kinds):
        path = os.path.join(self.home, name + ".yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write("version: 1\nrules:\n" + "".join(
                f"  - id: {k}\n    title: What is measured\n    severity: info\n    kind: {k}\n"
                for k in kinds))
        return path

    def run(self, part, name, argv, good=OK, **how):
        r = measure.run(argv, **how)
        if r.status not in good:
            last = (r.output.strip().splitlines() or [""])[-1]
            self.note(f"{part}: {name} ended with status {r.status}: {last[:200]}")
        self.runs.append({"part": part, "program": name, "wall": r.wall, "cpu": r.cpu, "pss": r.pss,
                          "status": r.status})
        return r

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
            say(f"note: {text}")

    def best(self, part, name, what="cpu"):
        return min((r[what] for r in self.runs if (r["part"], r["program"]) == (part, name)
                    and r["pss"] is None), default=None)

    def checks(self, part, name, kinds, *flags, before=(), peers=()):
        """init once, then checks and their peers in turn; memory in a pass that is not timed."""
        state = os.path.join(self.home, name.replace(" ", "-") + ".state")
        tail = ["--policy", self.policy(name.replace(" ", "-"), kinds), "--state", state, *flags]
        argv = [*before, self.invar, "check", *tail]
        shutil.rmtree(state, ignore_errors=True)
        self.run(part, f"init, {name}", [*before, self.invar, "init", *tail])
        self.run(part, name, argv, memory=True)
        for _ in range(self.o.rounds):
            self.run(part, name, argv)
            for peer, peer_argv in peers:
                self.run(part, peer, peer_argv)

    def peak(self, part, name):
        return max((r["pss"] for r in self.runs if (r["part"], r["program"]) == (part, name)
                    and r["pss"]), default=None)

    def row(self, measured, part, name, limit, peers=()):
        """The best of the rounds: load of others can only add."""
        cpu = self.best(part, name)
        beside = ", ".join(f"{p}: {self.best(part, p) * 1000:.0f} ms" for p, _ in peers)
        self.rows.append([measured, f"{cpu * 1000:.1f} ms cpu", beside or "–",
                          f"≤ {limit} ms" if limit else "–", report.MARK[report.at_most(cpu * 1000, limit)] if limit else "–"])

    def memory_row(self, part, name):
        peak = self.peak(part, name)
        reached = f"{peak:.1f} MiB" if peak else "over before it was seen"
        self.rows.append([f"memory, {name} ({part})", reached, "–", "≤ 32 MiB",
                          report.MARK[report.at_most(peak, 32)]])

    # -- parts --

    def host(self):
        say("300 processes, all kinds")
        peers = [("ps axu", ["ps", "axu"]), ("ss -ltnp", ["ss", "-ltnp"])]
        here = sum(name.isdigit() for name in os.listdir("/proc"))
        with Crowd(self.program("crowd"), max(300 - here, CROWDS * 2), 0):
            self.checks("300 processes", "all kinds", KINDS, peers=peers)
            for kind in KINDS if self.o.each else ():
                self.checks("300 processes", kind, [kind])
        self.row("all kinds, 300 processes", "300 processes", "all kinds", 100, peers)
        self.memory_row("300 processes", "all kinds")
        for kind in KINDS if self.o.each else ():
            self.rows.append([f"… {kind} alone", f"{self.best('300 processes', kind) * 1000:.1f} ms "
                              "cpu", "–", "–", "–"])

    def crowd(self):
        say("5,000 processes, 10,000 sockets")
        part = "5,000 processes, 10,000 listeners"
        peers = [("ss -ltnp", ["ss", "-ltnp"]), ("ps axu", ["ps", "axu"])]
        with Crowd(self.program("crowd"), 5000, 2):
            for name, kinds in (("port", ["port"]), ("process", ["process"]),
                                ("port and process", ["port", "process"])):
                self.checks(part, name, kinds, peers=peers)
                self.checks(part, f"{name}, no BPF", kinds, before=NO_BPF)
        for name in ("port", "process", "port and process"):
            self.row(f"{name}, {part}", part, name, 60, peers)
            self.row("… through /proc", part, f"{name}, no BPF", 400)
            self.memory_row(part, name)

    def accounts(self):
        say("100,000 accounts")
        part, root = "100,000 accounts", os.path.join(self.home, "root")
        subprocess.run([self.program("accounts"), "make", root, "100000"], check=True)
        peers = [("fgetpwent and its like", [self.program("accounts"), "read", root])]
        for name, kinds in (("user", ["user"]), ("user and group", ["user", "group"])):
            self.checks(part, name, kinds, "--root", root, peers=peers)
            self.row(f"{name}, {part}", part, name, 20, peers)
            self.memory_row(part, name)

    def go(self):
        self.checks("nothing", "empty policy", ["bpf"], "--root", self.home)
        for part in self.o.only:
            getattr(self, part)()
        self.row("the least a check costs (a kind that is not there)", "nothing", "empty policy", 0)
        shutil.rmtree(self.home)


def markdown(result):
    m = result["machine"]
    notes = "".join(f"- {n}\n" for n in result["notes"]) or "- none\n"
    return (f"# Kinds that are no files\n\n{m['time']}, commit {m['commit']}, {m['processor']} × "
            f"{m['cores']}, {m['memory_mib']} MiB, Linux {m['kernel']}, {m['rounds']} rounds, the best "
            "of each\n\n"
            + report.table(["measure", "reached", "beside it", "target", ""], result["rows"])
            + f"\nNotes:\n\n{notes}")


def options():
    p = argparse.ArgumentParser(prog="bench/run kinds", description=__doc__)
    p.add_argument("-n", "--rounds", type=int, default=5, help="counted rounds (5)")
    p.add_argument("--only", type=words(PARTS), default=PARTS, help=f"some of {','.join(PARTS)}")
    p.add_argument("--each", action="store_true", help="also each kind alone")
    p.add_argument("--invar", metavar="PROGRAM", help="another build of invar")
    p.add_argument("--build", default=os.path.join(HERE, "../build/bench"), help="build folder")
    p.add_argument("--no-build", action="store_true", help="use what is built and installed")
    o = p.parse_args()
    o.aide = "aide"
    return o


def main():
    o = options()
    measure.SAMPLE_SECONDS = 0.002  # these runs are short
    b = Bench(o)
    b.go()
    result = {"machine": machine(o), "notes": b.notes, "runs": b.runs, "rows": b.rows}
    folder = os.path.join(HERE, "results")
    os.makedirs(folder, exist_ok=True)
    base = os.path.join(folder, time.strftime("kinds-%Y%m%d-%H%M%S"))
    with open(base + ".json", "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    text = markdown(result)
    with open(base + ".md", "w", encoding="utf-8") as f:
        f.write(text)
    print(text)
    say(f"written: {os.path.relpath(base)}.json and .md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
