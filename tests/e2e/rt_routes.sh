#!/bin/bash
# Routes to those who take them: a real rsyslogd over UDP, TCP and TLS (its certificate, its name and
# ours are checked), a webhook that fails first, a file, a command, a mail; and a link that is killed
# again and again while it sends; and what is on a file system that does not answer. The ledger is made up by tests/agent/link_driver.c.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

DRIVER=$TOOLS/link_driver
[ -x "$DRIVER" ] || DRIVER=$PWD/build/dev/e2e/link_driver # a release has no test programs
[ -x "$DRIVER" ] || skip_all "no link_driver"
command -v rsyslogd >/dev/null || skip_all "no rsyslogd"
need_root
# What takes part reads and writes here.
chmod 755 "$WORK"
T=$WORK/t
mkdir "$T"
read -r TLS TCP UDP HOOK DEAD HOOK2 < <(python3 tests/e2e/rt_routes.py ports 6)

# until SECONDS COMMAND…: true as soon as the command is.
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# ---- certificates ----

# ca NAME; certificate NAME CA HOST
ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
		-keyout "$T/$1.key" -out "$T/$1.pem" -addext basicConstraints=critical,CA:TRUE 2>/dev/null
}
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$3" \
		-keyout "$T/$1.key" -out "$T/$1.csr" 2>/dev/null &&
		openssl x509 -req -in "$T/$1.csr" -CA "$T/$2.pem" -CAkey "$T/$2.key" -CAcreateserial \
			-days 2 -out "$T/$1.pem" -extfile <(echo "subjectAltName=DNS:$3") 2>/dev/null
}
ca good && ca bad && certificate server good logs.example && certificate client good web7 &&
	certificate stranger bad web7
point $? "certificates are made"

# ---- rsyslogd ----

cat >"$T/rsyslog.conf" <<CONF
global(workDirectory="$T" maxMessageSize="64k" defaultNetstreamDriver="ossl"
	defaultNetstreamDriverCAFile="$T/good.pem" defaultNetstreamDriverCertFile="$T/server.pem"
	defaultNetstreamDriverKeyFile="$T/server.key")
module(load="imudp")
module(load="imtcp" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
template(name="raw" type="string" string="%rawmsg%\n")
ruleset(name="tls") { action(type="omfile" file="$T/got.tls" template="raw") }
ruleset(name="udp") { action(type="omfile" file="$T/got.udp" template="raw") }
input(type="imtcp" address="127.0.0.1" port="$TLS" ruleset="tls")
input(type="imudp" address="127.0.0.1" port="$UDP" ruleset="udp" rcvbufSize="8m")
CONF
cat >"$T/rsyslog-tcp.conf" <<CONF
global(workDirectory="$T" maxMessageSize="64k")
module(load="imtcp")
template(name="raw" type="string" string="%rawmsg%\n")
ruleset(name="tcp") { action(type="omfile" file="$T/got.tcp" template="raw") }
input(type="imtcp" address="127.0.0.1" port="$TCP" ruleset="tcp")
CONF
for conf in rsyslog rsyslog-tcp; do
	rsyslogd -n -f "$T/$conf.conf" -i "$T/$conf.pid" >"$T/$conf.log" 2>&1 &
	PIDS+=($!)
done
python3 tests/e2e/rt_routes.py hook "$HOOK" "$T/got.hook" &
PIDS+=($!)
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
until_true 60 listens "$TLS" && until_true 60 listens "$TCP" && until_true 60 listens "$HOOK"
point $? "rsyslogd and the webhook listen" "$T/rsyslog.log"

# ---- a file system that does not answer: begun here, looked at below ----

# What lies below the mount is what they find when it is gone.
HUNG=$WORK/hung # nobody else looks into it
mkdir "$HUNG" "$HUNG/m" && mkdir -m 700 "$HUNG/spool"
printf '#!/bin/sh\nexec cat >>"%s"\n' "$HUNG/got.program" >"$HUNG/m/a"
printf '#!/bin/sh\ncat "%s" && exec cat >>"%s"\n' "$HUNG/m/z" "$HUNG/got.command" >"$HUNG/command"
printf 'Authorization: Bearer s3cret\n' >"$HUNG/m/z"
chmod 755 "$HUNG/m/a" "$HUNG/command"
cat >"$HUNG/all.yaml" <<YAML
routes:
  - {name: file, to: file, path: $HUNG/m/got.file, from: start, retry: 1s}
  - {name: program, to: command, argv: [$HUNG/m/a], from: start, retry: 1s}
  - {name: command, to: command, argv: [$HUNG/command], from: start, retry: 1s, timeout: 1s}
  - {name: hook, to: webhook, url: "http://127.0.0.1:$HOOK2/x", headers: $HUNG/m/z, from: start, timeout: 1s, retry: 1s}
  - {name: fine, to: file, path: $HUNG/got.fine, from: start}
  - {name: fine-command, to: command, argv: [$T/take-fine], from: start}
YAML
printf '#!/bin/sh\nexec cat >>"%s"\n' "$HUNG/got.fine-command" >"$T/take-fine"
chmod 755 "$T/take-fine"
if [ -c /dev/fuse ]; then
	python3 tests/e2e/rt_routes.py hook "$HOOK2" "$HUNG/got.hook" &
	PIDS+=($!)
	echo hangall >"$HUNG/mode"
	"$TOOLS/fuse_server" "$HUNG/m" "$HUNG/mode" >"$HUNG/ready" &
	PIDS+=($!)
	until_true 60 grep -q ready "$HUNG/ready"
	"$DRIVER" "$HUNG/all.yaml" "$HUNG/spool" 500 1000 states >"$HUNG/state" 2>"$HUNG/errors" &
	hung_driver=$!
	PIDS+=("$hung_driver")
fi

# ---- everything, to everywhere ----

cat >"$T/sendmail" <<'SH'
#!/bin/sh
echo "args $*" >>"$(dirname "$0")/got.mail"
exec cat >>"$(dirname "$0")/got.mail"
SH
cat >"$T/take" <<'SH'
#!/bin/sh
exec cat >>"$(dirname "$0")/got.command"
SH
chmod 755 "$T/sendmail" "$T/take"
printf '# of the webhook\nAuthorization: Bearer s3cret\n' >"$T/headers"

tls="to: syslog, address: \"tls://127.0.0.1:$TLS\", cert: $T/client.pem, key: $T/client.key, from: start, retry: 1s"
cat >"$T/all.yaml" <<YAML
routes:
  - {name: tls, $tls, ca: $T/good.pem, server_name: logs.example}
  - {name: tcp, to: syslog, address: "tcp://127.0.0.1:$TCP", from: start}
  - {name: udp, to: syslog, address: "udp://localhost:$UDP", from: start}
  - {name: hook, to: webhook, url: "http://127.0.0.1:$HOOK/x", headers: $T/headers, from: start, timeout: 1s, retry: 1s}
  - {name: file, to: file, path: $T/got.file, from: start, rotate_size: 64KiB, rotate_count: 9}
  - {name: command, to: command, argv: [$T/take], from: start}
  - {name: mail, to: mail, recipients: [soc@example.com], sender: invar@example.com, sendmail: $T/sendmail, from: start}
YAML
mkdir -m 700 "$T/spool"
"$DRIVER" "$T/all.yaml" "$T/spool" 500 60 >"$T/state" 2>"$T/errors"
point $? "500 records go by seven routes" "$T/errors"
got() { python3 tests/e2e/rt_routes.py seen "$T/got.$1" 500 once >"$T/seen" 2>&1; }
for route in tls tcp udp hook command; do
	until_true 60 got "$route"
	point $? "$route: each once, in order" "$T/seen"
done
for route in tls tcp udp; do
	python3 tests/e2e/rt_routes.py syslog "$T/got.$route" >"$T/seen"
	point $? "$route: RFC 5424" "$T/seen"
done
(find "$T" -name 'got.file.*' | sort -rV && echo "$T/got.file") | xargs cat >"$T/got.files"
got files && [ -f "$T/got.file.1" ]
point $? "file: each once, in order, over the rotated ones" "$T/seen"
grep -q '"name":"hook",[^}]*"failures":3,' "$T/state"
point $? "the webhook failed three times and went on" "$T/state"
[ "$(grep -c '^Subject: \[invar\] web7: 500 findings (250 high, 250 low)$' "$T/got.mail")" = 1 ] &&
	grep -q '^args -i -t -f invar@example.com$' "$T/got.mail" &&
	grep -q '^\.\.\. and 300 more: invar log seq:1-500$' "$T/got.mail"
point $? "one mail for all of them" "$T/got.mail"

# ---- who is not who he should be ----

# refused NAME WORDS KEYS…: nothing arrives, and the state says why.
refused() {
	local name=$1 words=$2
	shift 2
	: >"$T/got.tls"
	rm -rf "$T/spool.$name" && mkdir -m 700 "$T/spool.$name"
	printf 'routes:\n  - {name: x, %s}\n' "$*" >"$T/refused.yaml"
	"$DRIVER" "$T/refused.yaml" "$T/spool.$name" 5 3 >"$T/state" 2>>"$T/errors"
	[ $? = 1 ] && grep -q "$words" "$T/state" && grep -q '"cursor":0,' "$T/state" && [ ! -s "$T/got.tls" ]
	point $? "refused: $name" "$T/state"
}
refused "another authority's server" "certificate is refused" \
	"$tls, ca: $T/bad.pem, server_name: logs.example"
refused "a server of another name" "certificate is refused: hostname mismatch" \
	"$tls, ca: $T/good.pem, server_name: other.example"
refused "its address instead of its name" "certificate is refused: IP address mismatch" \
	"$tls, ca: $T/good.pem"
refused "our certificate, of another authority" '"failures":[1-9]' \
	"to: syslog, address: \"tls://127.0.0.1:$TLS\", cert: $T/stranger.pem, key: $T/stranger.key, from: start, retry: 1s, ca: $T/good.pem, server_name: logs.example"
refused "nobody there" "Connection refused" \
	"to: syslog, address: \"tcp://127.0.0.1:$DEAD\", from: start"
refused "TLS where there is none" "\"failures\":[1-9]" \
	"to: syslog, address: \"tls://127.0.0.1:$TCP\", ca: $T/good.pem, server_name: logs.example, from: start, timeout: 1s"
refused "an authority that is no file" "certificate authority" \
	"$tls, ca: $T/nothing.pem, server_name: logs.example"

cat >"$T/complains" <<'SH'
#!/bin/sh
printf '\n  postdrop: cannot change group\nmore\n' >&2
head -c 300000 /dev/zero >&2 # more than a pipe holds
exit 75
SH
chmod 755 "$T/complains"
refused "a mail system that cannot, with its reason" "complains' ended with status 75: postdrop: cannot change group\"" \
	"to: mail, recipients: [soc@example.com], sendmail: $T/complains, from: start, retry: 1s"

# ---- a full disk ----

mkdir "$T/small" && mkdir -m 700 "$T/spool.small" && mount -t tmpfs -o size=64k small "$T/small"
printf 'routes:\n  - {name: x, to: file, path: %s, from: start, retry: 1s}\n' "$T/small/out" >"$T/small.yaml"
"$DRIVER" "$T/small.yaml" "$T/spool.small" 500 2 >"$T/state" 2>"$T/errors"
[ $? = 1 ] && grep -q 'No space left' "$T/state"
point $? "a full disk is said" "$T/state"
mount -o remount,size=4m "$T/small"
"$DRIVER" "$T/small.yaml" "$T/spool.small" 500 20 >"$T/state" 2>"$T/errors" &&
	python3 tests/e2e/rt_routes.py seen "$T/small/out" 500 once >"$T/seen"
point $? "and when there is room again, each is there once" "$T/seen"

# ---- killed ----

forget() {
	rm -f "$T"/got.[!h]*
	: >"$T/got.hook" # which is held open
	kill -HUP "$(cat "$T/rsyslog.pid")" "$(cat "$T/rsyslog-tcp.pid")"
}
forget
mkdir -m 700 "$T/spool.killed"
grep -v 'name: mail\|name: udp\|name: hook' "$T/all.yaml" | sed 's/, rotate_size: 64KiB//' >"$T/killed.yaml"
"$DRIVER" "$T/killed.yaml" "$T/spool.killed" 5000 60 kill >"$T/state" 2>"$T/errors"
point $? "killed again and again, it comes to the end: $(cat "$T/errors")" "$T/state"
all() { python3 tests/e2e/rt_routes.py seen "$T/got.$1" 5000 all >"$T/seen" 2>&1; }
for route in tls tcp file command; do
	until_true 60 all "$route"
	point $? "$route: none of 5,000 is missing ($(cat "$T/seen"))" "$T/seen"
done

# ---- that do not answer ----

# hung NAME [MANY]: is it there, each once?
hung() { python3 tests/e2e/rt_routes.py seen "$HUNG/$1" 500 "${2:-once}" >"$T/seen" 2>&1; }
stuck() { tail -n 1 "$HUNG/state" | grep -q "\"name\":\"$1\",[^}]*\"state\":\"stuck\""; }
hung_ended() { ! kill -0 "$hung_driver" 2>/dev/null && wait "$hung_driver"; }
if [ -c /dev/fuse ]; then
	for route in fine fine-command; do
		until_true 60 hung got.$route
		point $? "what hangs holds up nobody: $route" "$T/seen"
	done
	for route in file program hook; do
		until_true 60 stuck $route
		point $? "$route is stuck, and it is said" "$HUNG/state"
	done
	! stuck 'fine[^"]*'
	point $? "and of nobody else" "$HUNG/state"
	until_true 60 grep -q 'process group [0-9]* is stuck' "$HUNG/state" &&
		[ "$(pgrep -cf "^cat $HUNG/m/z")" = 1 ]
	point $? "a program the kernel keeps is not begun again beside it" "$HUNG/state"
	echo ok >"$HUNG/mode"
	umount -l "$HUNG/m"
	until_true 60 hung_ended
	point $? "when it is gone, all go on to the end" "$HUNG/state"
	for got in m/got.file got.program got.command got.hook; do
		hung $got
		point $? "${got#*got.}: each once" "$T/seen"
	done
fi

# ---- the agent itself, its link confined ----

forget
mkdir "$T/watched" "$T/out"
cat >"$T/policy.yaml" <<YAML
version: 1
rules:
  - {id: watched, severity: high, kind: file, base: $T/watched, fields: [mode, sha256]}
YAML
cat >"$T/agent.yaml" <<YAML
control: $T/control.sock
link_user: nobody
routes:
  - {name: tls, $tls, ca: $T/good.pem, server_name: logs.example}
  - {name: hook, to: webhook, url: "http://localhost:$HOOK/x", headers: $T/headers}
  - {name: file, to: file, path: $T/out/records, format: cef, records: change, kinds: file}
YAML
if [ -c /dev/fuse ]; then # its numbers go to where nobody answers: that must hold up nothing
	mkdir "$HUNG/n"
	echo hangall >"$HUNG/mode.n"
	"$TOOLS/fuse_server" "$HUNG/n" "$HUNG/mode.n" >"$HUNG/ready.n" &
	PIDS+=($!)
	until_true 60 grep -q ready "$HUNG/ready.n"
	echo "metrics: $HUNG/n/invar.prom" >>"$T/agent.yaml"
fi
chown nobody "$T/out" "$T/client.key" "$T/headers"
"$INVAR" agent --policy "$T/policy.yaml" --state "$T/store" --config "$T/agent.yaml" >"$T/log" 2>&1 &
agent=$!
PIDS+=("$agent")
until_true 60 grep -q 'what changes is heard of' "$T/log"
point $? "the agent is there" "$T/log" || done_testing
arrived() { grep -qs "watched/$2" "$T/$1"; }
echo x >"$T/watched/one"
for to in out/records got.hook got.tls; do
	until_true 60 arrived "$to" one
	point $? "what changes is told to ${to#*/}" "$T/log"
done
[ "$(stat -c %U "$T/out/records")" = nobody ] && pgrep -u nobody -x invar-link >/dev/null
point $? "by a process without rights"
"$INVAR" doctor --look-only --policy "$T/policy.yaml" --state "$T/store" >"$T/doctor"
grep -q "settings *$T/agent.yaml, as the agent has it" "$T/doctor"
point $? "doctor finds the settings in force" "$T/doctor"
echo '# edited' >>"$T/agent.yaml"
"$INVAR" doctor --look-only --policy "$T/policy.yaml" --state "$T/store" >"$T/doctor"
grep -q "warning *settings *$T/agent.yaml was edited since" "$T/doctor"
point $? "and that they were edited since" "$T/doctor"
if [ -c /dev/fuse ]; then
	untold() {
		"$INVAR" status --policy "$T/policy.yaml" --state "$T/store" >"$T/status"
		grep -q '^metrics .*its file system does not answer' "$T/status"
	}
	until_true 60 untold
	point $? "that no numbers are written is told" "$T/status"
	echo ok >"$HUNG/mode.n"
	umount -l "$HUNG/n"
fi
kill -9 "$(pgrep -u nobody -x invar-link -P "$agent")"
echo x >"$T/watched/two"
for to in out/records got.hook got.tls; do
	until_true 60 arrived "$to" two
	point $? "and to ${to#*/} by the next link, when one was killed" "$T/log"
done
kill "$agent"
wait "$agent"
point $? "the agent ends well" "$T/log"
if [ -c /dev/fuse ]; then
	[ -s "$HUNG/n/invar.prom" ]
	point $? "and wrote its numbers when it could" "$T/log"
fi
done_testing
