"""Each line of a file of JSON Lines follows docs/change.schema.json, and these record types are among them.

    valid.py FILE [RECORD…]
"""

import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs/change.schema.json"


def main(path, wanted):
    check = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    seen = set()
    for n, line in enumerate(open(path, encoding="utf-8", newline="\n"), 1):
        one = json.loads(line)
        for error in check.iter_errors(one):
            best = jsonschema.exceptions.best_match([error])
            sys.exit(f"line {n}: {best.json_path}: {best.message[:300]}\n{line[:500]}")
        seen.add(one["record"])
    for record in wanted:
        if record not in seen:
            sys.exit(f"no record {record}, only {sorted(seen)}")


main(sys.argv[1], sys.argv[2:])
