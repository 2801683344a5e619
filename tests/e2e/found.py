"""JSON Lines of init, check or baseline show, told shortly (see found and field in lib.sh).

found.py BASE            what was found, sorted
found.py BASE KEY FIELD  the value of one field of one entity; nothing when it has none
"""
import json
import sys


def records():
    for line in sys.stdin.buffer:
        yield json.loads(line.decode("utf-8"))


def short(base, key):
    return key[len(base):].lstrip("/") or "." if (key + "/").startswith(base + "/") else key


def tell(base, r):
    kind = r.get("record", "change")
    key = short(base, r.get("key", ""))
    if kind == "gap":
        return f"gap {key}{'/**' if r.get('subtree') else ''} {r['reason']}"
    if kind != "change":
        return None
    if r["change"] == "renamed":
        return f"renamed {key} <- {short(base, r['old_key'])}"
    if r["change"] != "updated":
        return f"{r['change']} {key}"
    return f"updated {key} {','.join(r['fields'])}"


def main():
    base = sys.argv[1].rstrip("/")
    if len(sys.argv) > 2:
        for r in records():
            if r.get("key") is not None and short(base, r["key"]) == sys.argv[2]:
                value = (r.get("is") or r.get("approved") or r.get("current") or {}).get(sys.argv[3])
                if value is not None:
                    text = isinstance(value, str)
                    print(value if text else json.dumps(value, sort_keys=True))
                    return
        return
    lines = {line for line in map(lambda r: tell(base, r), records()) if line}
    for line in sorted(lines, key=lambda s: s.encode()):
        print(line)


main()
