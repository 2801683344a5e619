"""From runs to the table: medians, ratios, the targets and whether they are reached."""

from statistics import median

AIDE_NAMES = {"invar init": "aide init, full", "invar check": "aide check, full",
              "invar check --quick": "aide check, metadata"}
MARK = {True: "reached", False: "MISSED", None: "not measured"}


class Runs:
    def __init__(self, runs):
        self.runs = runs

    def of(self, tree, phase, program, counted=True):
        return [r for r in self.runs if (r["tree"], r["phase"], r["program"]) ==
                (tree, phase, program) and (not counted or r.get("counted", True))]

    def median(self, tree, phase, program, what):
        values = [r[what] for r in self.of(tree, phase, program) if r.get(what) is not None]
        return median(values) if values else None

    def ratio(self, tree, phase, program, other, what):
        """The median of the ratios round by round: load that comes and goes hits both alike."""
        pairs = zip(self.of(tree, phase, program), self.of(tree, phase, other))
        ratios = [a[what] / b[what] for a, b in pairs if b[what]]
        return median(ratios) if ratios else None

    def value(self, tree, phase, program):
        values = [r["value"] for r in self.of(tree, phase, program) if "value" in r]
        return median(values) if values else None

    def peak(self, tree):
        """The most memory any command of ours took."""
        values = [r["pss"] for r in self.runs
                  if r["tree"] == tree and r["program"].startswith("invar") and r.get("pss")]
        return max(values) if values else None

    def programs(self, tree, phase):
        seen = {}
        for r in self.runs:
            if r["tree"] == tree and r["phase"] == phase and r.get("counted", True) and "wall" in r:
                seen[r["program"]] = True
        return list(seen)

    def best_floor(self, tree):
        floors = [p for p in self.programs(tree, "cold")
                  if p.startswith("floor") and "statx" not in p]
        return min(floors, key=lambda p: self.median(tree, "cold", p, "wall"), default=None)


def table(head, rows):
    rows = [[str(c) for c in row] for row in rows]
    width = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [head, ["-" * w for w in width], *rows]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(line, width)) + " |"
                     for line in lines) + "\n"


def number(x, form="{:.2f}"):
    return "–" if x is None else form.format(x)


def at_most(x, limit):
    return None if x is None else x <= limit


def both(*marks):
    return None if None in marks else all(marks)


class Targets:
    """The table "How fast" of the issue, line by line."""

    def __init__(self, result):
        self.r = Runs(result["runs"])
        self.trees = {t["name"]: t for t in result["trees"]}
        self.rows = []

    def add(self, measure, tree, reached, target, mark):
        self.rows.append([measure, tree, reached, target, MARK[mark]])

    def floor_ratio(self, tree, measure, program, floor, limit):
        wall = self.r.ratio(tree, "warm", program, floor, "wall")
        cpu = self.r.ratio(tree, "warm", program, floor, "cpu")
        self.add(measure, tree, f"{number(wall)} wall, {number(cpu)} cpu", f"≤ {limit} × floor",
                 both(at_most(wall, limit), at_most(cpu, limit)))

    def aide_ratio(self, tree, measure, program, least, phase="warm", aide=None):
        ours = self.r.median(tree, phase, program, "wall")
        theirs = self.r.of(tree, phase, aide or AIDE_NAMES[program])
        if not ours or not theirs:
            self.add(measure, tree, "–", f"≥ {least} × AIDE", None)
            return
        factor = theirs[0]["wall"] / ours
        ended = theirs[0]["status"] < 0  # by our limit, so that it is even slower than this
        self.add(measure, tree, ("> " if ended else "") + f"{factor:.0f} ×", f"≥ {least} × AIDE",
                 factor >= least)

    def scans(self, tree):
        for measure, program, floor, most, least in (
            ("full check", "invar check", "floor again", 1.15, 25),
            ("init", "invar init", "floor", 1.2, 12),
            ("check --quick", "invar check --quick", "floor, statx", 1.4, 80),
        ):
            self.floor_ratio(tree, measure, program, floor, most)
            self.aide_ratio(tree, measure, program, least)

    def cold(self, tree):
        best = self.r.best_floor(tree)
        ratio = self.r.ratio(tree, "cold", "invar check", best, "wall") if best else None
        self.add("cold full check", tree, number(ratio) + " wall", "≤ 1.2 × best floor",
                 at_most(ratio, 1.2))
        self.aide_ratio(tree, "cold full check", "invar check", 5, "cold")

    def big(self, tree):
        cpu = self.r.median(tree, "warm", "invar check", "cpu")
        rate = self.trees[tree]["bytes"] / cpu / 1e9 if cpu else None
        self.add("large files, SHA-256 a core", tree, number(rate) + " GB/s", "≥ 2.4 GB/s",
                 None if rate is None else rate >= 2.4)
        grown = self.r.value(tree, "cold", "page cache MiB")
        self.add("page cache grown by a cold check", tree, number(grown, "{:.0f}") + " MiB",
                 "≤ 64 MiB", at_most(grown, 64))

    def changes(self, tree):
        files = self.r.value(tree, "changes", "files")
        more = [b["cpu"] - a["cpu"] for a, b in zip(self.r.of(tree, "changes", "unchanged"),
                                                    self.r.of(tree, "changes", "changed"))]
        each = median(more) / files * 1000 if more and files else None
        self.add("cpu of one change of 1,000", tree, number(each, "{:.3f}") + " ms", "≤ 0.2 ms",
                 at_most(each, 0.2))
        was, now = (self.r.value(tree, "changes", f"syncs {w}") for w in ("unchanged", "changed"))
        more = None if was is None or now is None else now - was
        self.add("syncs more than an unchanged check", tree, number(more, "{:.0f}"), "≤ 1",
                 at_most(more, 1))

    def all(self):
        if not any(r["program"].startswith("invar") for r in self.r.runs):
            return "Invar was not measured.\n"
        for name, tree in self.trees.items():
            if tree["role"] in ("usr", "tiny"):
                self.scans(name)
                self.cold(name)
                self.changes(name)
            if tree["role"] == "big":
                self.floor_ratio(name, "full check", "invar check", "floor again", 1.15)
                self.big(name)
            peak = self.r.peak(name)
            self.add("peak memory, all processes", name, number(peak, "{:.1f}") + " MiB",
                     "≤ 32 MiB", at_most(peak, 32))
            state = self.r.value(name, "warm", "state bytes")
            if tree["role"] == "usr":
                each = state / tree["entries"] if state else None
                self.add("state on disk an entry", name, number(each, "{:.0f}") + " bytes",
                         "≤ 110 bytes", at_most(each, 110))
        return table(["measure", "tree", "reached", "target", ""], self.rows)


def times(result):
    runs, rows = Runs(result["runs"]), []
    for tree in (t["name"] for t in result["trees"]):
        for phase in ("warm", "cold"):
            for program in runs.programs(tree, phase):
                wall = runs.median(tree, phase, program, "wall")
                pss = [r["pss"] for r in runs.of(tree, phase, program, False) if r.get("pss")]
                floor = runs.median(tree, phase, "floor" if phase == "warm" else
                                    runs.best_floor(tree) or "", "wall")
                rows.append([tree, phase, program, number(wall, "{:.3f}"),
                             number(runs.median(tree, phase, program, "cpu"), "{:.3f}"),
                             number(wall / floor if floor else None),
                             number(max(pss, default=None), "{:.1f}"),
                             len(runs.of(tree, phase, program))])
    return table(["tree", "cache", "program", "wall s", "cpu s", "× full floor", "peak PSS MiB",
                  "runs"], rows)


def markdown(result):
    m = result["machine"]
    trees = table(["tree", "entries", "files", "MB"],
                  [[t["name"], t["entries"], t["files"], f"{t['bytes'] / 1e6:.0f}"]
                   for t in result["trees"]])
    notes = "".join(f"- {n}\n" for n in result["notes"]) or "- none\n"
    return (f"# Invar beside its floor and AIDE\n\n{m['time']}, commit {m['commit']}, "
            f"{m['processor']} × {m['cores']}, {m['memory_mib']} MiB, Linux {m['kernel']}, "
            f"{m['file system']}, {m['aide']}, {m['rounds']} rounds\n\n{trees}\n"
            f"## What was measured (medians)\n\n{times(result)}\n"
            f"## Against the targets (medians of the ratios, round by round)\n\n"
            f"{Targets(result).all()}\nNotes:\n\n{notes}")
