# shellcheck shell=bash
# For tests of whole kinds: what one check found, exactly. Sourced behind lib.sh.

# iv COMMAND WORD…: the program, with $WORK/policy and $WORK/state.
iv() {
	run "${PROGRAM:-$INVAR}" "$@" --policy "$WINDOWS\\policy" --state "$WINDOWS\\state"
}

# changes: one check; the changes found, a line each: CHANGE KIND KEY, sorted, in $WORK/found. All that
# was said is in $WORK/changes.json.
changes() {
	iv check --new --json --exit-zero >"$WORK/changes.json" 2>"$WORK/changes.err"
	python3 - "$WORK/changes.json" <<-'END' | sort >"$WORK/found"
		import json, sys
		for line in open(sys.argv[1], encoding="utf-8"):
		    r = json.loads(line)
		    if r.get("record") == "change" and not r.get("standing"):
		        print(r["change"], r["kind"], r["key"])
		    elif r.get("record") == "gap":
		        print("gap", r.get("kind"), r.get("key"))
	END
}

# found TEXT LINE…: what the next check finds is exactly this.
found() {
	local text=$1
	shift
	changes
	printf '%s\n' "$@" | sed '/^$/d' | sort >"$WORK/expected"
	cmp -s "$WORK/expected" "$WORK/found"
	point $? "$text" "$WORK/found"
}

# says TEXT PATTERN: what the last check found has it (grep -E, of the JSON).
says() {
	grep -qE -- "$2" "$WORK/changes.json"
	point $? "$1" "$WORK/changes.json"
}
