"""The trees that are measured: made once below INVAR_BENCH_DIR, used again by later runs."""

import hashlib
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass

CHANGED_FILES = 1000
BYTES_AN_ENTRY = 50000  # on average at most, in the part of /usr: one huge file would be all there is


@dataclass
class Tree:
    role: str  # usr, tiny, small, big, odd
    name: str
    path: str
    entries: int = 0
    files: int = 0
    bytes: int = 0


def entries_and_bytes(path):
    n, size = 1, os.lstat(path).st_size
    for folder, folders, files in os.walk(path):
        n += len(folders) + len(files)
        size += sum(os.lstat(os.path.join(folder, f)).st_size for f in files)
    return n, size


def parts_of_usr(limit):
    """Whole folders of /usr in an order that does not depend on the alphabet, so that a part of it
    is a fair sample: programs, libraries, headers, documentation."""
    parts = []
    for top in sorted(os.listdir("/usr")):
        path = os.path.join("/usr", top)
        if os.path.isdir(path) and not os.path.islink(path):
            parts += [os.path.join(path, name) for name in os.listdir(path)]
    parts.sort(key=lambda p: hashlib.sha256(os.fsencode(p)).digest())
    left, bytes_left, taken = limit, limit * BYTES_AN_ENTRY, []
    for p in parts:
        n, size = entries_and_bytes(p)
        if n <= left and size <= bytes_left:
            taken.append(p)
            left -= n
            bytes_left -= size
    return taken


def copy_usr(path, limit):
    os.mkdir(path)
    names = b"\0".join(os.fsencode(os.path.relpath(p, "/")) for p in parts_of_usr(limit))
    subprocess.run(
        ["xargs", "-0", "cp", "-a", "--parents", "-t", path], input=names, cwd="/", check=True
    )


class Trees:
    def __init__(self, home, gentree, say):
        self.home, self.gentree, self.say = home, gentree, say
        os.makedirs(home, exist_ok=True)

    def get(self, role, name, make):
        """Made beside its place and then renamed: half a tree is never taken for one."""
        path = os.path.join(self.home, name)
        part = path + ".part"
        if not os.path.isdir(path):
            self.say(f"making {path}")
            shutil.rmtree(part, ignore_errors=True)
            make(part)
            os.rename(part, path)
            os.sync()
        return Tree(role, name, path)

    def generated(self, role, name, kind, *args):
        def make(path):
            subprocess.run([self.gentree, kind, path, *map(str, args)], check=True)

        return self.get(role, name, make)

    def tiny(self, files, role="tiny"):
        return self.generated(role, f"tiny{files}", "tiny", files)

    def big(self, files, mib):
        return self.generated("big", f"big{files}x{mib}", "big", files, mib)

    def odd(self):
        return self.generated("odd", "odd", "odd")

    def usr(self, entries):
        return self.get("usr", f"usr{entries}", lambda path: copy_usr(path, entries))


def pick_files(tree):
    """A thousand regular files, evenly over the whole tree."""
    found = []
    for folder, _, files in os.walk(tree.path):
        for f in files:
            path = os.path.join(folder, f)
            st = os.lstat(path)
            if stat.S_ISREG(st.st_mode) and st.st_nlink == 1 and st.st_size >= 8:
                found.append(path)
    n = min(CHANGED_FILES, len(found))
    return [found[i * len(found) // n] for i in range(n)]


def change_files(paths):
    """Other bytes, the same size."""
    for path in paths:
        with open(path, "r+b", buffering=0) as f:
            f.write(os.urandom(8))
    os.sync()
