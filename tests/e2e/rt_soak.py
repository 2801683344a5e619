#!/usr/bin/env python3
"""Random changes for a while, of files, programs that run and listeners, beside a naive oracle: at the end the ledger leads
to what is there, and nobody has grown. See rt_soak.sh."""

import os, random, shutil, socket, subprocess, sys, threading, time

import live, oracle
from live import Live, note, point, skip, told, until

SECONDS = int(os.environ.get("SOAK", "40"))
SEED = int(os.environ.get("SEED", "20261123"))
R = random.Random(SEED)
ADDRESS, FIRST_PORT, PORTS = "127.0.77.1", 45100, 8
PROGRAMS = 4


class Processes:
    """A few programs of our own, some running."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.paths = []
        for i in range(PROGRAMS):
            self.paths.append("%s/soak%d" % (folder, i))
            shutil.copy("/bin/sleep", self.paths[-1])
        self.running = {}

    def step(self):
        path = R.choice(self.paths)
        if path in self.running:
            p = self.running.pop(path)
            p.kill()
            p.wait()
        else:
            self.running[path] = subprocess.Popen([path, "3600"], stdin=subprocess.DEVNULL)

    def there(self):
        return {"%s@root" % p for p in self.running}

    def end(self):
        for p in self.running.values():
            p.kill()
            p.wait()


class Ports:
    def __init__(self):
        self.open = {}

    def step(self):
        n = FIRST_PORT + R.randrange(PORTS)
        if n in self.open:
            self.open.pop(n).close()
            return
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((ADDRESS, n))
            s.listen(1)
            self.open[n] = s
        except OSError:
            s.close()

    def there(self):
        return {"tcp/%s/%d" % (ADDRESS, n) for n in self.open}


class Meter(threading.Thread):
    """Memory and descriptors of each of its processes, every second."""

    def __init__(self, l):
        super().__init__(daemon=True)
        self.l, self.rows, self.going = l, {}, True
        self.start()

    def run(self):
        while self.going:
            for pid in self.l.pids():
                s = live.stat_of(pid)
                if s and s[2] != b"Z":
                    self.rows.setdefault(pid, []).append((live.pss_kib(pid), live.descriptors(pid), s[4]))
            time.sleep(1)

    def judge(self):
        self.going = False
        self.join()
        total = 0
        for pid, rows in self.rows.items():
            if len(rows) < max(12, SECONDS // 3):
                note("came and went: %d %s, seen %d times" % (pid, rows[-1][2], len(rows)))
                continue  # one that comes and goes
            q = len(rows) // 4
            early, late = (sorted(r[0] for r in x)[len(x) // 2] for x in (rows[q:2 * q], rows[-q:]))
            fds = [max(r[1] for r in x) for x in (rows[q:2 * q], rows[-q:])]
            total += max(r[0] for r in rows)
            name = "%s (%s)" % (live.text_of(pid, "cmdline")[:40] or "gone", rows[-1][2])
            note("%s: PSS %.1f, then %.1f MiB; descriptors %d, then %d" % (name, early / 1024, late / 1024, *fds))
            # those who look are expendable, and have the lists of packages now and then: bounded, not even
            expendable = rows[-1][2] in ("invar-crew", "invar-rooms")
            most = 24576 if expendable else early * 1.10 + (1024 if SECONDS >= 300 else 4096)
            point(late <= most, "does not grow: " + rows[-1][2], "%d KiB, then %d KiB" % (early, late))
            point(fds[1] <= fds[0] + 4, "does not keep descriptors: " + rows[-1][2], fds)
        note("all its processes, each at its most: %.1f MiB" % (total / 1024))


def net(l, kind, there, mine):
    """By the ledger: which of these are there now?"""
    now = set()
    for r in live.changes_of(l.news(), kind):
        key = os.fsdecode(live.key_of(r))
        if not mine(key):
            continue
        if r["change"] == "created" and key in now or r["change"] == "deleted" and key not in now:
            point(False, "soak, %s: %s fits what was before" % (kind, told(r)))
        if r["change"] == "deleted":
            now.discard(key)
        else:
            now.add(key)
    point(now == there, "soak, %s: the ledger leads to what is there" % kind, "missing: %s" % sorted(there - now),
          "too many: %s" % sorted(now - there))


def main():
    work = os.environ["WORK"]
    way = next((x for x in os.environ.get("HOW", "agent watch").split()
                if subprocess.run([live.INVAR, "help", x], capture_output=True, check=False).returncode == 0), None)
    if way is None:
        skip("soak", "neither agent nor watch")
        return live.Tap.done()
    place, base = work + "/soak", work + "/soak/base"
    programs, ports = Processes(work + "/soak-bin"), Ports()
    most = ["all", "-ctime", "-btime", "-inode", "-nlink", "-device", "-sha1", "-md5", "-sha512"]
    l = Live(place, base, way, [
        {"id": "files", "severity": "high", "kind": "file", "base": base, "fields": most,
         "types": ["regular", "symlink", "fifo", "socket", "block", "char"]},
        {"id": "folders", "severity": "high", "kind": "file", "base": base, "types": ["directory"],
         "fields": most + ["-mtime"]},
        {"id": "programs", "severity": "low", "kind": "process", "include": [work + "/soak-bin/*"]},
        {"id": "ports", "severity": "low", "kind": "port", "include": ["tcp/%s/*" % ADDRESS]}])
    for i in range(oracle.TREES):
        os.makedirs(base + "/t%d" % i)
    oracle.R = R
    oracle.edit(base.encode(), 60)
    before = live.seen(base)
    l.init().start()
    root = l.invar("status", ok=0)[1][0]["approved_root"]
    meter, end, rounds = Meter(l), time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        rounds += 1
        if R.random() < 0.7:
            oracle.edit(base.encode(), R.choice([1, 1, 2, 5, 25]))
        if R.random() < 0.1:
            programs.step()
        if R.random() < 0.1:
            ports.step()
        if R.random() < 0.02:
            time.sleep(1.5)
        time.sleep(R.choice([0, 0.001, 0.02, 0.1]))
        if l.process.poll() is not None:
            point(False, "soak: it ended", l.said())
            break
    note("%d rounds, seed %d, %s" % (rounds, SEED, way))
    l.settle(quiet=2, seconds=90)
    meter.judge()
    lost = [line for line in l.said().split("\n") if "ended" in line or "crash" in line or "damaged" in line]
    point(not lost, "soak: none of its processes was lost", *lost)
    here, listening = programs.there(), ports.there()
    point(l.end() == 0, "soak: it ends as it should", l.said())
    l.judge("soak", before)
    net(l, "process", here, lambda k: k.startswith(work + "/soak-bin/"))
    net(l, "port", listening, lambda k: k.startswith("tcp/" + ADDRESS))
    point(l.invar("status", ok=0)[1][0]["approved_root"] == root, "soak: the approved state has not moved")
    programs.end()
    return live.Tap.done()


if __name__ == "__main__":
    sys.exit(main())
