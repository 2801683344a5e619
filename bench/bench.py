#!/usr/bin/env python3
"""Measure Invar beside its floor and AIDE: docs/BENCHMARKS.md. Started by bench/run."""

import argparse
import dataclasses
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time

import measure
import report
import trees

HERE = os.path.dirname(os.path.abspath(__file__))
HOME = os.environ.get("INVAR_BENCH_DIR", "/var/tmp/invar-bench")
PHASES = ("warm", "aide", "cold", "changes")
TREES = ("usr", "tiny", "small", "big", "odd")

# What the shipped field set `standard` holds, in AIDE's letters; `xattrs` covers capabilities.
AIDE_METADATA = "ftype+p+l+i+n+u+g+s+m+c+acl+xattrs+selinux+e2fsattrs"
# The ways to be fast when nothing is in memory; the best of them is the floor.
COLD_FLOORS = {
    "floor, 16 threads, inode order": ["-t16", "-i"],
    "floor, 16 threads, window": ["-t16", "-i", "-w64"],
    "floor, 32 threads, window": ["-t32", "-i", "-w64"],
}
COLD_FLOORS_BIG = {
    "floor, uncached": ["-u", "-b1024"],
    "floor, cached": ["-b1024"],
}


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options):
        self.o = options
        self.floor_program = os.path.join(options.build, "bench/bench_floor")
        self.invar_program = options.invar or os.path.join(options.build, "invar")
        self.cores = os.cpu_count()
        self.runs = []  # what is written as JSON
        self.notes = []

    # -- programs --

    def floor(self, tree, *flags):
        return [self.floor_program, *flags, tree.path]

    def invar(self, tree, command, *flags):
        policy = os.path.join(HOME, f"{tree.name}.policy.yaml")
        if not os.path.exists(policy):
            with open(policy, "w", encoding="utf-8") as f:
                f.write(
                    "version: 1\nrules:\n  - id: bench\n    title: What is measured\n"
                    "    severity: info\n    kind: file\n"
                    f"    base: {tree.path}\n    fields: [standard]\n"
                )
        return [self.invar_program, command, *flags, "--policy", policy, "--state", self.state(tree)]

    def state(self, tree):
        return os.path.join(HOME, f"{tree.name}.state")

    def aide(self, tree, what, flag):
        base = os.path.join(HOME, f"{tree.name}.aide-{what}")
        attributes = AIDE_METADATA + ("+sha256" if what == "full" else "")
        with open(base + ".conf", "w", encoding="utf-8") as f:
            f.write(
                f"database_in=file:{base}.db\ndatabase_out=file:{base}.db.new\n"
                f"gzip_dbout=no\nnum_workers={self.cores}\n{re.escape(tree.path)}(/|$) {attributes}\n"
            )
        return [self.o.aide, "-c", base + ".conf", flag]

    # -- one run --

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
            say(f"note: {text}")

    def run(self, tree, phase, program, argv, good=(0,), counted=True, **how):
        r = measure.run(argv, **how)
        last = r.output.strip().splitlines()[-1:] or [""]
        if r.status not in good:
            self.note(f"{tree.name}: {program} ended with status {r.status}: {last[0][:200]}")
        if r.values.get("errors", "0") != "0":
            self.note(f"{tree.name}: {program} met {r.values['errors']} errors")
        self.runs.append(
            {"tree": tree.name, "phase": phase, "program": program, "counted": counted,
             "wall": r.wall, "cpu": r.cpu, "pss": r.pss, "status": r.status}
        )
        return r

    def measured(self, tree, phase, name, value):
        self.runs.append({"tree": tree.name, "phase": phase, "program": name, "value": value})

    def baseline(self, tree, **how):
        shutil.rmtree(self.state(tree), ignore_errors=True)
        return self.run(tree, "warm", "invar init", self.invar(tree, "init"), **how)

    # -- phases --

    def survey(self, tree):
        """Counts what is there and, in doing so, brings it into memory."""
        v = self.run(tree, "survey", "floor", self.floor(tree), counted=False).values
        tree.entries, tree.files = int(v["entries"]), int(v["files"])
        tree.bytes = int(v["bytes"])

    def warm(self, tree):
        if self.o.no_invar:
            for _ in range(self.o.rounds):
                self.run(tree, "warm", "floor", self.floor(tree))
                self.run(tree, "warm", "floor, statx", self.floor(tree, "-m"))
                self.run(tree, "warm", "floor, statx and xattrs", self.floor(tree, "-m", "-x"))
            return
        say(f"{tree.name}: warm, memory")
        uncounted = {"counted": False, "memory": True}
        self.baseline(tree, **uncounted)
        self.measured(tree, "warm", "state bytes", measure.disk_bytes(self.state(tree)))
        self.run(tree, "warm", "invar check", self.invar(tree, "check"), **uncounted)
        self.run(tree, "warm", "invar check --quick", self.invar(tree, "check", "--quick"),
                 **uncounted)
        for i in range(self.o.rounds):
            say(f"{tree.name}: warm, round {i + 1} of {self.o.rounds}")
            self.run(tree, "warm", "floor", self.floor(tree))
            self.baseline(tree)
            self.run(tree, "warm", "floor again", self.floor(tree))
            self.run(tree, "warm", "invar check", self.invar(tree, "check"))
            self.run(tree, "warm", "floor, statx", self.floor(tree, "-m"))
            self.run(tree, "warm", "invar check --quick", self.invar(tree, "check", "--quick"))
            self.run(tree, "warm", "floor, statx and xattrs", self.floor(tree, "-m", "-x"))

    def aide_phase(self, tree):
        kept = os.path.join(HOME, f"{tree.name}.aide.json")
        if self.o.reuse_aide and os.path.exists(kept):
            with open(kept, encoding="utf-8") as f:
                self.runs += json.load(f)
            when = time.strftime("%F %H:%M", time.localtime(os.path.getmtime(kept)))
            self.note(f"{tree.name}: AIDE's numbers are those of {when}")
            return
        first = len(self.runs)
        for what in ("full", "metadata"):
            db = os.path.join(HOME, f"{tree.name}.aide-{what}.db")
            say(f"{tree.name}: AIDE, {what}, init")
            how = {"memory": True, "limit": self.o.aide_limit}
            r = self.run(tree, "warm", f"aide init, {what}", self.aide(tree, what, "--init"), **how)
            if r.status != 0:
                continue
            os.replace(db + ".new", db)
            self.measured(tree, "warm", f"aide state bytes, {what}", measure.disk_bytes(db))
            say(f"{tree.name}: AIDE, {what}, check")
            self.run(tree, "warm", f"aide check, {what}", self.aide(tree, what, "--check"), **how)
        if "cold" in self.o.only and self.may_drop() and not self.o.no_aide_cold:
            say(f"{tree.name}: AIDE, full, check, cold")
            measure.drop_caches()
            self.run(tree, "cold", "aide check, full", self.aide(tree, "full", "--check"),
                     limit=self.o.aide_limit)
        with open(kept, "w", encoding="utf-8") as f:
            json.dump(self.runs[first:], f)

    def may_drop(self):
        if measure.may_drop_caches():
            return True
        self.note("cold runs left out: only root may write /proc/sys/vm/drop_caches, "
                  "and not in every container")
        return False

    def cold(self, tree):
        if not self.may_drop():
            return
        big = tree.role == "big"
        say(f"{tree.name}: cold, uncounted pass")  # the host's own cache below ours warms up
        measure.drop_caches()
        self.run(tree, "cold", "floor", self.floor(tree, "-t16"), counted=False)
        variants = COLD_FLOORS_BIG if big else COLD_FLOORS
        for i in range(self.o.cold_rounds):
            say(f"{tree.name}: cold, round {i + 1} of {self.o.cold_rounds}")
            for name, flags in variants.items():
                measure.drop_caches()
                self.run(tree, "cold", name, self.floor(tree, *flags))
            if self.o.no_invar:
                continue
            measure.drop_caches()
            before = measure.page_cache_mib()
            self.run(tree, "cold", "invar check", self.invar(tree, "check"))
            self.measured(tree, "cold", "page cache MiB", measure.page_cache_mib() - before)
            if not big:
                measure.drop_caches()
                self.run(tree, "cold", "floor, statx, 16 threads", self.floor(tree, "-m", "-t16"))
                measure.drop_caches()
                self.run(tree, "cold", "invar check --quick",
                         self.invar(tree, "check", "--quick"))

    def changes(self, tree):
        """What a changed file costs: a check that finds a thousand, less one that finds none."""
        say(f"{tree.name}: {trees.CHANGED_FILES} changed files")
        paths = trees.pick_files(tree)
        argv = self.invar(tree, "check", "--quick")
        drift = (0, 4)
        trees.change_files(paths)
        self.run(tree, "changes", "first", argv, drift, counted=False)
        for _ in range(self.o.rounds):
            self.run(tree, "changes", "unchanged", argv, drift)
            trees.change_files(paths)
            self.run(tree, "changes", "changed", argv, drift)
        self.measured(tree, "changes", "files", len(paths))
        before = measure.syncs(argv)
        trees.change_files(paths)
        after = measure.syncs(argv)
        if before is not None:
            self.measured(tree, "changes", "syncs unchanged", before)
            self.measured(tree, "changes", "syncs changed", after)

    def go(self, names):
        gentree = os.path.join(self.o.build, "bench/bench_gentree")
        made = trees.Trees(HOME, gentree, say)
        o = self.o
        makers = {
            "usr": lambda: made.usr(o.usr), "tiny": lambda: made.tiny(o.tiny),
            "small": lambda: made.tiny(10000, "small"), "big": lambda: made.big(*o.big), "odd": made.odd,
        }
        found = []
        for name in names:
            tree = makers[name]()
            found.append(tree)
            self.survey(tree)
            if "warm" in o.only:
                self.warm(tree)
            if "aide" in o.only and name in ("usr", "tiny"):
                self.aide_phase(tree)
            if "cold" in o.only and name in ("usr", "tiny", "big"):
                self.cold(tree)
            if "changes" in o.only and not o.no_invar and name in ("usr", "tiny"):
                self.changes(tree)
        return found


def machine(o):
    def first_line(*argv):
        try:
            return subprocess.run(argv, capture_output=True, text=True, check=False,
                                  cwd=HERE).stdout.strip().splitlines()[0]
        except (OSError, IndexError):
            return "unknown"

    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "")
    with open("/proc/meminfo", encoding="utf-8") as f:
        memory = int(f.readline().split()[1]) // 1024
    return {
        "time": time.strftime("%FT%TZ", time.gmtime()), "kernel": platform.release(),
        "processor": model, "cores": os.cpu_count(), "memory_mib": memory,
        "commit": first_line("git", "describe", "--always", "--dirty"),
        "aide": first_line(o.aide, "--version"), "rounds": o.rounds,
        "file system": first_line("stat", "-f", "-c", "%T", HOME),
    }


def big_size(text):
    m = re.fullmatch(r"(\d+)x(\d+)", text)
    if not m:
        raise argparse.ArgumentTypeError("NxMIB expected, such as 12x512")
    return int(m[1]), int(m[2])


def words(allowed):
    def split(text):
        got = text.split(",")
        if not set(got) <= set(allowed):
            raise argparse.ArgumentTypeError(f"some of {','.join(allowed)} expected")
        return got
    return split


def options():
    p = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    p.add_argument("--quick", action="store_true", help="small trees, few rounds: a minute or two")
    p.add_argument("-n", "--rounds", type=int, help="counted rounds (5; quick 3)")
    p.add_argument("--cold-rounds", type=int, help="counted cold rounds (3; quick 1)")
    p.add_argument("--trees", type=words(TREES), default=TREES[:-1],
                   help=f"some of {','.join(TREES)} (all but odd)")
    p.add_argument("--only", type=words(PHASES), default=PHASES, help=f"some of {','.join(PHASES)}")
    p.add_argument("--usr", type=int, metavar="N", help="entries of /usr to copy (100000; 30000)")
    p.add_argument("--tiny", type=int, metavar="N", help="small files to make (1000000; 50000)")
    p.add_argument("--big", type=big_size, metavar="NxMIB", help="large files (12x512; 6x128)")
    p.add_argument("--no-invar", action="store_true", help="measure the floor and AIDE alone")
    p.add_argument("--no-aide", action="store_true", help="leave AIDE out")
    p.add_argument("--no-aide-cold", action="store_true", help="leave AIDE's cold check out")
    p.add_argument("--reuse-aide", action="store_true", help="take AIDE's numbers of an earlier run")
    p.add_argument("--aide", default="aide", metavar="PROGRAM", help="another build of AIDE")
    p.add_argument("--aide-limit", type=int, default=1800, metavar="S", help="end AIDE after this")
    p.add_argument("--invar", metavar="PROGRAM", help="another build of invar")
    p.add_argument("--build", default=os.path.join(HERE, "../build/bench"), help="build folder")
    p.add_argument("--no-build", action="store_true", help="use what is built and installed")
    o = p.parse_args()
    for name, quick, full in (("rounds", 3, 5), ("cold_rounds", 1, 3), ("usr", 30000, 100000),
                              ("tiny", 50000, 1000000), ("big", (6, 128), (12, 512))):
        if getattr(o, name) is None:
            setattr(o, name, quick if o.quick else full)
    o.only = [phase for phase in o.only if phase != "aide" or not o.no_aide]
    return o


def main():
    o = options()
    b = Bench(o)
    found = b.go(o.trees)
    result = {"machine": machine(o), "notes": b.notes, "runs": b.runs,
              "trees": [dataclasses.asdict(t) for t in found]}
    folder = os.path.join(HERE, "results")
    os.makedirs(folder, exist_ok=True)
    base = os.path.join(folder, time.strftime("%Y%m%d-%H%M%S"))
    with open(base + ".json", "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    text = report.markdown(result)
    with open(base + ".md", "w", encoding="utf-8") as f:
        f.write(text)
    print(text)
    say(f"written: {os.path.relpath(base)}.json and .md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
