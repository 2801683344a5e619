"""Common ground of the tests of the live agent: rt_files.py, rt_loss.py, rt_crash.py, rt_soak.py, and of
bench/realtime.py. The program under test, its processes, what it prints, what its ledger holds.

The ledger is judged by replaying it: starting from what the naive oracle (oracle.py) saw before, every
change must fit what the changes before it led to (`was`), and what all of them lead to must be what the
oracle sees at the end. So a change that is missing, doubled or wrong cannot hide behind another one.
"""

import base64, json, os, shutil, signal, subprocess, sys, threading, time

import oracle

INVAR = oracle.INVAR
FIELDS = ("type", "mode", "uid", "gid", "size", "sha256", "target", "mtime")
BEGIN = time.monotonic()
SLOW = float(os.environ.get("SLOW", 1 + os.getloadavg()[0] / os.cpu_count()))  # all limits times this


# ---- TAP ----

class Tap:
    points = failed = 0

    @classmethod
    def point(cls, good, text, *why):
        cls.points += 1
        print(("ok " if good else "not ok ") + "%d - %s" % (cls.points, text), flush=True)
        if not good:
            cls.failed += 1
            lines = "\n".join(str(w) for w in why).split("\n")
            print("\n".join("# " + x[:400] for x in lines[:40]), flush=True)
        return good

    @classmethod
    def skip(cls, text, why):
        cls.points += 1
        print("ok %d - %s # SKIP %s" % (cls.points, text, why), flush=True)

    @classmethod
    def done(cls):
        print("1..%d" % cls.points, flush=True)
        return cls.failed > 0


point, skip = Tap.point, Tap.skip


def note(text):
    print("# %.1f s: %s" % (time.monotonic() - BEGIN, text), flush=True)


# ---- processes ----

def stat_of(pid):
    """parent, session, state, ticks of user and system, name; None when it is gone."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as f:
            head, rest = f.read().rsplit(b") ", 1)
    except (OSError, ValueError):
        return None
    x = rest.split()
    return int(x[1]), int(x[3]), x[0], int(x[11]) + int(x[12]), head.split(b"(", 1)[1].decode("latin-1")


def family(leader):
    """A process and all that descends from it or is of its session."""
    known = {p: s for p in map(int, filter(str.isdigit, os.listdir("/proc"))) if (s := stat_of(p))}
    found, size = {p for p in known if p == leader or known[p][1] == leader}, -1
    while size != len(found):
        size = len(found)
        found |= {p for p in known if known[p][0] in found}
    return found


def text_of(pid, name):
    try:
        with open("/proc/%d/%s" % (pid, name), "rb") as f:
            return f.read().replace(b"\0", b" ").decode("latin-1").strip()
    except OSError:
        return ""


def pss_kib(pid):
    for line in text_of(pid, "smaps_rollup").split("\n"):
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def descriptors(pid):
    try:
        return len(os.listdir("/proc/%d/fd" % pid))
    except OSError:
        return 0


def cpu_seconds(pid):
    s = stat_of(pid)
    return s[3] / os.sysconf("SC_CLK_TCK") if s else 0.0


def until(seconds, holds, step=0.02):
    """Wait for a condition; its value, or the last one."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = holds()
        if value or time.monotonic() > end:
            return value
        time.sleep(step)


# ---- what is printed and recorded ----

def key_of(r, name="key"):
    return base64.b64decode(r[name + "_b64"]) if name + "_b64" in r else os.fsencode(r[name])


def changes_of(records, kind="file"):
    return [r for r in records if r.get("record") == "change" and r["kind"] == kind]


def told(r, base=""):
    """A change in a line: created KEY, updated KEY FIELDS, renamed KEY <- OLD."""
    def short(key):
        key = os.fsdecode(key)
        return key[len(base) + 1:] if base and key.startswith(base + "/") else key
    line = r["change"] + " " + short(key_of(r))
    if r["change"] == "renamed":
        line += " <- " + short(key_of(r, "old_key"))
    return line + (" " + ",".join(r["fields"]) if r["change"] == "updated" else "")


def state_of(rec):
    """What the oracle saw, or the program says, as far as both are compared."""
    if rec is None:
        return None
    x = {f: rec.get(f) for f in FIELDS}
    if isinstance(x["mtime"], int):
        x["mtime"] = oracle.rfc3339(x["mtime"])
    if "target_b64" in rec:
        x["target"] = base64.b64decode(rec["target_b64"])
    if isinstance(x["target"], str):
        x["target"] = x["target"].encode()
    if x["type"] == "directory":  # what happens in it is told by what is in it
        x["mtime"] = x["size"] = None
    if x["type"] != "regular":
        x["size"] = x["sha256"] = None
    return x


def seen(base):
    """Everything below a folder, as the oracle sees it now."""
    base = os.fsencode(base)
    got = {base: state_of(oracle.look(base))}
    got.update((k, state_of(v)) for k, v in oracle.snapshot(base).items())
    return got


class Replay:
    """The ledger's changes upon a state."""

    def __init__(self, state, inside=None):
        self.state = dict(state)
        self.inside = inside or (lambda key: True)
        self.problems, self.applied = [], 0

    @staticmethod
    def moved(key, pairs):
        """Where this is when the folders of these pairs (from, to) move: the deepest one decides."""
        for one, other in sorted(pairs, key=lambda m: -len(m[0])):
            if key.startswith(one + b"/"):
                return other + key[len(one):]
        return key

    def batch(self, changes):
        """Changes of one transaction: all of them speak of the state before and behind it."""
        before, after = self.state, {}
        keys = [key_of(c) for c in changes]
        renames = [(key_of(c, "old_key"), key_of(c)) for c in changes if c["change"] == "renamed"]
        folders = [m for m in renames if (before.get(m[0]) or {}).get("type") == "directory"]
        back = [(new, old) for old, new in folders]
        gone = {old for old, _ in renames} | {key_of(c) for c in changes if c["change"] == "deleted"}
        for key, value in before.items():
            if key not in gone:
                after[self.moved(key, folders)] = value
        for c in changes:
            key = key_of(c)
            if not self.inside(key):
                continue
            self.applied += 1
            if keys.count(key) > 1:
                self.problems.append("twice in one transaction: " + told(c))
            if c["change"] == "created":
                self.fits(c, after.get(key) if key not in before or key not in gone else None)
            elif c["change"] == "updated":
                self.fits(c, before.get(self.moved(key, back)))
            else:
                self.fits(c, before.get(key_of(c, "old_key") if c["change"] == "renamed" else key))
        for c in changes:
            if c["change"] != "deleted" and self.inside(key_of(c)):
                after[key_of(c)] = state_of(c["is"])
        self.state = after

    def fits(self, c, have):
        was = state_of(c.get("was"))
        if was != have:
            differ = [f for f in FIELDS if (was or {}).get(f) != (have or {}).get(f)]
            self.problems.append("seq %s %s: was %s, but the ledger before said %s" % (
                c.get("seq"), told(c), was and {f: was[f] for f in differ}, have and {f: have[f] for f in differ}))

    def all(self, records):
        """In the order of the ledger; what has the same time is of one transaction."""
        group = []
        for c in changes_of(records):
            if group and group[-1]["time"] != c["time"]:
                self.batch(group)
                group = []
            group.append(c)
        if group:
            self.batch(group)
        return self

    def against(self, final):
        """What is missing or wrong at the end, besides what did not fit on the way."""
        out = list(self.problems)
        for key in sorted(set(self.state) | set(final)):
            if not self.inside(key):
                continue
            have, want = self.state.get(key), final.get(key)
            if have != want:
                out.append("%s: the ledger leads to %s, on the host is %s" % (
                    os.fsdecode(key), *({f: x[f] for f in FIELDS if not (have and want) or have[f] != want[f]}
                                        if x else "nothing" for x in (have, want))))
        return out


# ---- the program ----

class Live:
    """One policy, one state, and the program running with them: `invar watch` or `invar agent`."""

    def __init__(self, place, base, how="watch", rules=None, exclude=()):
        self.place, self.base, self.how = place, base, how
        os.makedirs(place, exist_ok=True)
        os.makedirs(base, exist_ok=True)
        self.state, self.policy = place + "/state", place + "/policy.yaml"
        self.process, self.threads, self.records = None, [], []
        self.lock, self.pulse = threading.Lock(), 0
        most = ["all", "-ctime", "-btime", "-inode", "-nlink", "-device", "-sha1", "-md5", "-sha512"]
        rules = rules or [
            {"id": "files", "severity": "high", "kind": "file", "base": base, "fields": most,
             "types": ["regular", "symlink", "fifo", "socket", "block", "char"], "exclude": list(exclude)},
            {"id": "folders", "severity": "high", "kind": "file", "base": base, "types": ["directory"],
             "fields": most + ["-mtime"], "exclude": list(exclude)}]
        self.pulse_file = os.path.dirname(base) + "/pulse/beat"
        os.makedirs(os.path.dirname(self.pulse_file), exist_ok=True)
        rules.append({"id": "pulse", "severity": "info", "kind": "file", "base": os.path.dirname(self.pulse_file),
                      "fields": ["content"]})
        for r in rules:
            r.setdefault("title", r["id"])
        self.rules = rules
        with open(self.policy, "w", encoding="utf-8") as f:
            json.dump({"version": 1, "rules": rules}, f)  # JSON is YAML
        self.config = place + "/agent.yaml"
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(os.environ.get("AGENT_CONFIG", "control: %s\n") % (place + "/control.sock"))
        self.stderr = place + "/stderr"

    def words(self):
        return ["--policy", self.policy, "--state", self.state]

    def invar(self, *words, ok=None, limit=120, extra=()):
        p = subprocess.run([INVAR, *words, *self.words(), *extra, "--json"], stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=limit * SLOW, check=False)
        if ok is not None and p.returncode not in (ok if isinstance(ok, tuple) else (ok,)):
            raise AssertionError("invar %s: status %d\n%s" % (" ".join(words), p.returncode,
                                                              p.stderr.decode("utf-8", "replace")))
        lines = [json.loads(x) for x in p.stdout.decode("utf-8").split("\n") if x]
        return p.returncode, lines, p.stderr.decode("utf-8", "replace")

    def init(self):
        shutil.rmtree(self.state, ignore_errors=True)
        self.invar("init", ok=0)
        self.first = self.ledger()[-1]["seq"]
        return self

    def ledger(self):
        return self.invar("log", ok=0)[1]

    def news(self, since=None):
        """What the ledger got since init."""
        return [r for r in self.ledger() if r["seq"] > (self.first if since is None else since)]

    # -- running --

    def start(self, more=(), ready=30):
        words = [INVAR, self.how, *self.words(), *more]
        if self.how == "agent":
            words += ["--config", self.config]
        else:
            words += ["--json"]
        with open(self.stderr, "ab") as err:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err,
                                            start_new_session=True)
        t = threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True)
        t.start()
        self.threads.append(t)
        if ready and not self.ready(ready):
            raise AssertionError("not ready after %d s: %s" % (ready, self.said()))
        return self

    def read(self, pipe):
        for line in pipe:
            now = time.time_ns()
            try:
                r = json.loads(line)
            except ValueError:
                r = {"record": "unreadable", "text": line.decode("utf-8", "replace")}
            r["arrived"] = now
            with self.lock:
                self.records.append(r)

    def said(self):
        with open(self.stderr, encoding="utf-8", errors="replace") as f:
            return f.read()[-3000:]

    def got(self):
        """Everything told so far: printed, or, by an agent, in its ledger."""
        if self.how == "agent":
            return self.news()
        with self.lock:
            return list(self.records)

    def ready(self, seconds=30):
        """Does it hear of what changes now? For this is a file of its own, beside the base."""
        def heard():
            if self.process.poll() is not None:
                raise AssertionError("it ended with status %d: %s" % (self.process.returncode, self.said()))
            self.pulse += 1
            self.beat(self.pulse)
            key = os.fsencode(self.pulse_file)
            return until(0.5, lambda: any(key_of(r) == key and r["observed"] == "realtime"
                                          for r in changes_of(self.got()[-200:])), 0.05)
        return until(seconds, heard)

    def beat(self, n):
        with open(self.pulse_file, "w", encoding="utf-8") as f:
            f.write("%d\n" % n)

    def settle(self, quiet=0.6, seconds=60):
        """Until nothing more is told, and what is changed now is told at once."""
        def still():
            before = len(changes_of(self.got()))
            time.sleep(quiet)
            return len(changes_of(self.got())) == before and not self.waits()
        return until(seconds, still) and self.echo(seconds)

    def waits(self):
        """Does the agent say that something is still to be looked at?"""
        a = self.invar("status")[1][0].get("agent", {}) if self.how == "agent" else {}
        return any(a.get(x) for x in ("queue", "held", "scans_waiting"))

    def echo(self, seconds=60):
        """Change something, and wait until it is told: what happened before it is told by then, too, or never."""
        self.pulse += 1
        want = "%d\n" % self.pulse
        self.beat(self.pulse)
        digest = oracle.hashlib.sha256(want.encode()).hexdigest()
        key = os.fsencode(self.pulse_file)
        return until(seconds, lambda: any(key_of(r) == key and r.get("is", {}).get("sha256") == digest
                                          for r in changes_of(self.got()[-500:])), 0.05)

    def pids(self):
        return sorted(family(self.process.pid)) if self.process else []

    def role(self, name):
        """The process of this role: by its name or its title."""
        if self.process is None:
            return None
        for pid in self.pids():
            s = stat_of(pid)
            if s and s[2] != b"Z" and (name in s[4] or name in text_of(pid, "cmdline").split(" --")[0]):
                return pid
        return None

    def kill(self, sig=signal.SIGKILL):
        """All its processes at once."""
        for pid in self.pids():
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass

    def end(self):
        """As an administrator does; its exit status."""
        if self.process is None:
            return None
        members = self.pids()
        self.process.send_signal(signal.SIGINT if self.how == "watch" else signal.SIGTERM)
        try:
            status = self.process.wait(60 * SLOW)
        except subprocess.TimeoutExpired:
            status = None
        for pid in members:
            if pid != os.getpid() and (stat_of(pid) or (0, 0, b"Z"))[2] != b"Z":
                left = text_of(pid, "cmdline")
                if status is not None and not until(2, lambda p=pid: (stat_of(p) or (0, 0, b"Z"))[2] == b"Z"):
                    note("left behind: %d %s" % (pid, left))
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.process.wait()
        self.process = None
        for t in self.threads:
            t.join(5)
        self.threads = []
        return status

    def dead(self):
        self.kill()
        self.process.wait()
        self.process = None

    # -- judging --

    def without_pulse(self, records):
        folder = os.fsencode(os.path.dirname(self.pulse_file))
        return [r for r in changes_of(records) if not key_of(r).startswith(folder)]

    def judge(self, text, before, records=None):
        """The ledger leads from what was to what is, it holds, and a fresh look finds nothing more."""
        final = seen(self.base)
        base, excluded = os.fsencode(self.base), os.fsencode(self.base + "/excluded")
        inside = lambda k: (k + b"/").startswith(base + b"/") and not k.startswith(excluded + b"/")
        replay = Replay(before, inside).all(self.news() if records is None else records)
        wrong = replay.against(final)
        point(not wrong, "%s: the ledger leads to what is there (%d changes)" % (text, replay.applied),
              "%d problems" % len(wrong), *wrong)
        status, out, err = self.invar("check", "--exit-zero")
        silent = {"flags", "project"}  # no kernel tells of these; they are polled
        new = [told(r, self.base) for r in self.without_pulse(out)
               if "seq" in r and not (r["change"] == "updated" and set(r["fields"]) <= silent)]
        point(status in (0, 32) and not new, text + ": a fresh check finds nothing more", status, err, *new)
        status, _, err = self.invar("log", "--verify")
        point(status == 0, text + ": the ledger's chain holds", err)
        return not wrong and not new
