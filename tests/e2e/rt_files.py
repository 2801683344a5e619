#!/usr/bin/env python3
"""Files, live: each trick of reliability 2.2 is told within a moment, exactly once, as what it is, with who did it;
what changes nothing is told by nobody; what raises no event is found by the next check. See rt_files.sh."""

import ctypes, mmap, os, shutil, socket, subprocess, sys, time

import live, oracle
from live import Live, note, point, skip, told, until

LIMIT = 20.0  # seconds; the promise is one, of a machine that is not busy
ME = os.path.realpath("/proc/self/exe")
libc = oracle.libc
TRICKS = []


def trick(text, *expected, by=None, who=True):
    """A function that does it, and what is told. by: the program that did it; None: this one."""
    def add(f):
        TRICKS.append((text, f, expected, by, who))
        return f
    return add


class Place:
    """The folder that is watched, one beside it on the same file system, and what is there before."""

    def __init__(self, mount):
        self.base, self.out = mount + "/base", mount + "/out"
        for folder in ("", "/d", "/excluded", "/tree/sub/deep", "/ex1", "/ex2", "/upper", "/work"):
            os.makedirs(self.base + folder)
        os.makedirs(self.out + "/in/sub")
        for name in ("write append same trunc mode owner times xattr acl caps from over over.new a b away hole copy "
                     "linked later gone mapped held held2 uid symlinked appended fd tilde exec noop ns chroot bound "
                     "allocated excluded/f ex1/x ex2/y tree/1 tree/sub/2 tree/sub/deep/3 lease flags sent").split():
            self.write(name, "content of %s\n" % name)
        os.link(self.base + "/linked", self.out + "/linked")
        os.symlink("write", self.base + "/link")
        for i in range(40):
            self.write("../out/in/f%d" % i, "%d\n" % i)
        self.write("../out/in/sub/g", "g\n")
        self.held = open(self.base + "/fd", "r+b", buffering=0)  # from before anybody watched

    def path(self, name):
        return self.base + "/" + name

    def write(self, name, text, mode="w"):
        with open(self.path(name), mode, encoding="utf-8") as f:
            f.write(text)


def sh(line, *args):
    subprocess.run(["/bin/sh", "-c", line, "sh", *args], check=True, stdin=subprocess.DEVNULL)


def run(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


# ---- content ----

@trick("a write", "updated write size,sha256,mtime")
def _(p):
    p.write("write", "other\n")


@trick("bytes appended by a shell that is gone", "updated append size,sha256,mtime", by="/bin/sh")
def _(p):
    sh('echo more >>"$1"', p.path("append"))


@trick("the same size, the time put back", "updated same sha256")
def _(p):
    st = os.stat(p.path("same"))
    p.write("same", "CONTENT OF SAME\n")
    os.utime(p.path("same"), ns=(st.st_atime_ns, st.st_mtime_ns))


@trick("truncate(2) by path", "updated trunc size,sha256,mtime")
def _(p):
    os.truncate(p.path("trunc"), 3)


@trick("a hole punched", "updated hole sha256,mtime")
def _(p):
    fd = os.open(p.path("hole"), os.O_RDWR)
    if libc.fallocate(fd, 3, ctypes.c_long(0), ctypes.c_long(4)):  # PUNCH_HOLE | KEEP_SIZE
        raise OSError(ctypes.get_errno(), "fallocate")
    os.close(fd)


@trick("copy_file_range", "updated copy size,sha256,mtime")
def _(p):
    with open("/etc/passwd", "rb") as a, open(p.path("copy"), "r+b") as b:
        try:
            os.copy_file_range(a.fileno(), b.fileno(), 100)
        except OSError:
            b.write(a.read(100))


@trick("sendfile", "updated sent size,sha256,mtime")
def _(p):
    with open("/etc/passwd", "rb") as a, open(p.path("sent"), "r+b") as b:
        os.sendfile(b.fileno(), a.fileno(), 0, 100)


@trick("a descriptor opened before anybody watched, kept open", "updated fd size,sha256,mtime")
def _(p):
    p.held.seek(0, 2)
    p.held.write(b"late\n")


@trick("a mapping that is let go", "updated mapped sha256,mtime")
def _(p):
    with open(p.path("mapped"), "r+b") as f, mmap.mmap(f.fileno(), 0) as m:
        m[0:3] = b"map"


@trick("through a hard link outside, made before", "updated linked size,sha256,mtime")
def _(p):
    p.write("../out/linked", "through the other name\n")


@trick("through a hard link outside, made now", "updated later size,sha256,mtime", who=False)
def _(p):
    os.link(p.path("later"), p.out + "/later")
    p.write("../out/later", "through a new other name\n")


@trick("through that link, once it is known", "updated later size,sha256,mtime")
def _(p):
    time.sleep(0.5)
    p.write("../out/later", "through a new other name, and once more\n")


@trick("a mode, through that link", "updated later mode")
def _(p):
    os.chmod(p.out + "/later", 0o600)


@trick("through a bind mount", "updated bound size,sha256,mtime")
def _(p):
    os.makedirs(p.out + "/bind", exist_ok=True)
    run("mount", "--bind", p.base, p.out + "/bind")
    p.write("../out/bind/bound", "through a bind mount\n")


@trick("in another mount namespace", "updated ns size,sha256,mtime", by="/bin/sh")
def _(p):
    run("unshare", "-m", "/bin/sh", "-c", 'mount --bind "$1" /mnt && echo longer than it was >/mnt/ns', "sh", p.base)


@trick("in a chroot", "updated chroot size,sha256,mtime", who=False)
def _(p):
    pid = os.fork()
    if pid == 0:
        os.chroot(p.base)
        os.chdir("/")
        with open("/chroot", "w", encoding="utf-8") as f:
            f.write("from a chroot\n")
        os._exit(0)
    os.waitpid(pid, 0)


@trick("through /proc/PID/root", "updated exec size,sha256,mtime")
def _(p):
    with open("/proc/self/root" + p.path("exec"), "w", encoding="utf-8") as f:
        f.write("by the way of proc\n")


# ---- attributes ----

@trick("chmod", "updated mode mode", by="/bin/chmod")
def _(p):
    run("/bin/chmod", "0600", p.path("mode"))


@trick("set-uid", "updated uid mode", by="/bin/chmod")
def _(p):
    run("/bin/chmod", "4755", p.path("uid"))


@trick("chown", "updated owner uid,gid,owner,group", by="/bin/chown")
def _(p):
    run("/bin/chown", "65534:65534", p.path("owner"))


@trick("utimes", "updated times mtime", by="/usr/bin/touch")
def _(p):
    run("/usr/bin/touch", "-d", "2001-01-01", p.path("times"))


@trick("setxattr", "updated xattr xattr")
def _(p):
    os.setxattr(p.path("xattr"), "user.invar", b"value")


@trick("an ACL", "updated acl mode,acl,xattr", by="/usr/bin/setfacl")
def _(p):
    run("/usr/bin/setfacl", "-m", "u:daemon:rw", p.path("acl"))


@trick("capabilities", "updated caps caps,xattr", by="/usr/sbin/setcap")
def _(p):
    run("/usr/sbin/setcap", "cap_net_raw+ep", p.path("caps"))


@trick("the mode of a folder", "updated d mode", by="/bin/chmod")
def _(p):
    run("/bin/chmod", "0700", p.path("d"))


# ---- names ----

@trick("created", "created new")
def _(p):
    p.write("new", "new\n")


@trick("created without content", "created empty", by="/usr/bin/touch")
def _(p):
    run("/usr/bin/touch", p.path("empty"))


@trick("created by O_TMPFILE and linkat", "created tmpfile")
def _(p):
    fd = os.open(p.base, os.O_TMPFILE | os.O_RDWR, 0o644)
    os.write(fd, b"from nowhere\n")
    os.link("/proc/self/fd/%d" % fd, p.path("tmpfile"), follow_symlinks=True)
    os.close(fd)


@trick("deleted", "deleted gone", by="/bin/rm")
def _(p):
    run("/bin/rm", p.path("gone"))


@trick("renamed", "renamed to <- from", by="/bin/mv")
def _(p):
    run("/bin/mv", p.path("from"), p.path("to"))


@trick("an editor's save: written beside, renamed over", "updated over size,sha256,mtime")
def _(p):
    p.write("over.tmp", "what the editor wrote\n")
    os.rename(p.path("over.tmp"), p.path("over"))


@trick("an editor's save with a copy kept", "created tilde~", "updated tilde size,sha256,mtime", who=False)
def _(p):
    os.rename(p.path("tilde"), p.path("tilde~"))
    p.write("tilde", "what the editor wrote\n")


@trick("two files exchanged", "updated a sha256", "updated b sha256")
def _(p):
    if libc.renameat2(-100, p.path("a").encode(), -100, p.path("b").encode(), 2):
        raise OSError(ctypes.get_errno(), "renameat2")


@trick("two folders exchanged", "renamed ex1/y <- ex2/y", "renamed ex2/x <- ex1/x")
def _(p):
    if libc.renameat2(-100, p.path("ex1").encode(), -100, p.path("ex2").encode(), 2):
        raise OSError(ctypes.get_errno(), "renameat2")


@trick("a whiteout takes the name", "created away2", "updated away type,mode,rdev")
def _(p):
    if libc.renameat2(-100, p.path("away").encode(), -100, p.path("away2").encode(), 4):
        raise OSError(ctypes.get_errno(), "renameat2")


@trick("a file becomes a link", "updated symlinked type,mode,size,mtime,sha256,target")
def _(p):
    os.unlink(p.path("symlinked"))
    os.symlink("/etc/passwd", p.path("symlinked"))


@trick("a link's target", "updated link mtime,target")
def _(p):
    os.symlink("append", p.path("link.new"))
    os.rename(p.path("link.new"), p.path("link"))


@trick("a fifo, a socket, a device", "created fifo", "created socket", "created device")
def _(p):
    os.mkfifo(p.path("fifo"))
    s = socket.socket(socket.AF_UNIX)
    s.bind(p.path("socket"))
    s.close()
    os.mknod(p.path("device"), 0o600 | 0o020000, os.makedev(1, 3))


@trick("a hard link inside", "created twin")
def _(p):
    os.link(p.path("write"), p.path("twin"))


@trick("names of any bytes", "created \udcff\x1b[1m", who=False)
def _(p):
    with open(os.fsencode(p.base) + b"/\xff\x1b[1m", "wb") as f:
        f.write(b"strange\n")


# ---- trees ----

@trick("folders made and filled in a race", "created m", "created m/k", "created m/k/d",
       *("created m/k/d/%d" % i for i in range(20)), who=False)
def _(p):
    sh('mkdir -p "$1/m/k/d"; i=0; while [ $i -lt 20 ]; do echo $i >"$1/m/k/d/$i"; i=$((i + 1)); done', p.base)


@trick("a tree moved in", "created in", "created in/sub", "created in/sub/g", *("created in/f%d" % i for i in range(40)),
       by="/bin/mv")
def _(p):
    run("/bin/mv", p.out + "/in", p.base)


@trick("written into a tree that moved in", "updated in/sub/g size,sha256,mtime")
def _(p):
    p.write("in/sub/g", "longer than it was\n")


@trick("a tree renamed", "renamed wood <- tree", "renamed wood/1 <- tree/1", "renamed wood/sub/2 <- tree/sub/2",
       "renamed wood/sub/deep/3 <- tree/sub/deep/3", by="/bin/mv")
def _(p):
    run("/bin/mv", p.path("tree"), p.path("wood"))


@trick("written into a tree that was renamed", "updated wood/sub/deep/3 size,sha256,mtime")
def _(p):
    p.write("wood/sub/deep/3", "longer than it was, deep in the wood\n")


@trick("a tree moved out", "deleted in", "deleted in/sub", "deleted in/sub/g",
       *("deleted in/f%d" % i for i in range(40)), by="/bin/mv")
def _(p):
    run("/bin/mv", p.path("in"), p.out)


@trick("a tree removed", "deleted m", "deleted m/k", "deleted m/k/d", *("deleted m/k/d/%d" % i for i in range(20)),
       by="/bin/rm")
def _(p):
    run("/bin/rm", "-r", p.path("m"))


@trick("written through an overlay", "updated upper xattr", "created upper/merged", who=False)
def _(p):
    for folder in ("/lower", "/merged", "/owork"):
        os.makedirs(p.out + folder)
    run("mount", "-t", "overlay", "overlay", "-o", "lowerdir=%s,upperdir=%s,workdir=%s" %
        (p.out + "/lower", p.path("upper"), p.out + "/owork"), p.out + "/merged")
    p.write("../out/merged/merged", "through an overlay\n")


# ---- what changes nothing ----

def quiet(live_, p):
    """Nothing here may be told."""
    before = len(live_.without_pulse(live_.got()))
    p.write("excluded/f", "an excluded path\n")
    p.write("excluded/new", "another one\n")
    p.write("../out/outside", "not watched\n")
    with open(p.path("append"), "rb") as f:
        f.read()
    os.close(os.open(p.path("append"), os.O_RDWR))
    st = os.stat(p.path("append"))
    os.utime(p.path("append"), ns=(st.st_atime_ns - 10**9, st.st_mtime_ns))
    os.chmod(p.path("append"), st.st_mode & 0o7777)
    os.listdir(p.base)
    live_.invar("status", ok=0)
    live_.settle()
    new = live_.without_pulse(live_.got())[before:]
    point(not new, "reading, excluded paths, opening without a change: nothing", *(told(r, p.base) for r in new))


def no_event(live_, p):
    """What no kernel tells is found by the next check, and explain says so."""
    keep = open(p.path("held"), "r+b")
    m = mmap.mmap(keep.fileno(), 0)
    m[0:4] = b"HELD"
    m.flush()
    flags = subprocess.run(["chattr", "+d", p.path("flags")], capture_output=True, check=False).returncode == 0
    want = ["updated held sha256,mtime"] + (["updated flags flags"] if flags else [])
    status, out, err = live_.invar("check", "--exit-zero")
    for w in want:
        def known(w=w):
            found = [told(r, p.base) for r in live_.changes()] + [told(r, p.base) for r in live.changes_of(out)
                                                                   if "seq" in r]
            return matching(w, found)
        point(until(LIMIT, known), "found by a check: " + w, status, err, *(told(r) for r in live.changes_of(out)))
    m.close()
    keep.close()
    _, out, _ = live_.invar("explain", p.path("held"))
    text = " ".join(str(x) for x in out)
    point("mapp" in text and "attr" in text, "explain says what raises no event", text[:600])


def large(live_, p):
    """Files that take minutes to read, made by one call each: what else happens is told as ever."""
    names = ["sparse%d" % i for i in range(16)]
    for name in names:
        with open(p.path(name), "wb") as f:
            f.truncate(40 << 30)
    limit, took = 2 * (1 + os.getloadavg()[0] / os.cpu_count()), []
    for _ in range(4):
        begin = time.monotonic()
        live_.echo(120)
        took.append(time.monotonic() - begin)
        time.sleep(0.3)
    point(max(took) < limit, "beside large files others are told at once", "limit %.1f s: %s" % (limit, took))
    known = lambda what: all(matching(what + n, [told(r, p.base) for r in live_.changes()]) for n in names)
    point(until(LIMIT, lambda: known("created ")), "and so are they, but for their content")
    for name in names:
        os.unlink(p.path(name))
    point(until(LIMIT, lambda: known("deleted ")), "and that they are gone")
    note("beside large files, ms: " + " ".join("%.0f" % (t * 1000) for t in took))


# ---- judging ----

def matching(want, lines):
    """How often it was told; the fields may be more (an mtime, a size that happened to differ too)."""
    head = want.rsplit(" ", 1) if want.startswith("updated") else (want, "")
    n = 0
    for line in lines:
        if want.startswith("updated"):
            have = line.rsplit(" ", 1)
            if have[0] == head[0] and set(head[1].split(",")) <= set(have[1].split(",")):
                n += 1
        elif line == want:
            n += 1
    return n


def right_who(r, by):
    """Was it this program? Before it is gone, and after."""
    who = r.get("who")
    if not who:
        return "who_unknown: %s" % r.get("who_unknown")
    want = os.path.realpath(by) if by else ME
    if who.get("exe") != want:
        return "exe %s, not %s" % (who.get("exe"), want)
    if not by and who.get("pid") != os.getpid():
        return "pid %s, not %d" % (who.get("pid"), os.getpid())
    if by and (not who.get("argv") or not who.get("ancestry")):
        return "argv %s, ancestry %s" % (who.get("argv"), who.get("ancestry"))
    return None


class Files(Live):
    def changes(self):
        return self.without_pulse(self.got())


def one(l, p, text, act, expected, by, who, times):
    at = len(l.changes())
    begin = time.time_ns()
    try:
        act(p)
    except (OSError, subprocess.CalledProcessError) as e:
        skip(text, "cannot be done here: %s" % e)
        return
    done = time.time_ns()
    def all_told():
        lines = [told(r, p.base) for r in l.changes()[at:]]
        return all(matching(w, lines) for w in expected)
    there = until(LIMIT, all_told)
    time.sleep(0.15)  # what is told twice is told now
    new = l.changes()[at:]
    lines = [told(r, p.base) for r in new]
    wrong = [w for w in expected if matching(w, lines) != 1]
    extra = [x for x in lines if not any(matching(w, [x]) for w in expected)]
    if there and new:
        times.append((max(r["arrived"] for r in new) - done) / 1e6)
    point(there and not wrong and not extra, "%s: told once" % text, "wrong: %s" % wrong[:5], "more: %s" % extra[:5],
          "after %d ms, told: %s" % ((time.time_ns() - begin) / 1e6, lines[:12]))
    if there and who:
        bad = {x for r in new if (x := right_who(r, by))}
        point(not bad, "%s: by %s" % (text, by or "this process"), *bad)
    late = [r for r in new if r.get("observed") != "realtime"]
    if late:
        point(False, "%s: seen as it happened" % text, *("%s %s" % (r["observed"], told(r, p.base)) for r in late))


def exam(work, name, mount):
    p = Place(mount)
    l = Files(work + "/" + name, p.base, exclude=["excluded/**"])
    before = live.seen(p.base)
    l.init()
    l.start()
    note("%s: ready" % name)
    times = []
    only = os.environ.get("ONLY", "")
    for text, act, expected, by, who in TRICKS:
        if only in text:
            one(l, p, "%s: %s" % (name, text), act, expected, by, who, times)
    quiet(l, p)
    no_event(l, p)
    if name == "tmpfs":
        large(l, p)
    l.settle()
    point(l.end() == 0, name + ": watch ends at an interrupt", l.said())
    l.judge(name, before)
    p.held.close()
    times.sort()
    if times:
        note("%s: act to print, ms: median %.0f, 90 of 100 %.0f, most %.0f" % (
            name, times[len(times) // 2], times[len(times) * 9 // 10], times[-1]))


def main():
    work = os.environ["WORK"]
    for name, mkfs in (("ext4", ["mkfs.ext4", "-q", "-F"]), ("tmpfs", None), ("xfs", ["mkfs.xfs", "-q"]),
                       ("btrfs", ["mkfs.btrfs", "-q"])):
        if name not in os.environ.get("FILE_SYSTEMS", "ext4 tmpfs").split():
            continue
        mount = work + "/mnt-" + name
        os.makedirs(mount)
        if mkfs is None:
            run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", mount)
        else:
            if not shutil.which(mkfs[0]):
                skip(name, "no " + mkfs[0])
                continue
            image = work + "/" + name + ".img"
            with open(image, "wb") as f:
                f.truncate(400 << 20)
            run(*mkfs, image)
            run("mount", "-o", "loop", image, mount)
        exam(work, name, mount)
    return live.Tap.done()


if __name__ == "__main__":
    sys.exit(main())
