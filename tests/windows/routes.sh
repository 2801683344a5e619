#!/bin/bash
# Records carried out of a Windows host: a webhook over TLS with an authority of the settings, a file
# that rotates, and receivers that are not whom we trust, slow, or send us elsewhere.
. tests/windows/agent.bash
FILES=${FILES:-40}

# ---- a receiver ----

authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
		-keyout "$PLACE/$1.key" -out "$WORK/$1.pem" 2>/dev/null
}
authority ours
authority other
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
	-keyout "$PLACE/server.key" -out "$PLACE/server.csr" 2>/dev/null
openssl x509 -req -in "$PLACE/server.csr" -CA "$WORK/ours.pem" -CAkey "$PLACE/ours.key" -days 30 \
	-set_serial 7 -extfile <(printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n') \
	-out "$PLACE/server.pem" 2>/dev/null
python3 tests/windows/routes.py "$PLACE/server.pem" "$PLACE/server.key" "$PLACE" &
receiver=$!
trap 'kill $receiver 2>/dev/null; finish' EXIT
until [ -s "$PLACE/port" ]; do sleep 0.05; done
URL=https://localhost:$(<"$PLACE/port")

# ---- settings ----

settings() { printf 'version: 1\nroutes:\n' >"$WORK/agent.yaml" && cat >>"$WORK/agent.yaml"; }
agent() {
	LIMIT=60 run "$BUILD/console.exe" "$PLACE/stop" "$INVAR" agent --policy "$WINDOWS\\policy" \
		--state "$WINDOWS\\state" --config "$WINDOWS\\agent.yaml" >"$PLACE/agent.err" 2>&1
}
refused() {
	agent
	grep -qF -- "agent.yaml:3:$1: $2" "$PLACE/agent.err"
	point $? "refused: $2" "$PLACE/agent.err"
}
true_that "a baseline" ask init
settings <<<"  - { name: siem, to: syslog, address: 'tls://localhost:6514' }"
refused 23 "found 'to': routes to syslog, mail and command are not available on Windows yet"
settings <<<"  - { name: lake, to: webhook, url: '$URL/', verify: false }"
refused "$((50 + ${#URL}))" "found 'verify': on Windows the other side is verified always"

echo 'Authorization: Bearer s3cret' >"$WORK/headers"
settings <<-YAML
	  - { name: local, to: file, from: start, path: '$WINDOWS\\out.jsonl', rotate_size: 8KiB, rotate_count: 90 }
	  - { name: lake, to: webhook, from: start, url: '$URL/lake', batch: 7, ca: '$WINDOWS\\ours.pem',
	      headers: '$WINDOWS\\headers' }
	  - { name: wrong, to: webhook, from: start, url: '$URL/wrong', ca: '$WINDOWS\\other.pem' }
	  - { name: unknown, to: webhook, from: start, url: '$URL/unknown' }
	  - { name: name, to: webhook, from: start, url: '${URL/localhost/127.0.0.1}/name', ca: '$WINDOWS\\ours.pem' }
	  - { name: slow, to: webhook, from: start, url: '$URL/slow', ca: '$WINDOWS\\ours.pem', timeout: 500ms }
	  - { name: moved, to: webhook, from: start, url: '$URL/moved', ca: '$WINDOWS\\ours.pem' }
YAML

# ---- at work ----

agent &
begun=$!
status() { ask status --json >"$PLACE/status" && jq -e "$1" "$PLACE/status"; }

route() { status ".agent.routes[] | select(.name == \"$1\") | $2"; }
within 20 "the agent answers" status .agent_running
for ((i = 0; i < FILES; i++)); do echo "$i" >"$WORK/watched/file-$i"; done
number() { ask log --json | jq -s -e 'map(select(.record == "change")) | length' >"$PLACE/n" &&
	[ "$(<"$PLACE/n")" -ge "$1" ]; }
within 40 "all changes are recorded" number "$FILES"
within 40 "all went out by the webhook" route lake '.lag == 0 and .failures == 2 and .lost == 0'
within 40 "all went into the file" route local '.lag == 0 and .failures == 0 and .sent > 0'
within 40 "who has another authority gets nothing" \
	route wrong '.sent == 0 and (.error | contains("certificate is not from the authorities"))'
within 40 "nor who has one that nobody knows" \
	route unknown '.sent == 0 and (.error | contains("certificate"))'
within 40 "nor who has another name" route name '.sent == 0 and (.error | test("certificate|TLS"))'
within 40 "an answer is waited for only so long" \
	route slow '.sent == 0 and (.error | contains("no answer within 500 ms"))'
within 40 "nobody sends us elsewhere" \
	route moved '.sent == 0 and (.error | contains("answered with status 302"))'

over() { ! kill -0 "$begun" 2>/dev/null; }
touch "$PLACE/stop"
within 15 "Ctrl-C ends it" over
rm "$PLACE/stop"
rm -f "$WORK/watched/file-"*
agent &
begun=$!
within 20 "begun again" status .agent_running
within 40 "what was removed meanwhile is recorded" number $((2 * FILES))
within 40 "the webhook goes on where it was" route lake '.lag == 0'
within 40 "so does the file" route local '.lag == 0'
touch "$PLACE/stop"
within 15 "Ctrl-C ends it again" over

# ---- what came ----

ask log --json | jq -c 'select(.record != "coverage") | .seq' >"$PLACE/all"
jq -c .seq "$PLACE/lake" >"$PLACE/got"
head -n "$(wc -l <"$PLACE/got")" "$PLACE/all" | cmp - "$PLACE/got" >"$PLACE/said" 2>&1 &&
	[ "$(wc -l <"$PLACE/got")" -ge $((2 * FILES)) ]
point $? "the webhook has every record, once, in order" "$PLACE/said"
find "$WORK" -name 'out.jsonl*' -printf '%f\n' | sort -t. -k3 -n -r >"$PLACE/files"
sed -i '/^out.jsonl$/d; $a out.jsonl' "$PLACE/files"
(cd "$WORK" && xargs cat <"$PLACE/files") | jq -c .seq >"$PLACE/got"
head -n "$(wc -l <"$PLACE/got")" "$PLACE/all" | cmp - "$PLACE/got" >"$PLACE/said" 2>&1 &&
	[ "$(wc -l <"$PLACE/got")" -ge $((2 * FILES)) ]
point $? "the file has every record, once, in order" "$PLACE/said"
[ "$(wc -l <"$PLACE/files")" -ge 3 ] && ! find "$WORK" -name 'out.jsonl*' -size +8k | grep -q .
point $? "it was rotated" "$PLACE/files"
cut -d' ' -f1 "$PLACE/requests" | sort -u >"$PLACE/said"
! grep -Eq '/(wrong|unknown|name)$' "$PLACE/said"
point $? "whom we do not trust got no record" "$PLACE/said"
! grep -qx /elsewhere "$PLACE/said"
point $? "nor did who we were sent to" "$PLACE/said"
ask status >"$PLACE/said" && grep -q lake "$PLACE/said" && grep -q local "$PLACE/said"
true_that "the ledger holds" ask log --verify
done_testing
