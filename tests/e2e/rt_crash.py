#!/usr/bin/env python3
"""kill -9 of a random role again and again while things change; a full disk below the state. Nothing is lost or doubled
in the ledger. See rt_crash.sh."""

import os, random, signal, subprocess, sys, time

import live
from live import Live, note, point, skip, told, until

ROUNDS = int(os.environ.get("ROUNDS", "24"))
R = random.Random(int(os.environ.get("SEED", "20261123")))
ROLES = ("watcher", "collector", "link", "parent")


def how():
    for x in os.environ.get("HOW", "agent watch").split():
        if subprocess.run([live.INVAR, "help", x], capture_output=True, check=False).returncode == 0:
            return x
    return None


def some_changes(base, n, made):
    """One file nobody touches again, and a few that everybody does."""
    path = "%s/round%d" % (base, n)
    with open(path, "w", encoding="utf-8") as f:
        f.write("%d\n" % n)
    made.append(os.fsencode(path))
    for i in range(R.randint(1, 8)):
        name = "%s/f%d" % (base, R.randrange(40))
        what = R.randrange(4)
        try:
            if what == 0:
                os.unlink(name)
            elif what == 1:
                os.rename(name, "%s/f%d" % (base, R.randrange(40)))
            elif what == 2:
                os.chmod(name, R.choice([0o600, 0o640, 0o644, 0o755]))
            else:
                with open(name, "w", encoding="utf-8") as f:
                    f.write("%d %d\n" % (n, i) * R.randint(1, 9))
        except FileNotFoundError:
            pass


def victim(l):
    roles = {name: pid for name in ROLES if (pid := l.role(name))}
    pids = [p for p in l.pids() if (live.stat_of(p) or (0, 0, b"Z"))[2] != b"Z"]
    if not pids:
        return None, "nobody"
    if roles and R.random() < 0.8:
        name = R.choice(sorted(roles))
        return roles[name], name
    pid = R.choice(pids)
    return pid, live.text_of(pid, "comm") or "?"


def kills(work, way):
    text = "%s, %d kills" % (way, ROUNDS)
    l = Live(work + "/kills", work + "/kills/base", way)
    for i in range(40):
        with open("%s/f%d" % (l.base, i), "w", encoding="utf-8") as f:
            f.write("%d\n" % i)
    before = live.seen(l.base)
    l.init().start()
    root = l.invar("status", ok=0)[1][0]["approved_root"]
    made, killed, restarts = [], {}, 0
    for n in range(ROUNDS):
        some_changes(l.base, n, made)
        time.sleep(R.choice([0, 0.001, 0.01, 0.05, 0.2, 0.5]))
        pid, name = victim(l)
        if pid:
            try:
                os.kill(pid, signal.SIGKILL)
                killed[name] = killed.get(name, 0) + 1
            except ProcessLookupError:
                pass
        some_changes(l.base, 100000 + n, made)
        time.sleep(R.choice([0, 0.01, 0.1]))
        if until(0.3, lambda: l.process.poll() is not None):
            left = [p for p in l.pids() if p != l.process.pid]
            point(until(15, lambda: not [p for p in left if (live.stat_of(p) or (0, 0, b"Z"))[2] != b"Z"]),
                  "%s, round %d: nobody stays behind without its parent" % (text, n)) if R.random() < 0.1 else None
            some_changes(l.base, 200000 + n, made)
            l.start(ready=0)  # as systemd would
            restarts += 1
    note("killed: %s; started again %d times" % (killed, restarts))
    if l.process.poll() is not None:
        l.start(ready=0)
    point(l.ready(60), text + ": it hears of changes at the end", l.said())
    l.settle(quiet=2, seconds=90)
    status = l.end()
    point(status == 0, text + ": it ends as it should", "status %s" % status, l.said())
    l.judge(text, before)
    news = live.changes_of(l.news())
    counts = {}
    for r in news:
        if r["change"] == "created":
            counts[live.key_of(r)] = counts.get(live.key_of(r), 0) + 1
    wrong = ["%s: %d times" % (os.fsdecode(k), counts.get(k, 0)) for k in made if counts.get(k, 0) != 1]
    point(not wrong, text + ": each of %d new files was told once" % len(made), *wrong)
    point(l.invar("status", ok=0)[1][0]["approved_root"] == root, text + ": the approved state has not moved")
    records = [r for r in l.news() if r["record"] in ("loss", "repair")]
    mended = {r["loss"] for r in records if r["record"] == "repair"}
    left = [r for r in records if r["record"] == "loss" and r["seq"] not in mended]
    point(not left, text + ": whatever was lost was repaired", *(str(r)[:200] for r in left[:4]))


def full_disk(work, way):
    text = way + ", a full disk"
    l = Live(work + "/full", work + "/full/base", way)
    os.makedirs(l.state)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", l.state], check=False).returncode:
        skip(text, "no tmpfs")
        return
    for i in range(100):
        with open("%s/f%d" % (l.base, i), "w", encoding="utf-8") as f:
            f.write("%d\n" % i)
    before = live.seen(l.base)
    l.invar("init", ok=0)
    l.first = l.ledger()[-1]["seq"]
    l.start()
    made = []
    for turn in range(3):
        fill = l.state + "/fill"
        try:
            with open(fill, "wb", buffering=0) as f:
                while True:
                    f.write(bytes(4096))
        except OSError:
            pass
        for i in range(40):
            some_changes(l.base, 1000 * turn + i, made)
            time.sleep(0.02)
        if turn == 1:
            for i in range(2000):
                with open("%s/many%d" % (l.base, i), "w", encoding="utf-8") as f:
                    f.write("x")
        time.sleep(2)
        status, out, err = l.invar("status")
        note("full: status ends with %d %s" % (status, err.strip()[:200]))
        os.unlink(fill)
        some_changes(l.base, 1000 * turn + 900, made)
        if l.process.poll() is not None:
            note("it ended: %s" % l.said().strip()[-300:])
            l.start(ready=0)
        point(l.ready(60), "%s, turn %d: hears again with room" % (text, turn), l.said())
    l.settle(quiet=2, seconds=90)
    point(l.end() == 0, text + ": it ends as it should", l.said())
    l.judge(text, before)
    wrong = [k for k in made if sum(live.key_of(r) == k for r in live.changes_of(l.news()) if r["change"] == "created") != 1]
    point(not wrong, text + ": each of %d new files was told once" % len(made), *map(os.fsdecode, wrong))


def main():
    way = how()
    if way is None:
        skip("kills", "neither agent nor watch")
        return live.Tap.done()
    only = os.environ.get("ONLY", "kills full").split()
    for name, f in (("kills", kills), ("full", full_disk)):
        if name in only:
            try:
                f(os.environ["WORK"], way)
            except AssertionError as e:
                point(False, "%s, %s" % (way, name), e)
    skip("the clock steps", "every clock here is the host's; a time namespace moves only the monotonic ones")
    return live.Tap.done()


if __name__ == "__main__":
    sys.exit(main())
