#!/bin/bash
# Every command as people and programs use it, on real files: what it prints, its JSON against the
# schema, its exit status.
# shellcheck disable=SC2016,SC2317 # functions are called through ok; single quotes hold shell text that is to stay as it is
set -u
cd "$(dirname "$0")/../.." || exit 1
INVAR=$(readlink -f "${INVAR:-build/dev/invar}")
valid=$PWD/tests/e2e/valid.py
dir=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export LC_ALL=C.UTF-8
unset NO_COLOR SUDO_USER
n=0
failed=0

# ok TEXT COMMAND…: the command must succeed; what it said is shown when it does not.
ok() {
	local text=$1 said
	shift
	n=$((n + 1))
	if said=$("$@" 2>&1); then
		echo "ok $n - $text"
	else
		echo "not ok $n - $text"
		printf '%s\n' "$*" "$said" | head -n 40 | sed 's/^/# /'
		failed=1
	fi
}

# run ARG…: invar with our policy and state; leaves out, err and rc.
run() {
	"$INVAR" "$@" --policy "$dir/policy.yaml" --state "$dir/state" >out 2>err </dev/null
	rc=$?
}
# bare ARG…: without them.
bare() {
	"$INVAR" "$@" >out 2>err </dev/null
	rc=$?
}
status() { [ "$rc" = "$1" ] || { echo "status $rc, expected $1"; cat out err; return 1; }; }
says() { grep -qF -- "$1" out || { echo "no '$1' in:"; cat out; return 1; }; }
complains() { grep -qF -- "$1" err || { echo "no '$1' in:"; cat err; return 1; }; }
silent() { [ ! -s "$1" ] || { cat "$1"; return 1; }; }
clean() { ! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' out err; }

# valid RECORD…: each line of out follows the schema; these record types are among them.
valid() { python3 "$valid" out "$@"; }
# field EXPRESSION: Python over the list L of objects in out.
field() { python3 -c 'import json,sys
L=[json.loads(l) for l in open("out", encoding="utf-8", newline="\n")]
sys.exit(not eval(sys.argv[1]) and sys.argv[1])' "$1"; }

cat >policy.yaml <<END
version: 1
rules:
  - id: tree
    title: A tree of this test
    severity: high
    kind: file
    base: $dir/tree
    exclude: ["cache/**"]
    tags: [attack.T1098]
  - id: notes
    severity: low
    kind: file
    base: $dir/notes
END
plant() {
	rm -rf tree notes
	mkdir -p tree/conf tree/cache tree/old notes
	echo one >tree/conf/a
	echo two >tree/conf/b
	echo three >tree/conf/c
	echo x >notes/n
	echo x >tree/old/1
	echo y >tree/old/2
	ln -s a tree/conf/link
}
fresh() {
	rm -rf state
	plant
	run init
}

# ---- before there is anything ----
plant
bare check --policy "$dir/none" --state "$dir/state"
ok "a missing policy is 17" status 17
ok "and the message says what to do" complains "--policy PATH"
run check
ok "a missing state is 18" status 18
ok "and the message is the next command" complains "invar init --policy $dir/policy.yaml --state $dir/state"
ok "a refused command makes nothing" test ! -e state

# ---- init ----
run init
ok "init is 0" status 0
ok "init says how much" says "Baseline made: 11 files"
ok "init says what to do next" says "invar check --policy $dir/policy.yaml"
run init
ok "a second init is 15" status 15
ok "and names the way on" complains "init --replace"
run init --replace
ok "init --replace is 0" status 0
ok "the key is readable by us alone" bash -c '[ "$(stat -c %a state)" = 700 ] && ! find state -type f -perm /077 | grep .'
run init --replace --json
ok "init --json follows the schema" valid decision coverage

# ---- check and its exit statuses ----
run check
ok "an untouched tree is 0" status 0
ok "and says so in one line" bash -c '[ "$(wc -l <out)" = 1 ] && grep -q "^No changes: 11 files as approved" out'
ok "nothing on standard error when it is no terminal" silent err
echo more >>tree/conf/a
run check
ok "updated is 4" status 4
ok "the group has severity, rule, title, count" says "HIGH  tree  A tree of this test (1 change)"
ok "before and after" bash -c 'grep -qE "size +4 bytes → 9 bytes" out && grep -qE "sha256 +[0-9a-f]{12}… → [0-9a-f]{12}…" out'
ok "and whole command lines" bash -c 'grep -q "invar approve all --reason .* --policy" out && grep -q "invar show file" out'
ok "no escape sequence in a pipe" clean
run check
ok "drift stands on" status 4
ok "and is not reported as new" says "Standing from before"
run check --new
ok "--new speaks of what was found now" status 0
echo new >tree/conf/new
rm tree/conf/b
run check
ok "created, deleted, updated are 7" status 7
run check --exit-zero
ok "--exit-zero is 0" status 0
run check --fail-on critical
ok "--fail-on critical passes over high" status 0
run check --fail-on high
ok "--fail-on high counts it" status 7
run check --fail-on unexplained
ok "--fail-on unexplained counts it" status 7
run check notes
ok "check PATH speaks of that path" status 0
run check tree/conf/new --kind file --quick --jobs 2 --io-class idle --limit-rate 100M --limit-cpu 400
ok "all options of a scan together" status 1
echo hidden >tree/cache/x
run check --quick
ok "excluded files are none of our business" bash -c '! grep -q cache/x out'
run check --json
ok "check --json follows the schema" valid change coverage
ok "drift has no place in the ledger" field 'all("seq" not in x for x in L if x["record"]=="change")'
ok "and holds both states" field '[x for x in L if x.get("change")=="updated" and x["was"].get("size")==4 and x["is"].get("size")==9 and x["tags"]==["attack.T1098"]]'

fresh
mv tree/old tree/young
run check
ok "a renamed folder is 4" status 4
ok "and one change" bash -c 'grep -q "> .*/tree/old → .*/tree/young (and 2 entries below)" out'
run drift --json
ok "renamed, as JSON" field '[x for x in L if x["change"]=="renamed" and x["old_key"].endswith("/tree/old") and x["subtree"]==2]'
ok "which is valid" valid change

# ---- drift, approve ----
fresh
echo 1 >>tree/conf/a
echo 2 >>tree/conf/b
echo 3 >>notes/n
run check
run drift
ok "drift has the status of check" status 4
run drift notes
ok "drift SELECTION" bash -c 'grep -q notes/n out && ! grep -q conf/a out'
run drift rule:tree --json
ok "drift rule:ID" field 'len(L)>0 and all(x["rule"]=="tree" for x in L)'
run approve
ok "approve without a selection is 15" status 15
ok "and lists what stands" says conf/b
ok "and the whole command" complains "invar approve all --reason"
run approve all
ok "approve without a reason is 15" status 15
run approve tree/conf/a --reason "it's fine"
ok "approve is 0" status 0
ok "approve prints what it moved" bash -c 'grep -q "~ .*/conf/a" out && ! grep -q conf/b out'
run drift
ok "exactly that moved" bash -c '! grep -q conf/a out && grep -q conf/b out && grep -q notes/n out'
seq=$(run log --json && python3 -c 'import json
print([json.loads(l)["seq"] for l in open("out") if "conf/b" in l][-1])')
run approve "seq:$seq" --reason number
ok "approve seq:N prints what it moved" says conf/b
run drift
ok "and moves it" bash -c '! grep -q conf/b out && grep -q notes/n out'
run approve tree/conf/a --reason again
ok "approving what does not differ says so" says "Nothing of this differs"
run approve all --reason rest --json
ok "approve --json follows the schema" valid change
run check
ok "and nothing is left" status 0

# ---- show, explain, log, status ----
echo 4 >>tree/conf/a
run check
run show file "$dir/tree/conf/a"
ok "show: both states, the rule, the history" bash -c 'grep -q "Approved → last seen" out && grep -q "tree (high)" out && grep -q "History" out'
run show tree/conf/a --json
ok "show --json" valid entity change
run show file "$dir/nothing"
ok "show of what is not known is 18" status 18
ok "and says what to ask" complains "invar explain file $dir/nothing"
run explain tree/conf/a
ok "explain names rule and line" bash -c 'grep -q "is watched" out && grep -qE "policy.yaml:[0-9]+" out'
run explain tree/cache/x
ok "explain names the line that excludes" bash -c 'grep -q "is not watched" out && grep -qE "tree excludes it.*policy.yaml:8" out'
run explain /nowhere --json
ok "explain --json" bash -c true
ok "follows the schema" valid explanation
run explain 'HKLM\SOFTWARE\x' --json
ok "explain of a key says of its values that they are not watched" field 'L[0]["beside"] == { "kind": "registry-value", "watched": "no", "rules": [] }'
ok "follows the schema" valid explanation
run log
ok "log is 0" status 0
ok "log holds decisions" bash -c 'grep -q "decision init" out && grep -q "decision approve tree/conf/a.*it.s fine" out'
run log --record decision --json
ok "log --record --json" valid decision
ok "only those" field 'all(x["record"]=="decision" for x in L)'
ok "chained" field 'all(len(x["prev"])==64 for x in L)'
run log --limit 2 --json
ok "log --limit takes the newest, oldest first" field 'len(L)==2 and L[0]["seq"]<L[1]["seq"]'
last=$(python3 -c 'import json
print([json.loads(l)["seq"] for l in open("out")][-1])')
run log --limit 0
ok "log --limit 0 takes none" silent out
run log --limit 1 --reverse --json
ok "log --reverse begins with the newest" field "L[0]['seq']==$last"
"$INVAR" log --limit 0 --follow --json --policy policy.yaml --state state >comes 2>err </dev/null &
follower=$!
for _ in $(seq 300); do
	run check # a record of it
	[ -s comes ] && break
	sleep 0.1
done
kill "$follower"
wait "$follower"
rc=$?
mv comes out
ok "log --limit 0 --follow ends when asked to" status 0
ok "and tells only what comes" field "len(L)>0 and all(x['seq']>$last for x in L)"
run log --since -1h --until now --severity high --kind file --rule tree --verdict unexplained --key "$dir/tree/**" --json
ok "all filters of log together" field 'len(L)>0 and all(x["rule"]=="tree" for x in L)'
run log --since 2200-01-01
ok "nothing since the future" silent out
run log --verify
ok "log --verify proves" bash -c 'grep -q "ledger is whole" out && grep -q "store is whole" out'
run log --verify --json
ok "also as JSON" valid verified
run status
ok "status is 0" status 0
ok "status has it all" bash -c 'for w in host state policy baseline "last check" drift ledger key; do grep -q "^$w" out || exit 1; done'
run status --json
ok "status --json" valid status
ok "status counts drift" field 'L[0]["drift"]["high"]==1 and L[0]["policy_changed"]==False'
sed -i 's/severity: low/severity: medium/' policy.yaml
run status
ok "status notices another policy" says "changed since the last check"

# ---- policy ----
run policy check
ok "policy check is 0" status 0
run policy show
ok "policy show loads again" bash -c 'cp out shown.yaml && "$0" policy check --policy shown.yaml >/dev/null' "$INVAR"
run policy show --json
ok "policy show --json" valid rule
printf 'version: 1\nrules:\n  - id: x\n    kind: file\n    bas: /etc\n' >bad.yaml
bare policy check --policy bad.yaml
ok "policy check of a wrong policy is 17" status 17
ok "and says where" bash -c 'grep -qE "^bad.yaml:5:[0-9]+: error: " out'
bare policy check --policy bad.yaml --json
ok "policy check --json" valid problem
bare check --policy bad.yaml --state state
ok "check with a wrong policy is 17" status 17
ok "and says where too" bash -c 'grep -qE "^bad.yaml:5:[0-9]+: error: " err'

# ---- baseline ----
fresh
run baseline show
ok "baseline show lists all" bash -c '[ "$(wc -l <out)" = 11 ]'
run baseline show tree/conf --json
ok "baseline show SELECTION --json" valid entity
ok "only that" field 'len(L)==5'
run baseline export b1
ok "baseline export is 0" status 0
run baseline export -
ok "baseline export to a pipe" bash -c '[ "$(head -c 4 out | wc -c)" = 4 ] && [ ! -s err ]'
cp out b2
bare baseline verify b1
ok "baseline verify FILE is 0" status 0
bare baseline verify b2 --json
ok "baseline verify FILE --json" valid verified
run baseline verify
ok "baseline verify of the store is 0" status 0
run baseline diff b1
ok "no difference to what was just exported" status 0
echo 5 >>tree/conf/a
rm notes/n
run check
run approve all --reason move
run baseline diff b1
ok "baseline diff has the status of check" status 6
run baseline diff b1 --json
ok "baseline diff --json" valid change
bare baseline show b1 --state nowhere
ok "baseline show of an export needs no state" bash -c "[ $rc = 0 ] && grep -q notes/n out"
bare baseline show b1 "file:$dir/tree/**" --json
ok "and takes a selection" field 'L and all("/tree" in r["key"] for r in L)'
ok "baseline show --json" valid entity
run baseline show "$dir/nothing/here"
ok "what selects nothing is 18" status 18
run baseline import b1
ok "baseline import without a reason is 15" status 15
run baseline import b1 --reason back
ok "baseline import is 0" status 0
run drift
ok "and the drift is back" bash -c 'grep -q conf/a out && grep -q notes/n out'
run log --record decision --limit 1
ok "and in the ledger" says "decision baseline-import"
bare init --policy policy.yaml --state other
bare baseline import b1 --reason foreign --policy policy.yaml --state other
ok "a foreign signature is refused" status 18
key=$(sed -n 's/.*--key \([0-9a-f]*\).*/\1/p' err)
bare baseline import b1 --reason foreign --key "$key" --policy policy.yaml --state other
ok "unless its key is named" status 0
python3 -c 'b=bytearray(open("b1","rb").read()); b[len(b)//2]^=1; open("b3","wb").write(b)'
bare baseline verify b3
ok "a damaged export is 24" status 24
run baseline diff b3 --json
ok "nothing of it is shown" silent out
bare baseline show b3
ok "by show neither" bash -c "[ $rc = 24 ] && ! [ -s out ]"
run baseline import b3 --reason no
ok "and cannot be imported" bash -c "[ $rc != 0 ]"
run drift
ok "and leaves the baseline alone" says conf/a
head -c 100 b1 >b4
bare baseline verify b4
ok "half an export is 24" status 24

# ---- where an export may go ----
mkfifo pipe
cat pipe >piped &
run baseline export pipe
wait $!
ok "an export goes into a FIFO" bash -c '[ -p pipe ] && [ -s piped ]'
run baseline export /dev/full
ok "a full device is 14" status 14
ok "and stays a device" test -c /dev/full
run baseline export /dev/null
ok "also one that takes all" bash -c '[ -c /dev/null ] && grep -q Exported out'
run baseline export /dev/stdout
ok "standard output by its name has nothing else in it" bash -c 'cp out b5; "$0" baseline verify b5' "$INVAR"
ln -s kept linked
run baseline export linked
ok "a link to nothing is 14" status 14
ok "and is named" complains "'linked': it is a symbolic link to nothing"
: >kept
run baseline export linked
ok "a link to a file is followed" bash -c '[ -L linked ] && "$0" baseline verify kept' "$INVAR"
run baseline export tree
ok "a folder is refused" complains "'tree': it is a folder"
ok "and nothing is left beside any of them" bash -c '! compgen -G "*partial*"'

# ---- where nobody looks ----
fresh
echo zone >zone
ln -s tree way
run check tree/none
ok "check of what does not exist is 18" status 18
ok "and says so" complains "nothing is watched at '$dir/tree/none', which does not exist; see: "
ok "and nothing of no changes" silent out
run check zone
ok "check of what no rule watches is 18" complains "nothing is watched at '$dir/zone'; see: "
run check way/conf/a
ok "check through a link is 18" status 18
ok "and has the name to use" complains "'$dir/way' is a symbolic link to tree: name $dir/tree/conf/a"
run check way/none
ok "also when nothing is there" complains "and $dir/tree/none does not exist"
rm notes/n
run check notes/n
ok "what is gone but known is a finding" status 2
run check notes/n
ok "also the second time" status 2
cat >>policy.yaml <<END
  - id: way
    severity: low
    kind: file
    base: [$dir/way, $dir/state]
  - id: never
    severity: low
    kind: file
    base: $dir/evil
    expect: absent
  - id: elsewhere
    severity: low
    kind: file
    base: $dir
    include: [elsewhere]
END
run check evil
ok "what should be absent, and is, is no error" status 0
run explain way/conf/a
ok "explain says what lies behind a link" bash -c 'grep -qE "is not looked at: .*/way. is a symbolic link to tree; see: .* explain file .*/tree/conf/a " out'
run explain way/conf/a --json
ok "as JSON too" field 'L[0]["watched"]==False and L[0]["not_looked_at"].endswith("is a symbolic link to tree")'
ok "which is valid" valid explanation
run explain tree/none
ok "explain of what is not there" says "would be watched; it is not there now."
run explain notes/n
ok "explain of what is gone" says "is not there now."
rm -rf state
run init
run baseline show state
ok "the state folder is not observed, not even while it is made" silent out
run explain state/state.db
ok "explain of the state folder" says "is not watched: it is the state folder's."
run explain tree/conf/a
ok "explain leaves out rules that do not reach it" bash -c 'grep -q "  1 other rule with a base above it does not reach it" out && ! grep -q "elsewhere" out'
run explain tree/conf/a --full
ok "--full lists them" says "elsewhere does not include it"
sed -i "s|^rules:|&\n  - { id: aside, severity: low, kind: file, base: $dir, include: [aside] }|" policy.yaml
run explain tree/conf/a --full
ok "rules that watch it come first" bash -c 'sed -n 2p out | grep -q "^  tree watches it" && grep -q "^  aside does not include it" out'

# ---- one change, told twice; what was selected; what was renamed ----
fresh
echo more >>tree/conf/a
echo more >>notes/n
mv tree/old tree/young
run check --json
ok "only the drift lines say standing" field '[("seq" in x, x.get("standing")) for x in L if x["record"]=="change" and x["key"].endswith("/conf/a")]==[(True, None), (False, True)]'
ok "standing follows the schema" valid change coverage
run drift rule:notes
ok "the advice of drift repeats the selection" says "approve rule:notes --reason"
run check notes
ok "that of check too" says "approve notes --reason"
run check --kind file
ok "and the kind" says "approve file --reason"
run show tree/old/1
ok "show of an old name points to the new one" says "Renamed to $dir/tree/young/1; see: "
run baseline export before
run approve notes --reason '   '
ok "a reason of blanks is none" status 15
run approve all --reason moved
run show tree/old/1
ok "also when the old name is forgotten" complains "was renamed; see: "
echo more >>tree/young/1
run check
mv tree/young/1 tree/conf/one
run check
rm tree/conf/one
run check
echo another >tree/conf/one
run check
run show tree/conf/one --json
ok "show of a new name has what happened under the names before, back to its beginning" \
	field '[(x["change"], x["key"].split("tree/")[1]) for x in L if x.get("record") == "change"] == [("created", "conf/one"), ("deleted", "conf/one"), ("renamed", "conf/one"), ("updated", "young/1"), ("renamed", "young")]'
printf 'version: 1\nrules:\n  - {id: none, kind: file, severity: low, base: /nowhere}\n' >none.yaml
bare baseline diff before --policy none.yaml --state state
ok "what no rule watches has a heading" says "INFO  no rule ("

# ---- policies that are no files ----
mkdir members
cp none.yaml members/a.yaml
ln -s nothing members/b.yaml
mkfifo members/c.yaml
mkdir members/d.yaml
bare policy check --policy members
ok "members that are no files are 17" status 17
for problem in "b.yaml: error: found a symbolic link to nothing" "c.yaml: error: found a FIFO" "d.yaml: error: found a folder"; do
	ok "$problem" says "members/$problem, expected a file"
done
printf '\xef\xbb\xbfversion: 1\nrules:\n  - {id: x, title: é, kind: file, severity: low, base: /nowhere}\n' >bom.yaml
bare policy check --policy bom.yaml
ok "a byte order mark is passed over" status 0
printf 'version: 1\nrules:\n  - id: é\n\tkind: file\n' >tab.yaml
bare policy check --policy tab.yaml
ok "a tab is named" says "tab.yaml:4:1: error: found a tab where indentation must be spaces"

# ---- names that nobody should have to read ----
fresh
evil=$'tree/conf/\x1b[31m\n\\x\xff"; $(reboot)'
echo evil >"$evil"
touch tree/conf/$'\xe2\x80\xaegnp.exe'
mkdir tree/conf/$'dir\r'
run check
ok "hostile names are found" status 5
ok "and shown harmless" clean
ok "escaped" says '\x1b[31m\x0a\x5cx\xff"; $(reboot)'
run check --json
ok "hostile names in JSON are valid" valid change
ok "with the exact bytes beside them" field '[x for x in L if x.get("key_b64") and __import__("base64").b64decode(x["key_b64"]).endswith(b"/tree/conf/\x1b[31m\n\\x\xff\"; $(reboot)")]'
run show file "$dir/tree/conf/"'\x1b[31m\x0a\x5cx\xff"; $(reboot)'
ok "a key as we print it can be pasted" says "Not approved"
run show file "$dir/$evil"
ok "and typed as it is" says "Not approved"
run approve "$evil" --reason evil
ok "approve of a hostile name" status 0
ok "is harmless too" clean

# ---- locked, damaged, closed pipe, interrupted ----
fresh
touch -r tree stamp
python3 - "$INVAR" "$dir" <<'END' >locked 2>&1
import os, signal, subprocess, sys, time
invar, d = sys.argv[1:]
args = ["--policy", d + "/policy.yaml", "--state", d + "/state"]
os.makedirs(d + "/tree/slow")
with open(d + "/tree/slow/big", "wb") as f:
    f.truncate(64 << 20)
    os.pwrite(f.fileno(), os.urandom(32 << 20), 0)
first = subprocess.Popen([invar, "check", "--limit-rate", "2M", *args], stdout=subprocess.DEVNULL)
time.sleep(1.5)
second = subprocess.run([invar, "check", *args], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
reader = subprocess.run([invar, "drift", *args], stdout=subprocess.DEVNULL)
print("second", second.returncode, str(first.pid) in second.stderr)
print("reader", reader.returncode)
first.send_signal(signal.SIGTERM)
print("first", first.wait(20))
END
rm -r tree/slow
touch -r stamp tree
ok "a second writer is 21 and is told the PID" grep -q "^second 21 True" locked
ok "a reader is not kept out" grep -q "^reader 0" locked
ok "SIGTERM is a clean stop with 25" grep -q "^first 25" locked
run log --record note
ok "and in the ledger" says interrupted
run check
ok "and the next check is as if it had not been" status 0
cat >damage.py <<'END'
import sqlite3, sys
what, path = sys.argv[1:]
if what in ("node", "ledger"):
    db = sqlite3.connect(path)
    row, blob = db.execute(f"SELECT rowid, data FROM {what} ORDER BY rowid LIMIT 1").fetchone()
    blob = bytearray(blob)
    blob[len(blob) // 2] ^= 1
    db.execute(f"UPDATE {what} SET data = ? WHERE rowid = ?", (bytes(blob), row))
    db.commit()
else:
    with open(path, "r+b") as f:
        f.truncate(3000) if what == "cut" else f.write(b"\xa5" * 600)
END
for damage in node ledger cut header; do
	cp -a state broken
	python3 damage.py $damage broken/state.db
	bare baseline verify --state broken
	ok "a damaged store ($damage) is 24" status 24
	ok "and is named" bash -c '[ -s err ]'
	if [ $damage = cut ] || [ $damage = header ]; then
		ok "with what to do" complains "move the folder away, as evidence"
		cp broken/state.db before.db
		bare init --replace --state broken --policy policy.yaml
		ok "and init --replace leaves it alone" cmp broken/state.db before.db
	fi
	rm -r broken
done
bash -c 'set -o pipefail; "$0" log --policy policy.yaml --state state 2>err | true; exit 0' "$INVAR"
ok "a reader that goes away is no error to talk about" silent err
"$INVAR" status --policy policy.yaml --state state >/dev/full 2>err
rc=$?
ok "a full disk under the output is 14" status 14

# ---- help, usage ----
bare
ok "invar alone helps" says "Commands:"
bare help baseline
ok "help of a group lists its commands" bash -c 'grep -q "^Usage: invar baseline COMMAND" out && [ "$(grep -c "^  baseline " out)" = 5 ]'
bare help policy
ok "and of the other" says "  policy check     say what is wrong with the policy"
bare --version
ok "--version" bash -c 'grep -qE "^invar [0-9]+\.[0-9]+\.[0-9]+$" out'
bare help kinds
ok "help kinds lists them" bash -c 'grep -q "^   1  file " out && grep -q "^   6  user " out'
bare help kind user
ok "help of a kind lists its fields" bash -c 'grep -q "^Kind user: " out && grep -q "^  uid .*number, standard: " out'
ok "and what other platforms have apart" bash -c '! grep -q "^  sid " out && grep -q "^  not here .* sid" out'
cp out first
bare help user
ok "a kind's name alone will do" cmp out first
bare help kinds --json
ok "all of it for programs" valid kind
ok "kind by kind" test "$(wc -l <out)" = "$("$INVAR" help kinds | grep -c "^ *[0-9]\+  ")"
bare help kind usr
ok "a kind that is not one" complains "did you mean: invar help kind user"
commands=$("$INVAR" help | sed -n '/^Commands:/,/^$/{s/^  \([a-z]\+\( \(check\|show\|export\|import\|diff\|verify\|apply\)\)\?\)  .*/\1/p}')
ok "help lists all commands" test "$(wc -l <<<"$commands")" = 22
while read -r c; do
	# shellcheck disable=SC2086 # two words
	bare help $c
	ok "help $c" bash -c "grep -q '^Usage: invar $c ' out && [ $rc = 0 ]"
	cp out first
	# shellcheck disable=SC2086
	bare $c --help
	ok "$c --help is the same" cmp out first
	# shellcheck disable=SC2086
	bare $c --no-such-option
	ok "$c with a wrong option is 15" status 15
	# shellcheck disable=SC2086
	bare help --man $c
	ok "manual page of $c" bash -c 'grep -q "^\.TH INVAR" out && grep -q "^\.SH SYNOPSIS" out'
	if command -v groff >/dev/null; then
		ok "without a complaint of groff" bash -c 'said=$(groff -K utf8 -man -ww -z out 2>&1); [ -z "$said" ] || { echo "$said"; exit 1; }'
	fi
done <<<"$commands"
usage() {
	local wanted=$1
	shift
	bare "$@"
	ok "usage: $*" status 15
	ok "which says: $wanted" complains "$wanted"
}
usage "did you mean: invar check" chek
usage "no command 'xyzzy'" xyzzy
usage "'baseline' needs one of: show, export, import, diff, verify" baseline
usage "no command 'policy chek'" policy chek
usage "did you mean --fail-on" check --fail-no
usage "expected any, unexplained, info" check --fail-on bogus
usage "expected a number" check --jobs zero
usage "expected bytes" check --limit-rate 5X
usage "not a time" log --since tomorrow
usage "missing operands; usage: invar show" show
usage "too many operands; usage: invar status" status x
usage "no command 'nothing'" help nothing

# ---- completion ----
cat >complete.sh <<'END'
. ./c
complete_line() {
	COMP_WORDS=("$@")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_invar
	echo "${COMPREPLY[*]}"
}
[ "$(complete_line invar ch)" = check ] || exit 1
[ "$(complete_line invar baseline im)" = import ] || exit 2
[ "$(complete_line invar check --fail-on cr)" = critical ] || exit 3
[ "$(complete_line invar check --lim)" = "--limit-rate --limit-cpu" ] || exit 4
[ "$(complete_line invar check polic)" = policy.yaml ] || exit 5
[ "$(complete_line invar log --kind fil)" = file ] || exit 6
[ "$(complete_line invar show sysc)" = sysctl ] || exit 7
END
"$INVAR" help --completion bash >c
ok "completion for bash" bash complete.sh
for shell in zsh fish; do
	"$INVAR" help --completion $shell >c
	ok "completion for $shell names commands and options" bash -c 'grep -q baseline c && grep -q limit-rate c'
	if command -v $shell >/dev/null; then
		ok "and $shell reads it" $shell -n c
	fi
done

# ---- quickstart, with a stand-in for the build ----
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	mkdir -p quick/cmake quick/build/release quick/bin
	cp "$(dirname "$valid")/../../quickstart" quick/
	cp -r "$dir/none.yaml" quick/rules
	cp "$INVAR" quick/build/release/invar
	printf 'packages_in() { :; }\npackages_missing() { :; }\n' >quick/cmake/apt.sh
	printf '#!/bin/sh\n' >quick/bin/cmake
	chmod +x quick/bin/cmake
	(cd / && PATH=$dir/quick/bin:$PATH "$dir/quick/quickstart") >out 2>err
	rc=$?
	ok "quickstart" status 0
	ok "what it says to type next works in any folder" says " $dir/quick/build/release/invar check --policy $dir/quick/rules --state $dir/quick/.quickstart/state"
	(cd / && PATH=$dir/quick/bin:$PATH "$dir/quick/quickstart") >out 2>err
	ok "again: it only checks" bash -c '! grep -q "taking the baseline" out && grep -q "checking this host" out'
	ok "no list of all entities in its log" bash -c '[ "$(wc -c <quick/.quickstart/log)" -lt 2000 ]'
fi

# ---- on a terminal ----
if command -v script >/dev/null; then
	echo 6 >>tree/conf/a
	line="'$INVAR' check --policy policy.yaml --state state"
	script -qec "stty cols 100; $line" /dev/null >screen 2>/dev/null </dev/null
	ok "colour on a terminal" grep -q $'\x1b\\[' screen
	script -qec "NO_COLOR=1 $line --json" /dev/null >screen 2>/dev/null </dev/null
	ok "none with NO_COLOR" bash -c '! grep -q $'"'\\x1b\\\\[[0-9;]*m'"' screen'
	script -qec "$line --plain" /dev/null >screen 2>/dev/null </dev/null
	ok "nothing but text with --plain" bash -c '! grep -q $'"'\\x1b'"' screen'
fi

echo "1..$n"
exit $failed
