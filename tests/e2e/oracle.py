#!/usr/bin/env python3
"""Agreement of the program with a naive oracle: random trees, random edits, random policies.

The oracle looks at everything with lstat, hashlib and getxattr, compares whole snapshots in plain
Python, and knows nothing of trees, gaps, lanes or stamps. What `check` and `drift` report, their exit
status, and what `approve` moves must be what it says.

ROUNDS: how many rounds of edits in all (default 300); SEED: a number (default: always the same one, so that
a run that fails can be repeated) or "random", for hunting; WORK: where.
"""

import base64, ctypes, fcntl, hashlib, json, os, pwd, grp, random, shutil, signal, socket, stat, struct
import subprocess, sys, time

INVAR = os.path.realpath(os.environ.get("INVAR") or os.environ.get("INVAR_BIN") or "build/dev/invar")
ROUNDS = int(os.environ.get("ROUNDS", "300"))
SEED = os.environ.get("SEED", "20261123")
SEED = time.time_ns() % 1000000007 if SEED == "random" else int(SEED)
TRIAL = 25  # rounds with one policy and one state
TREES = 4
R = random.Random(SEED)
TYPES = {stat.S_IFREG: "regular", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
         stat.S_IFSOCK: "socket", stat.S_IFBLK: "block", stat.S_IFCHR: "char"}
STANDARD = "type mode uid gid owner group size sha256 mtime target rdev acl acl_default caps label flags".split()
EVERY = STANDARD + "ctime btime inode device nlink project xattr verity executable sha1 md5 sha512".split()
KEPT = "type mtime ctime btime inode device nlink".split()
RAW = {"acl", "acl_default", "caps", "flags"}  # compared by their raw bytes; the text has its own tests
SEVERITIES = "info low medium high critical".split()
BIT = {"created": 1, "deleted": 2, "updated": 4, "renamed": 4}
ELF = open("/bin/true", "rb").read(64)
libc = ctypes.CDLL(None, use_errno=True)


# ---- looking ----

def birth(path):
    b = ctypes.create_string_buffer(256)
    if libc.statx(-100, path, 0x100, 0xFFF, b) < 0:
        raise OSError(ctypes.get_errno(), "statx")
    mask = struct.unpack_from("I", b, 0)[0]
    sec, nsec = struct.unpack_from("qI", b, 80)
    return sec * 10**9 + nsec if mask & 0x800 else None


def name_of(get, n):
    try:
        return get(n)[0]
    except KeyError:
        return None


def flags_of(path):
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOATIME)
    try:
        return struct.unpack("i", fcntl.ioctl(fd, 0x80086601, b"\0" * 8)[:4])[0]
    except OSError:
        return 0
    finally:
        os.close(fd)


def script(data):
    if data[:4] == b"\x7fELF":
        return b"elf"
    if data[:2] == b"#!":
        return b"script:" + data[2:].split(b"\n")[0].split()[0]
    return None


def look(path):
    st = os.lstat(path)
    r = {"type": TYPES[stat.S_IFMT(st.st_mode)], "mode": "%04o" % stat.S_IMODE(st.st_mode), "uid": st.st_uid,
         "gid": st.st_gid, "owner": name_of(pwd.getpwuid, st.st_uid), "group": name_of(grp.getgrgid, st.st_gid),
         "mtime": st.st_mtime_ns, "ctime": st.st_ctime_ns, "btime": birth(path), "inode": st.st_ino,
         "device": "%d:%d" % (os.major(st.st_dev), os.minor(st.st_dev)), "nlink": st.st_nlink}
    if r["type"] == "regular":
        with open(path, "rb") as f:
            data = f.read()
        r["size"] = len(data)
        for algo in ("sha256", "sha1", "md5", "sha512"):
            r[algo] = hashlib.new(algo, data).hexdigest()
        r["executable"] = script(data)
    if r["type"] in ("regular", "directory"):
        r["flags"] = flags_of(path)
    if r["type"] == "symlink":
        r["target"] = os.readlink(path)
    if r["type"] in ("block", "char"):
        r["rdev"] = "%d:%d" % (os.major(st.st_rdev), os.minor(st.st_rdev))
    x = {}
    for name in os.listxattr(path, follow_symlinks=False):
        value = os.getxattr(path, name, follow_symlinks=False)
        field = {"system.posix_acl_access": "acl", "system.posix_acl_default": "acl_default",
                 "security.capability": "caps", "security.selinux": "label"}.get(name)
        if field:
            r[field] = value.rstrip(b"\0").decode() if field == "label" else value
        x[name] = value.hex() if len(value) <= 256 else "sha256:" + hashlib.sha256(value).hexdigest()
    r["xattr"] = x or None
    return {k: v for k, v in r.items() if v is not None}


def snapshot(base):
    """Everything at and below each tree."""
    all_ = {}
    def go(path):
        all_[path] = look(path)
        if all_[path]["type"] == "directory":
            for name in os.listdir(path):
                go(path + b"/" + name)
    for name in os.listdir(base):
        go(base + b"/" + name)
    return all_


# ---- the policy, as naively ----

def wild(p, s):
    """One section: * ? and \\."""
    if not p:
        return not s
    if p[0] == "*":
        return wild(p[1:], s) or bool(s) and wild(p, s[1:])
    if not s:
        return False
    if p[0] == "?":
        return wild(p[1:], s[1:])
    if p[0] == "\\":
        return p[1] == s[0] and wild(p[2:], s[1:])
    return p[0] == s[0] and wild(p[1:], s[1:])


def matches(p, s):
    if not p:
        return not s
    if p[0] == "**":
        return matches(p[1:], s) or bool(s) and matches(p, s[1:])
    return bool(s) and wild(p[0], s[0]) and matches(p[1:], s[1:])


def line_holds(line, sections, rec):
    rec = rec.get("seen", rec)
    tests = dict(line) if isinstance(line, dict) else {"key": line}
    key = tests.pop("key", "**")
    if not matches([] if key == "/" else key.split("/"), sections):
        return False
    for field, want in tests.items():
        have = rec.get(field)
        if isinstance(want, bool):
            if (have is not None) != want:
                return False
        elif have is None or not wild(want, str(have)):
            return False
    return True


def base_of(rule, key):
    """The sections below the rule's base; None: not below it."""
    base, path = rule["base"].split("/"), key.decode("latin-1").split("/")
    if len(path) < len(base) or path[:len(base) - 1] != base[:-1] or not wild(base[-1], path[len(base) - 1]):
        return None
    return path[len(base):]


def rule_holds(rule, key, rec):
    below = base_of(rule, key)
    if below is None or ("types" in rule and rec["type"] not in rule["types"]):
        return False
    if "include" in rule and not any(line_holds(x, below, rec) for x in rule["include"]):
        return False
    return not any(line_holds(x, below, rec) for x in rule.get("exclude", []))


def fields_of(rule):
    short = {"standard": STANDARD, "content": ["sha256", "size"], "all": EVERY, "existence": ["type"]}
    words = rule.get("fields", ["standard"])
    got = set(STANDARD) if words[0].startswith("-") else set()
    for w in words:
        got = got - set(short.get(w[1:], [w[1:]])) if w[0] == "-" else got | set(short.get(w, [w]))
    return got


def holders(policy, key, rec):
    return [r for r in policy if rule_holds(r, key, rec)]


def watched(policy, key, rec):
    return set().union(*(fields_of(r) for r in holders(policy, key, rec)))


def reporter(policy, key, rec, fields):
    best = None
    for r in holders(policy, key, rec):
        if fields and not fields & fields_of(r):
            continue
        if best is None or SEVERITIES.index(r["severity"]) > SEVERITIES.index(best["severity"]):
            best = r
    return best


def random_pattern():
    parts = ["**", "*", "d*", "f*", "?1", "d1", "d2", "f3", "*.c", "f?", "d?"]
    p = [R.choice(parts) for _ in range(R.randint(1, 3))]
    for i in range(len(p) - 1, 0, -1):
        if p[i] == p[i - 1] == "**":
            del p[i]
    return "/".join(p)


def random_line():
    if R.random() < 0.7:
        return random_pattern()
    tests = [("type", R.choice(list(TYPES.values()))), ("owner", "root"), ("mode", R.choice(["0644", "0?5?", "04*"])),
             ("size", R.choice(["0", "1*"])), ("executable", R.random() < 0.5), ("target", True)]
    line = dict(R.sample(tests, R.randint(1, 2)))
    if R.random() < 0.6:
        line["key"] = random_pattern()
    return line


def random_rule(i, base):
    rule = {"id": "r%d" % i, "title": "t", "severity": R.choice(SEVERITIES), "kind": "file",
            "base": R.choice([base + "/t%d" % R.randrange(TREES), base + "/t*", base + "/t1/d1", base + "/t2/d*"])}
    if R.random() < 0.5:
        rule["include"] = [random_line() for _ in range(R.randint(1, 3))]
    if R.random() < 0.5:
        rule["exclude"] = [random_line() for _ in range(R.randint(1, 2))]
    if R.random() < 0.3:
        rule["types"] = R.sample(list(TYPES.values()), R.randint(1, 5))
    if R.random() < 0.7:
        rule["fields"] = R.choice([["standard"], ["all"], ["content"], ["existence"], ["standard", "xattr"],
                                   ["all", "-ctime", "-nlink"], ["-mtime"], ["mode", "uid"], ["sha256", "sha1"],
                                   ["standard", "-mtime", "executable"], ["inode", "target", "md5"]])
    return rule


def random_policy(base):
    rules = [random_rule(i, base) for i in range(R.randint(1, 6))]
    if R.random() < 0.7:  # most trials watch something for sure
        rules.append({"id": "whole", "title": "t", "severity": "low", "kind": "file", "base": base + "/t*"})
    return rules


# ---- comparing ----

def stored(key):
    """Stored order: folder by folder."""
    folder, _, name = key.rpartition(b"/")
    return folder[1:].replace(b"/", b"\0") + b"\0\0" + name


def differing(was, is_, fields):
    return {f for f in fields if was.get(f) != is_.get(f)}


def pair_up(was, is_):
    """New key -> old key of what moved: the same inode, born at the same time."""
    def ident(r):
        return r["device"], r["inode"], r["type"], r.get("btime")
    gone = {k: ident(was[k]) for k in was if k not in is_}
    born = {k: ident(is_[k]) for k in is_ if k not in was}
    pairs = {}
    for by in (lambda k: k.rpartition(b"/")[2], lambda k: b""):
        for who in set(gone.values()) & set(born.values()):
            order = lambda k: (k.rpartition(b"/")[2], stored(k))
            a = sorted((k for k in gone if gone[k] == who and k not in pairs.values()), key=order)
            b = sorted((k for k in born if born[k] == who and k not in pairs), key=order)
            for tag in sorted({by(k) for k in a} & {by(k) for k in b}):
                pairs.update(zip([k for k in b if by(k) == tag], [k for k in a if by(k) == tag]))
    stays = {(was[k]["device"], was[k]["inode"]) for k in was if k in is_ and ident(was[k])[:2] == ident(is_[k])[:2]
             and was[k]["type"] != "directory" and was[k]["nlink"] > 1}
    return {new: old for new, old in pairs.items()
            if not (was[old]["type"] != "directory" and was[old]["nlink"] > 1 and gone[old][:2] in stays)}


def fits(policy, key, root, is_):
    """May it go unnamed with the folder that moved?"""
    mine, its = reporter(policy, key, is_[key], set()), reporter(policy, root, is_[root], set())
    return mine is its or SEVERITIES.index(mine["severity"]) < SEVERITIES.index(its["severity"])


def compare(policy, was, is_):
    """{key: (change, old_key, fields, subtree, rule)}, and new key -> root of what moved along."""
    pairs, ret, along = pair_up(was, is_), {}, {}
    # Neither rule answers for the other one's place.
    pairs = {new: old for new, old in pairs.items()
             if reporter(policy, old, was[old], set()) is reporter(policy, new, is_[new], set())}
    def add(key, change, old, fields, rec):
        rule = reporter(policy, key, rec, set() if change == "renamed" else fields)
        ret[key] = [change, old, fields, 0, rule and rule["id"]]
    for k in was:
        if k not in is_ and k not in pairs.values():
            add(k, "deleted", None, set(), was[k])
        elif k in is_:
            fields = differing(was[k], is_[k], watched(policy, k, is_[k]))
            if fields:
                add(k, "updated", None, fields, is_[k])
    for k in sorted((k for k in is_ if k not in was), key=lambda k: k.count(b"/")):
        if k not in pairs:
            add(k, "created", None, set(), is_[k])
            continue
        old = pairs[k]
        fields = differing(was[old], is_[k], watched(policy, old, was[old]) & watched(policy, k, is_[k]))
        up, old_up = k.rpartition(b"/"), old.rpartition(b"/")
        root = along.get(up[0], up[0])
        if not fields and up[2] == old_up[2] and pairs.get(up[0]) == old_up[0] and fits(policy, k, root, is_):
            along[k] = root
            ret[root][3] += 1
        else:
            add(k, "renamed", old, fields, is_[k])
    return ret, along, pairs


# ---- edits ----

NAMES = [b"f1", b"f2", b"f3", b"f4.c", b"f5", b"d1", b"d2", b"d3", b"x1", b"\xff\xfe", b"new\nline", b"sp ace",
         b"back\\slash", b"-rf", b"*", b"q?", b"\xc3\xa4", b"f1.c", b"d10", b"d-", b"f", b"n" * 200, b"\x01", b"~"]


def content():
    n = R.choice([0, 1, 1, 10, 10, 100, 4096, 70000, 131072, 300001])
    head = R.choice([b"", b"", b"#!/bin/sh\n", b"#!/usr/bin/perl -w\n", ELF])
    return head + R.randbytes(n)


def write(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
    with open(fd, "wb") as f:
        f.write(data)


def make(path):
    if os.path.lexists(path):
        return  # never write through a link, nor wait for a FIFO's other end
    kind = R.choice(["file"] * 8 + ["dir"] * 3 + ["link", "link", "fifo", "socket", "device"])
    if kind == "file":
        write(path, content())
    elif kind == "dir":
        os.mkdir(path)
    elif kind == "link":
        os.symlink(R.choice([b"f1", b"../f2", b"/nowhere/at/all", b"nowhere", b"d1", b"\xff"]), path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        os.mknod(path, stat.S_IFSOCK | 0o644)
    else:
        os.mknod(path, R.choice([stat.S_IFBLK, stat.S_IFCHR]) | 0o600, os.makedev(R.randint(240, 250), R.randint(0, 9)))


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def acl(path):
    def entry(tag, perm, who=0xFFFFFFFF):
        return struct.pack("<HHI", tag, perm, who)
    rights = R.randrange(8)
    value = struct.pack("<I", 2) + entry(1, 6) + entry(2, rights, R.choice([1, 1000, 4242])) + entry(4, 4) + \
        entry(16, 7) + entry(32, R.choice([0, 4]))
    default = os.path.isdir(path) and R.random() < 0.5
    os.setxattr(path, "system.posix_acl_default" if default else "system.posix_acl_access", value)


def same_size(path):
    st = os.lstat(path)
    with open(path, "r+b") as f:
        data = f.read()
        if len(data) < 65:
            return
        at = R.randrange(64, len(data))  # the first line stays one
        f.seek(at)
        f.write(bytes([data[at] ^ 1 + R.randrange(255)]))
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


def replace_same(path):
    """Another inode, the same bytes, rights and times."""
    st = os.lstat(path)
    shutil.copy2(path, path + b".t", follow_symlinks=False)
    os.chown(path + b".t", st.st_uid, st.st_gid)
    os.rename(path + b".t", path)


def flip_flag(path):
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        now = struct.unpack("i", fcntl.ioctl(fd, 0x80086601, b"\0" * 8)[:4])[0]
        fcntl.ioctl(fd, 0x40086602, struct.pack("i", now ^ 0x40) + b"\0" * 4)  # nodump
    finally:
        os.close(fd)


def restore_times(path):
    st = os.lstat(path)
    with open(path, "ab") as f:
        f.write(b"more")
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


def on_file(f):
    return lambda path, rec: rec["type"] == "regular" and f(path)


def on_inner(f):  # anything but a link, whose attributes are restricted
    return lambda path, rec: rec["type"] in ("regular", "directory") and f(path)


def retarget(path, rec):
    if rec["type"] == "symlink":
        os.unlink(path)
        os.symlink(R.choice([b"f9", b"../f8", b"/no", b"\xfe"]), path)


CAPS = [struct.pack("<IIIII", 0x02000001, 1 << R.randrange(30), 0, 0, 0) for _ in range(3)]
EDITS = [
    on_file(lambda p: write(p, content())), on_file(same_size), on_file(restore_times), on_file(replace_same),
    on_file(lambda p: os.truncate(p, R.choice([0, 1, 19, 64, 65, 200]))),
    on_file(lambda p: open(p, "ab").write(b"appended")),
    on_file(lambda p: os.setxattr(p, "security.capability", R.choice(CAPS))),
    on_inner(lambda p: os.chmod(p, R.choice([0o644, 0o600, 0o755, 0o4755, 0o2750, 0o1777, 0, 0o7777]))),
    on_inner(acl), on_inner(flip_flag),
    on_inner(lambda p: os.setxattr(p, R.choice(["user.a", "user.b", "trusted.c"]), R.randbytes(R.choice([0, 3, 256, 257, 900])))),
    on_inner(lambda p: [os.removexattr(p, n) for n in os.listxattr(p)]),
    on_inner(lambda p: os.setxattr(p, "security.selinux", R.choice([b"a:b:c\0", b"d:e:f"]))),
    lambda p, r: os.lchown(p, R.choice([0, 1, 33, 1000, 54321]), R.choice([0, 1, 33, 54321])),
    lambda p, r: os.utime(p, ns=(1, R.choice([0, -1, 10**18, 1234567890123456789, 2**31 * 10**9])), follow_symlinks=False),
    retarget,
]


def relocate(path, rec, all_, dirs):
    os.rename(path, R.choice(dirs) + b"/" + R.choice(NAMES))


def exchange(path, rec, all_, dirs):
    libc.renameat2(-100, path, -100, R.choice(all_), 2)


def link(path, rec, all_, dirs):
    if rec["type"] != "directory":
        os.link(path, R.choice(dirs) + b"/" + R.choice(NAMES), follow_symlinks=False)


def create(path, rec, all_, dirs):
    make(R.choice(dirs) + b"/" + R.choice(NAMES))


def replace(path, rec, all_, dirs):
    remove(path)
    make(path)


def swap_folder(path, rec, all_, dirs):
    """The folder becomes a link to where it went, as an attacker would."""
    if rec["type"] == "directory":
        to = R.choice(dirs) + b"/" + R.choice(NAMES)
        os.rename(path, to)
        os.symlink(to, path)


MOVES = [create] * 8 + [relocate] * 4 + [exchange, link, link, replace, swap_folder] + [lambda p, r, a, d: remove(p)] * 2


def edit(base, n):
    for _ in range(n):
        everything = []
        for folder, subs, files in os.walk(base):
            everything += [os.path.join(folder, x) for x in subs + files]
        roots = {base + b"/t%d" % i for i in range(TREES)}
        inner = sorted(x for x in everything if x not in roots)
        dirs = sorted(x for x in everything if os.path.isdir(x) and not os.path.islink(x))
        path = R.choice(inner or sorted(roots))
        rec = {"type": TYPES[stat.S_IFMT(os.lstat(path).st_mode)]}
        try:
            if not inner or R.random() < 0.45:
                R.choice(MOVES if inner else [create])(path, rec, inner or [path], dirs)
            else:
                R.choice(EDITS)(path, rec)
        except OSError:
            pass  # not possible just here: the next one
    for x in sorted(x for x in snapshot(base) if x.count(b"/") > base.count(b"/") + 1)[60 * TREES:]:
        if os.path.lexists(x):
            remove(x)


# ---- the program ----

class Disagree(Exception):
    pass


class Trial:
    def __init__(self, work, quick_too=True):
        self.base = work + "/b"
        self.b = self.base.encode()
        self.state, self.file = work + "/state", work + "/policy.yaml"
        for i in range(TREES):
            os.makedirs(self.base + "/t%d" % i)
        self.policy = random_policy(self.base)
        with open(self.file, "w") as f:
            json.dump({"version": 1, "rules": self.policy}, f)  # JSON is YAML

    def invar(self, *words, state=None, ok=None):
        args = [INVAR, *words[0].split(), "--policy", self.file, "--state", state or self.state, "--json", *words[1:]]
        p = subprocess.run(args, capture_output=True, stdin=subprocess.DEVNULL, timeout=120, cwd=self.base)
        if p.stderr or (ok is not None and p.returncode != ok):
            raise Disagree("%s: status %d\n%s" % (words, p.returncode, p.stderr.decode("utf-8", "replace")))
        return p.returncode, [json.loads(x) for x in p.stdout.decode().split("\n") if x]

    def see(self):
        """What the program may know: the fields that are watched, of what is held."""
        kept = {}
        for k, r in snapshot(self.b).items():
            if holders(self.policy, k, r):
                fields = watched(self.policy, k, r) | set(KEPT)
                kept[k] = {f: v for f, v in r.items() if f in fields} | {"seen": r}
        return kept

    def begin(self):
        edit(self.b, 60)
        self.invar("init", ok=0)
        self.approved = self.current = self.see()

    def by_test(self, mine, want, was, is_):
        """The program may know more: what a test of some rule had to look at, it saw and keeps. That it
        names such a field is right when the field really differs."""
        tested = any("executable" in t for r in self.policy for t in r.get("include", []) + r.get("exclude", [])
                     if isinstance(t, dict))
        return (tested and want and mine[2] - want[2] == {"executable"} and mine[:2] + mine[3:] == want[:2] + want[3:]
                and not want[2] - mine[2] and was["seen"].get("executable") != is_["seen"].get("executable"))

    def agree(self, what, got, want, was, is_):
        problems, seen = [], set()
        for c in got:
            key, old = exact(c, "key"), exact(c, "old_key")
            if key in seen:
                problems.append("twice: %s %r" % (c["change"], key))
            seen.add(key)
            mine = [c["change"], old, set(c["fields"]), c.get("subtree", 0), c["rule"] or None]
            if want.get(key) != mine and not self.by_test(mine, want.get(key), was.get(old or key), is_.get(key)):
                problems.append("%r\n   program %r\n   oracle  %r" % (key, mine, want.get(key)))
            for side, rec, at in (("was", was, old or key), ("is", is_, key)):
                if (side in c) != (at in rec):
                    problems.append("%r: %s is %s" % (key, side, "there" if side in c else "missing"))
                elif side in c:
                    problems += self.values(key, side, c[side], rec[at], watched(self.policy, at, rec[at]))
        problems += ["program silent: %r %r" % (k, want[k]) for k in want if k not in seen]
        if problems:
            raise Disagree("%s: %d problems\n" % (what, len(problems)) + "\n".join(problems[:12]))

    def values(self, key, side, got, rec, fields):
        out = []
        for f in (fields | set(KEPT)) - RAW - {"project", "verity"}:
            want = rec.get(f)
            if want is not None and f in ("mtime", "ctime", "btime"):
                want = rfc3339(want)
            have = exact(got, f) if f in ("target", "executable") else got.get(f)
            if have != want:
                out.append("%r: %s.%s is %r, oracle %r" % (key, side, f, have, want))
        for f in RAW & fields - {"flags"}:
            if (f in got) != (f in rec):
                out.append("%r: %s.%s is %r, oracle %r" % (key, side, f, got.get(f), rec.get(f)))
        return out

    def check(self):
        words, inside = ["check"], lambda k: True
        if R.random() < 0.5:
            words.append("--quick")
        if R.random() < 0.3:
            words.append("--jobs=%d" % R.randint(1, 4))
        if R.random() < 0.15 and self.current:
            path = R.choice(sorted(self.current))
            words += ["--", os.fsdecode(path)]
            inside = lambda k: below(k, path)
        seen = self.see()
        now = {k: r for k, r in self.current.items() if not inside(k)}
        now.update({k: r for k, r in seen.items() if inside(k)})
        status, out = self.invar(*words)
        news, drift = [[c for c in out if c["record"] == "change" and ("seq" in c) == new] for new in (True, False)]
        rest = [c for c in out if c["record"] not in ("change", "coverage")]
        if rest:
            raise Disagree("%s: unexpected %r" % (words, rest[:3]))
        want, _, _ = compare(self.policy, self.current, now)
        self.agree("%s, news" % words, news, want, self.current, now)
        self.current, self.news = now, news
        want, _, _ = compare(self.policy, self.approved, now)
        want = {k: c for k, c in want.items() if inside(k) or (c[1] and inside(c[1]))}
        self.agree("%s, drift" % words, drift, want, self.approved, now)
        self.status(words, status, want)

    def status(self, words, status, want):
        bits = 0
        for c in want.values():
            bits |= BIT[c[0]]
        if status != bits:
            raise Disagree("%s: status %d, oracle %d" % (words, status, bits))

    def drift(self):
        want, _, _ = compare(self.policy, self.approved, self.current)
        status, out = self.invar("drift")
        self.agree("drift", [c for c in out if c["record"] == "change"], want, self.approved, self.current)
        self.status("drift", status, want)

    def pick(self, want):
        """A selection: its word, and which changes it names."""
        key = R.choice(sorted(want))
        how = R.choice(["all", "path", "path", "folder", "rule", "seq", "card", "glob"])
        both = lambda f: lambda k, c: f(k) or bool(c[1] and f(c[1]))
        if how == "rule" and want[key][4]:
            return "rule:" + want[key][4], lambda k, c: c[4] == want[key][4]
        if how in ("seq", "card") and self.news:
            n = R.choice(self.news)
            named = [n] if how == "seq" else [x for x in self.news if x["card"] == n["card"]]
            keys = {exact(x, f) for x in named for f in ("key", "old_key")} - {None}
            return "%s:%s" % (how, n[how]), both(lambda k: k in keys)
        if how == "all":
            return "all", lambda k, c: True
        if how == "glob":
            text = self.base + "/*/" + random_pattern()
            return "file:" + text, both(lambda k: matches(text[1:].split("/"), k.decode("latin-1")[1:].split("/")))
        path = key.rpartition(b"/")[0] if how == "folder" else key
        return os.fsdecode(path), both(lambda k: below(k, path))

    def approve(self):
        want, along, pairs = compare(self.policy, self.approved, self.current)
        if not want:
            return
        word, holds = self.pick(want)
        chosen = {k for k, c in want.items() if holds(k, c)}
        chosen |= {k for k, root in along.items() if root in chosen}
        self.invar("approve", "--reason", "r", "--", word, ok=0)
        after = dict(self.approved)
        for k in chosen:
            after.pop(pairs.get(k), None)
        for k in chosen:
            after.pop(k, None)
            if k in self.current:
                after[k] = self.current[k]
        self.approved = after
        self.drift()

    def end(self):
        _, out = self.invar("log", "--verify")
        self.invar("baseline verify", ok=0)
        self.current = self.see()
        self.invar("check", "--exit-zero", ok=0)
        self.drift()
        fresh = self.state + ".fresh"
        self.invar("init", state=fresh, ok=0)
        a = self.invar("status", ok=0)[1][0]
        b = self.invar("status", state=fresh, ok=0)[1][0]
        if a["current_root"] != b["current_root"] or a["current"] != len(self.current):
            raise Disagree("another root after this history: %s, fresh %s; %d entities, oracle %d" %
                           (a["current_root"], b["current_root"], a["current"], len(self.current)))


def below(key, folder):
    return folder == b"/" or key == folder or key.startswith(folder + b"/")


def exact(c, name):
    if name + "_b64" in c:
        return base64.b64decode(c[name + "_b64"])
    return c[name].encode() if name in c else None


def rfc3339(ns):
    t = time.gmtime(ns // 10**9)
    return "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ" % (*t[:6], ns % 10**9)


def main():
    global R
    work = os.environ.get("WORK") or "/var/tmp/invar-oracle.%d" % os.getpid()
    done, changes = 0, 0
    print("# seed %d, %d rounds" % (SEED, ROUNDS), flush=True)
    os.makedirs(work)
    try:
        while done < ROUNDS:
            seed = SEED + done
            R = random.Random(seed)
            place = "%s/%d" % (work, done)
            os.mkdir(place)
            t = Trial(place)
            try:
                t.begin()
                for _ in range(min(TRIAL, ROUNDS - done)):
                    edit(t.b, R.choice([0, 1, 2, 5, 10, 25]))
                    t.check()
                    changes += len(t.news)
                    if R.random() < 0.4:
                        t.approve()
                    elif R.random() < 0.3:
                        t.drift()
                    done += 1
                t.end()
            except Disagree as e:
                print("not ok 1 - the program agrees with the oracle\n# SEED=%d ROUNDS=%d repeats it" % (seed, TRIAL))
                print("# policy " + json.dumps(t.policy))
                print("\n".join("# " + x for x in str(e).split("\n")))
                return 1
            shutil.rmtree(place)
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(work, ignore_errors=True)
    print("ok 1 - the program agrees with the oracle: %d rounds, %d changes\n1..1" % (done, changes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
