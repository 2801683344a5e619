#!/usr/bin/python3
"""From the act to the printed line: rt_kinds.py INVAR WORK ROUNDS ACT…

Runs `invar watch --json` with a policy of the kinds these acts change, does each ROUNDS times and
prints for each "NAME P50 P99 MAX MISSED WHO", times in ms; WHO counts lines with a who. Of
port-owners MISSED counts those that name another one, too."""
import json, os, socket, subprocess, sys, threading, time

INVAR, WORK, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
LIMIT = 30.0
POLLED = ("port-unix", "port-abstract")  # nothing tells of these


SAY = threading.Lock()


def say(line):
    """One line, whole: print() writes its end by itself, and several measure at a time."""
    with SAY:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def append(path, text):
    with open(path, "a") as f:
        f.write(text)


def without(path, text):
    with open(path) as f:
        old = f.read()
    with open(path, "w") as f:
        f.write(old.replace(text, ""))


class Line:
    """A line in a file, there and gone again."""

    def __init__(self, kind, path, line, key):
        self.kind, self.path, self.line, self.key = kind, path, line, key
        os.makedirs(os.path.dirname(path), exist_ok=True)

    def do(self, i):
        append(self.path, self.line % {"i": i} + "\n")
        return self.key % {"i": i, "path": self.path}

    def undo(self, i):
        without(self.path, self.line % {"i": i} + "\n")


class File(Line):
    """A file of its own."""

    def do(self, i):
        append(self.path % {"i": i}, self.line % {"i": i} + "\n")
        return self.key % {"i": i}

    def undo(self, i):
        os.unlink(self.path % {"i": i})


class Owners:
    kind = "port"


class Command:
    def __init__(self, kind, do, undo, key):
        self.kind, self.do_it, self.undo_it, self.key = kind, do, undo, key

    def run(self, words, i):
        subprocess.run([w % {"i": i, "work": WORK} for w in words], check=True,
                       stdout=subprocess.DEVNULL)

    def do(self, i):
        self.run(self.do_it, i)
        return self.key % {"i": i, "work": WORK}

    def undo(self, i):
        self.run(self.undo_it, i)


class Socket:
    kind = "port"

    def __init__(self, family, type_, address, key):
        self.family, self.type, self.address, self.key = family, type_, address, key

    def do(self, i):
        self.s = socket.socket(self.family, self.type)
        address = self.address(i)
        self.s.bind(address)
        if self.type == socket.SOCK_STREAM:
            self.s.listen()
        return self.key(i)

    def undo(self, i):
        self.s.close()


class Program:
    kind = "process"

    def do(self, i):
        path = "%s/program-%d" % (WORK, i)
        subprocess.run(["cp", "/bin/sleep", path], check=True)
        self.t0 = time.time()  # from here on it runs
        self.p = subprocess.Popen([path, "60"])
        return path + "@root"

    def undo(self, i):
        self.p.kill()
        self.p.wait()


def unix(i):
    return "%s/socket-%d" % (WORK, i)


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtpbmRzAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%(i)02d kinds"

ACTS = {
    "user": lambda: Line("user", "/etc/passwd", "kn%(i)d:x:6%(i)03d:65534::/nonexistent:/bin/false",
                         "kn%(i)d"),
    "group": lambda: Line("group", "/etc/group", "kn%(i)d:x:6%(i)03d:", "kn%(i)d"),
    "cron": lambda: File("cron", "/etc/cron.d/kn%(i)d", "1 1 1 1 * root /bin/true %(i)d",
                         "/etc/cron.d/kn%(i)d:root:/bin/true %(i)d"),
    "sudo-rule": lambda: File("sudo-rule", "/etc/sudoers.d/kn%(i)d",
                              "nobody ALL=(ALL) /bin/true %(i)d",
                              "/etc/sudoers.d/kn%(i)d:nobody ALL=(ALL) /bin/true %(i)d"),
    "ssh-key": lambda: Line("ssh-key", "/home/kn/.ssh/authorized_keys", KEY, "kn:"),
    "pam-rule": lambda: File("pam-rule", "/etc/pam.d/kn%(i)d", "auth required pam_deny.so",
                             "kn%(i)d:auth:pam_deny.so"),
    "sysctl-conf": lambda: File("sysctl", "/etc/sysctl.d/kn%(i)d.conf", "kernel.kn%(i)d = 1",
                                "kernel.kn%(i)d"),
    "certificate": lambda: File("certificate", "/etc/apt/sources.list.d/kn%(i)d.list",
                                "deb [trusted=yes] http://kn%(i)d.example/ x main",
                                "apt-unsigned:/etc/apt/sources.list.d/kn%(i)d.list"),
    "unit-file": lambda: File("service", "/etc/systemd/system/kn%(i)d.service",
                              "[Service]\nExecStart=/bin/true", "kn%(i)d.service"),
    "package": lambda: Command("package", ["dpkg", "-i", "--force-all", "%(work)s/kn.deb"],
                               ["dpkg", "--force-all", "-P", "invar-kinds"], "dpkg:invar-kinds:all"),
    "mount": lambda: Command("mount", ["mount", "-t", "tmpfs", "kn", "%(work)s/mnt"],
                             ["umount", "%(work)s/mnt"], "%(work)s/mnt"),
    "firewall": lambda: Command("firewall", ["nft", "add", "table", "inet", "kn%(i)d"],
                                ["nft", "delete", "table", "inet", "kn%(i)d"], "inet/kn%(i)d"),
    "sysctl": lambda: Command("sysctl", ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/lo/log_martians"],
                              ["sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/lo/log_martians"],
                              "net.ipv4.conf.lo.log_martians"),
    "service": lambda: Command("service", ["systemctl", "stop", "cron.service"],
                               ["systemctl", "start", "cron.service"], "cron.service"),
    "bus": lambda: Bus(),
    "process": Program,
    "port-tcp": lambda: Socket(socket.AF_INET, socket.SOCK_STREAM, lambda i: ("127.0.0.1", 7700 + i),
                               lambda i: "tcp/127.0.0.1/%d" % (7700 + i)),
    "port-tcp6": lambda: Socket(socket.AF_INET6, socket.SOCK_STREAM, lambda i: ("::1", 7700 + i),
                                lambda i: "tcp6/::1/%d" % (7700 + i)),
    "port-udp": lambda: Socket(socket.AF_INET, socket.SOCK_DGRAM, lambda i: ("127.0.0.1", 7700 + i),
                               lambda i: "udp/127.0.0.1/%d" % (7700 + i)),
    "port-owners": Owners,
    "port-unix": lambda: Socket(socket.AF_UNIX, socket.SOCK_STREAM, unix,
                                lambda i: "unix/" + unix(i)),
    "port-abstract": lambda: Socket(socket.AF_UNIX, socket.SOCK_STREAM, lambda i: "\0kn%d" % i,
                                    lambda i: "unix/@kn%d" % i),
}


class Bus:
    """A name on the system bus, by a program of the host's."""
    kind = "port"

    def do(self, i):
        self.p = subprocess.Popen(["dbus-test-tool", "echo", "--system", "--name=org.example.kn%d" % i])
        return "dbus/system/org.example.kn%d" % i

    def undo(self, i):
        self.p.kill()
        self.p.wait()


class Watch:
    def __init__(self, kinds):
        policy, state = WORK + "/policy.yaml", WORK + "/state"
        with open(policy, "w") as f:
            f.write("version: 1\nrules:\n")
            for k in sorted(kinds):
                f.write('  - { id: x-%s, severity: low, kind: %s, include: ["*"], '
                        "fields: [standard] }\n" % (k, k))
        where = ["--policy", policy, "--state", state]
        subprocess.run([INVAR, "init", "--replace"] + where, check=False, stdout=subprocess.DEVNULL)
        self.got, self.more = [], threading.Condition()
        self.p = subprocess.Popen([INVAR, "watch", "--json"] + where, stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.wait(lambda r: r.get("record") == "coverage", 0)

    def read(self):
        for line in self.p.stdout:
            now = time.time()
            with self.more:
                self.got.append((now, json.loads(line)))
                self.more.notify_all()  # several wait, each for its own

    def wait(self, what, since):
        """When it was printed and the record, or None; `since`: index into what came."""
        end = time.time() + LIMIT
        with self.more:
            while True:
                for t, r in self.got[since:]:
                    if what(r):
                        return t, r
                since = len(self.got)
                if time.time() > end or not self.more.wait(max(0.01, end - time.time())):
                    return None

    def stop(self):
        self.p.terminate()
        self.p.wait()


def is_change(kind, key):
    def test(r):
        return (r.get("record") == "change" and r["kind"] == kind and r["observed"] == "realtime" and
                (r["key"] == key or key.endswith(":") and r["key"].startswith(key)))
    return test


def once(w, act, i, undo):
    since, t0 = len(w.got), time.time()
    if undo:
        act.undo(i)
        key = act.last
    else:
        key = act.last = act.do(i)
        t0 = getattr(act, "t0", t0)
    found = w.wait(is_change(act.kind, key), since)
    return (found[0] - t0, "who" in found[1]) if found else None


def measure(w, name, act):
    times, who, missed = [], 0, 0
    for i in range(1 if name in POLLED else ROUNDS):
        for undo in (False, True):
            r = once(w, act, i, undo)
            if not r:
                missed += 1
                say("# missed: %s round %d %s" % (name, i, "undo" if undo else "do"))
                continue
            times.append(r[0] * 1000)
            who += r[1]
            time.sleep(0.1 * ((i * 7 + undo) % 5))
    times.sort()
    p = lambda q: times[min(len(times) - 1, int(q * len(times)))] if times else -1
    say("%s %.0f %.0f %.0f %d %d/%d" % (name, p(0.5), p(0.99), times[-1] if times else -1, missed, who,
                                        len(times)))


SERVE = ("import socket, sys, time; s = socket.socket(); s.bind(('127.0.0.1', int(sys.argv[1]))); "
         "s.listen(); time.sleep(600)")


def listeners(i):
    """Three of one interpreter begin to listen at once: two of root, one of nobody."""
    return {"tcp/127.0.0.1/%d" % port: subprocess.Popen([sys.executable, "-c", SERVE, str(port)], user=user)
            for port, user in zip(range(7600 + 3 * i, 7603 + 3 * i), (0, 0, 65534))}


def judge_owners(w, since, came, went):
    """How many are put down to whose they are, and to somebody else; nobody is neither."""
    right, wrong = 0, 0
    for type_, all_ in (("created", came), ("deleted", went)):
        for key, p in all_.items():
            found = w.wait(lambda r: is_change("port", key)(r) and r["change"] == type_, since)
            pid = found and found[1].get("who", {}).get("pid")
            right += pid == p.pid
            if not found or pid not in (None, p.pid):
                wrong += 1
                say("# %s of %d: %s %s" % (key, p.pid, type_, found and found[1].get("who")))
    return right, wrong


def owners(w, name):
    """The same program has them all: whose each is nothing else tells than its process."""
    before, right, wrong = {}, 0, 0
    for i in range(6):
        since, now = len(w.got), listeners(i) if i < 5 else {}
        for p in before.values():
            p.kill()
            p.wait()
        more = judge_owners(w, since, now, before)
        right, wrong, before = right + more[0], wrong + more[1], now
    say("%s 0 0 0 %d %d/30" % (name, wrong, right))


def main():
    acts = [(name, ACTS[name]()) for name in sys.argv[4:]]
    w = Watch({a.kind for _, a in acts})
    # what is polled takes its time: beside the others
    waits = [threading.Thread(target=measure, args=(w, *x)) for x in acts if x[0] in POLLED]
    for t in waits:
        t.start()
    try:
        for name, act in acts:
            if name == "port-owners":
                owners(w, name)
            elif name not in POLLED:
                measure(w, name, act)
        for t in waits:
            t.join()
    finally:
        w.stop()


main()
