#!/usr/bin/env python3
"""changes.py FILE [-v]: the changes and gaps in the output of `check --json`, one a line, sorted:
change, key, rule, severity, fields. The key of what is no file has its kind in front, and spaces
become "_". A change that stands is there twice, as found and as drift. -v: also what was and is."""

import json
import sys


def values(r):
    was, now = r.get("was", {}), r.get("is", {})
    names = r["fields"] if r.get("fields") else [n for n in now] if r["change"] == "created" else []
    return [f"{n}: {was.get(n)!r} -> {now.get(n)!r}"[:400] for n in names]


def main():
    lines = set()
    with open(sys.argv[1], encoding="utf-8") as f:
        for line in f:
            r = json.loads(line)
            if r.get("record") == "gap":
                lines.add("gap " + line.strip())
            if r.get("record", "change") != "change":
                continue
            key = r["key"] if r["kind"] == "file" else r["kind"] + ":" + r["key"]
            lines.add(" ".join([r["change"], key.replace(" ", "_"), r["rule"], r["severity"],
                                ",".join(r.get("fields", []))]
                               + (values(r) if "-v" in sys.argv else [])))
    print("\n".join(sorted(lines)), end="\n" if lines else "")


main()
