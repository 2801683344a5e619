#!/bin/sh
# rules/policy.schema.json says what the loader says: about the shipped rules, about the samples in
# tests/data/policy (which the unit test policy_files gives the loader); tests/house/tables.sh compares
# it with the field tables. tests/data/policy/bad-loader-only holds what no schema can express.
set -eu
python3 -c 'import jsonschema, yaml' 2>/dev/null || exit 77
exec python3 - <<'PYTHON'
import glob, json, sys
import jsonschema, yaml

schema = json.load(open("rules/policy.schema.json"))
jsonschema.Draft202012Validator.check_schema(schema)
check = jsonschema.Draft202012Validator(schema)
failures = []

good = sorted(glob.glob("rules/*.yaml") + glob.glob("rules/windows/*.yaml") + glob.glob("tests/data/policy/good/*.yaml"))
bad = sorted(glob.glob("tests/data/policy/bad/*.yaml"))
if len(good) < 5 or len(bad) < 20:
    failures.append("samples are missing")
for path in good:
    for e in check.iter_errors(yaml.safe_load(open(path))):
        failures.append(f"{path}: {'/'.join(map(str, e.absolute_path))}: {e.message[:200]}")
for path in bad:
    if check.is_valid(yaml.safe_load(open(path))):
        failures.append(f"{path}: the schema accepts it")

print("\n".join(failures) or f"{len(good)} good, {len(bad)} bad: as expected")
sys.exit(bool(failures))
PYTHON
