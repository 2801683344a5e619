#!/usr/bin/env python3
"""What was not heard of is looked for: queues that overflow, processes that stand still or die, mounts that go and come.
Every entity that differs is told once, the ledger says what was lost and that it was repaired, and the approved state stays
where it is. See rt_loss.sh."""

import os, random, signal, struct, subprocess, sys, time

import live
from live import Live, note, point, skip, told, until

MANY = int(os.environ.get("ENTITIES", "10000"))
HOW = os.environ.get("HOW", "agent").split()
R = random.Random(20261123)


def plant(base, n):
    for i in range(n):
        if i % 100 == 0:
            os.makedirs("%s/%03d" % (base, i // 100), exist_ok=True)
        with open("%s/%03d/f%d" % (base, i // 100, i), "w", encoding="utf-8") as f:
            f.write("content %d\n" % i)


def change(base, n, tag):
    """Every one of n entities: written, chmodded, deleted, renamed, or a new one beside it. How many changes that makes."""
    for i in range(n):
        path = "%s/%03d/f%d" % (base, i // 100, i)
        what = i % 5
        if not os.path.exists(path):
            what = 4
        if what == 0:
            with open(path, "a", encoding="utf-8") as f:
                f.write("%s\n" % tag)
        elif what == 1:
            os.chmod(path, os.stat(path).st_mode & 0o7777 ^ 0o070)
        elif what == 2:
            os.unlink(path)
        elif what == 3:
            os.rename(path, path + "." + tag)
        else:
            with open("%s/%03d/new%d.%s" % (base, i // 100, i, tag), "w", encoding="utf-8") as f:
                f.write("%d %s\n" % (i, tag))
    return n


def approved(l):
    return l.invar("status", ok=0)[1][0]["approved_root"]


def losses(l, text, wanted=True):
    """Every loss has its repair, behind it."""
    news = l.news()
    lost = [r for r in news if r["record"] == "loss"]
    mended = [r for r in news if r["record"] == "repair"]
    note("%s: %d losses, %d repairs; %s" % (text, len(lost), len(mended), (lost or [{}])[0].get("text", "")))
    if wanted:
        point(lost, text + ": the ledger tells of the loss")
    open_ = [r["seq"] for r in lost if not any(m["seq"] > r["seq"] and m.get("loss", r["seq"]) == r["seq"] for m in mended)]
    point(not open_, text + ": and of its repair", "losses without one: %s" % open_[:10])


def kinds_of(l):
    seen = {}
    for r in l.without_pulse(l.news()):
        seen[r["observed"]] = seen.get(r["observed"], 0) + 1
    return seen


def verdict(l, text, before, root, lost=True):
    l.settle(quiet=1.5, seconds=90)
    note("%s: %s" % (text, kinds_of(l)))
    status = l.end()
    point(status == 0, text + ": it ends as it should", "status %s" % status, l.said())
    l.judge(text, before)
    losses(l, text, lost)
    point(approved(l) == root, text + ": the approved state has not moved")


def case(work, how, name, n):
    l = Live("%s/%s-%s" % (work, how, name), "%s/%s-%s/base" % (work, how, name), how)
    plant(l.base, n)
    before = live.seen(l.base)
    l.init()
    return l.start(), before, approved(l)


def stopped(l, pids, seconds, act):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        act()
        time.sleep(seconds)
    finally:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass


# ---- the cases ----

def overflow(work, how):
    """The watcher stands still while more happens than the kernel's queue holds."""
    text = how + ", queue overflow"
    l, before, root = case(work, how, "overflow", 2000)
    watcher = l.role("watcher")
    if not watcher:
        point(False, text, "no process of that role: %s" % [live.text_of(p, "comm") for p in l.pids()])
        l.end()
        return

    def storm():
        os.makedirs(l.base + "/storm")
        for i in range(9000):  # four events each, of which some merge
            with open(l.base + "/storm/%d.tmp" % i, "w", encoding="utf-8") as f:
                f.write("%d" % i)
            os.rename(l.base + "/storm/%d.tmp" % i, l.base + "/storm/%d" % i)
        change(l.base, 2000, "storm")
    stopped(l, [watcher], 0, storm)
    verdict(l, text, before, root)


def fast(work, how):
    """More than anybody can follow, nobody stopped: short-lived files beside those that stay."""
    text = how + ", storm"
    l, before, root = case(work, how, "fast", 500)
    line = ('import os,sys\nfor i in range(15000):\n p=sys.argv[1]+"/s%d.%s"%(i,sys.argv[2])\n'
            ' f=open(p,"w");f.write(str(i));f.close()\n os.rename(p,p+"x")\n'
            ' if i%10:os.unlink(p+"x")\n')
    both = [subprocess.Popen([sys.executable, "-c", line, l.base, str(n)]) for n in range(2)]
    for p in both:
        p.wait()
    change(l.base, 500, "fast")
    verdict(l, text, before, root, lost=False)


def collector_stands(work, how):
    text = how + ", the collector stands still for 10 s"
    l, before, root = case(work, how, "stands", 3000)
    pid = l.role("collector") or l.process.pid
    stopped(l, [pid], 10, lambda: change(l.base, 3000, "stood"))
    verdict(l, text, before, root, lost=False)


def clock(work, how):
    """Somebody sets the clock, forward and far back, while the agent runs and while it does not: what happens is told all the
    same and once, nothing is done again and again, and no time that was lost ends before it began."""
    text = how + ", the clock is set"
    shim = os.path.join(os.path.dirname(os.path.abspath(live.INVAR)), "e2e/other_clock.so")
    with open(live.INVAR, "rb") as f:
        if not os.path.exists(shim) or b"libasan" in f.read():
            skip(text, "this build takes no other clock")
            return
    l = Live("%s/%s-clock" % (work, how), "%s/%s-clock/base" % (work, how), how)
    plant(l.base, 200)
    before = live.seen(l.base)
    root = approved(l.init())
    l.place_of_clock = l.place + "/clock"

    def set_clock(days):
        with open(l.place_of_clock, "r+b" if os.path.exists(l.place_of_clock) else "w+b") as f:
            f.write(struct.pack("=q", days * 86400))

    set_clock(0)
    os.environ.update(LD_PRELOAD=shim, OTHER_CLOCK=l.place_of_clock)
    try:
        l.start()
        for days in 10, -20:
            set_clock(days)
            seq = l.ledger()[-1]["seq"]
            change(l.base, 200, "days%d" % days)
            l.settle(quiet=1)
            late = {r["observed"] for r in l.without_pulse(l.news(seq))} - {"realtime"}
            point(not late, text + " by %d days: what happens is told as it happens" % days, late)
        scans = [r for r in l.news() if r["record"] == "coverage"]
        point(len(scans) <= 2, text + ": nothing is scanned because of that", len(scans))
        l.end()
        set_clock(-40)
        l.start()
        status = l.end()
    finally:
        del os.environ["LD_PRELOAD"], os.environ["OTHER_CLOCK"]
    point(status == 0, text + ": it ends as it should", "status %s" % status, l.said())
    wrong = [r for r in l.news() if "from" in r and r["from"] > r["to"]]
    point(not wrong, text + ": no time ends before it began", *wrong)
    point(any(r["record"] == "loss" and "set back" in r["text"] for r in l.news()),
          text + ": the absence says that the clock was set back")
    verdict(l.start(), text, before, root, lost=False)


def for_good(work, how, role):
    """One process stands still and is never continued: it is noticed, and another one takes its place. Returns what judges
    that, for later: nothing is to be done meanwhile."""
    text = "%s, the %s stands still for good" % (how, role)
    l, before, root = case(work, how, role, 500)
    pid = l.role(role)
    if not pid:
        point(False, text, "no process of that role: %s" % [live.text_of(p, "comm") for p in l.pids()])
        l.end()
        return lambda: None
    os.kill(pid, signal.SIGSTOP)
    begin = time.monotonic()
    change(l.base, 500, role)

    def judge():
        another = until(90, lambda: l.role(role) not in (None, pid), step=0.2)
        point(another, text + ": another one takes its place", l.said())
        note("%s: another one by %.1f s" % (text, time.monotonic() - begin))
        if role == "watcher":
            said = until(30, lambda: any(r["record"] == "loss" and "stood still" in r["text"] for r in l.news()))
            point(said, text + ": the ledger says that it stood still")
        verdict(l, text, before, root)
    return judge


def mounts(work, how):
    """A watched mount goes, is written to elsewhere, and comes back."""
    text = how + ", a mount goes and comes"
    place = "%s/%s-mounts" % (work, how)
    base, other, image = place + "/base", place + "/other", place + "/image"
    os.makedirs(base + "/mnt")
    os.makedirs(other)
    with open(image, "wb") as f:
        f.truncate(64 << 20)
    if subprocess.run(["mkfs.ext4", "-q", "-F", image], check=False).returncode or \
            subprocess.run(["mount", "-o", "loop", image, base + "/mnt"], check=False).returncode:
        skip(text, "no loop device")
        return
    plant(base, 200)
    plant(base + "/mnt", 300)
    before = live.seen(base)
    l = Live(place, base, how).init().start()
    root = approved(l)
    subprocess.run(["umount", base + "/mnt"], check=True)
    l.settle(quiet=2)
    note("unmounted: %s" % kinds_of(l))
    subprocess.run(["mount", "-o", "loop", image, other], check=True)
    change(other, 300, "away")
    subprocess.run(["umount", other], check=True)
    subprocess.run(["mount", "-o", "loop", image, base + "/mnt"], check=True)
    l.settle(quiet=2)
    at = len(l.without_pulse(l.got()))
    with open(base + "/mnt/000/f299.late", "w", encoding="utf-8") as f:
        f.write("heard of again\n")
    heard = until(30, lambda: any(told(r, base).endswith("f299.late") and r["observed"] == "realtime"
                                 for r in l.without_pulse(l.got())[at:]))
    point(heard, text + ": and is heard of again")
    fresh = place + "/fresh"
    os.makedirs(base + "/mnt2")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", base + "/mnt2"], check=True)
    with open(base + "/mnt2/early", "w", encoding="utf-8") as f:
        f.write("in a race\n")
    time.sleep(1)
    with open(base + "/mnt2/later", "w", encoding="utf-8") as f:
        f.write("a new mount is watched\n")
    names = {b"early", b"later"}
    got = until(30, lambda: names <= {live.key_of(r).rpartition(b"/")[2] for r in l.without_pulse(l.got())})
    point(got, text + ": a new one is watched, too", fresh)
    verdict(l, text, before, root, lost=False)


def away(work, how, name, leave, back):
    """Ten thousand entities change while the agent is away."""
    text = "%s, %d changed while it %s" % (how, MANY, name)
    l, before, root = case(work, how, name.split()[0], MANY)
    seq = l.ledger()[-1]["seq"]
    leave(l)
    change(l.base, MANY, "away")
    begin = time.monotonic()
    back(l)
    l.settle(quiet=2, seconds=120)
    note("%s: back and told after %.1f s" % (text, time.monotonic() - begin))
    first = l.without_pulse(l.news(seq))
    keys = [live.key_of(r) for r in first]
    point(len(keys) == len(set(keys)), text + ": each is told once", "%d twice" % (len(keys) - len(set(keys))))
    scans = {r["observed"] for r in first}
    point("scan" not in scans, text + ": said to be late", scans)
    verdict(l, text, before, root, lost=False)


def hidden(l):
    """Who killed it stops the next one at once; the ledger says by then that it was killed."""
    seq = l.ledger()[-1]["seq"]
    l.start(ready=0)
    said = until(20, lambda: any(r["record"] == "loss" and "killed" in r["text"] for r in l.news(seq)))
    l.end()
    point(said, l.how + ", killed: a start and a stop do not hide it", l.said())
    l.start()


def cases():
    cont = lambda l: l.kill(signal.SIGCONT)
    return (("overflow", overflow), ("clock", clock), ("fast", fast), ("stands", collector_stands), ("mounts", mounts),
            ("stopped", lambda w, h: away(w, h, "stood still", lambda l: l.kill(signal.SIGSTOP), cont)),
            ("killed", lambda w, h: away(w, h, "was killed", Live.dead, hidden)),
            ("ended", lambda w, h: away(w, h, "ended cleanly", Live.end, Live.start)))


def main():
    work = os.environ["WORK"]
    only = os.environ.get("ONLY", "").split()
    for how in HOW:
        if subprocess.run([live.INVAR, "help", how], capture_output=True, check=False).returncode:
            skip(how, "no such command")
            continue
        later = []  # what takes long goes on beside the others
        stuck = [(role, lambda w, h, role=role: later.append((role, for_good(w, h, role))))
                 for role in ("watcher", "collector") if how == "agent" or role == "watcher"]
        for name, f in (*stuck, *cases()):
            if only and name not in only:
                continue
            try:
                f(work, how)
            except AssertionError as e:
                point(False, "%s, %s" % (how, name), e)
        for name, judge in later:
            try:
                judge()
            except AssertionError as e:
                point(False, "%s, %s" % (how, name), e)
    return live.Tap.done()


if __name__ == "__main__":
    sys.exit(main())
