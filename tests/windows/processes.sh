#!/bin/bash
# Programs that run and sockets that listen: they come and go, with their owner; nothing is told of an
# idle system or of our own processes.
set -u
. tests/windows/lib.sh

# Wine shows the host's sockets, too: only ours.
use processes '{ id: p, severity: high, kind: process, fields: [standard] }' \
	'{ id: n, severity: high, kind: port, include: ["*/47621", "*/47622"], fields: [standard] }'
cp "$BUILD/victim.exe" "$WORK/victim.exe"

# begin WHAT…: the victim, until `end`.
begin() {
	mkfifo "$CASE/input"
	timeout -k 5 60 wine "$WINDOWS\\victim.exe" "$@" <"$CASE/input" >"$CASE/victim" 2>&1 &
	exec 7>"$CASE/input"
	for _ in $(seq 1200); do
		grep -q ready "$CASE/victim" 2>/dev/null && return
		sleep 0.05
	done
}
end() {
	exec 7>&-
	wait $!
	rm "$CASE/input"
}
# says JQ TEXT: of the last check's changes.
says() {
	jq -e -s '[.[] | select(.record == "change" and (.standing | not))] | '"$1" "$CASE/out" >/dev/null
	point $? "$2" "$CASE/out"
}

invar init
point "$RC" 'init' "$CASE/err"
invar check
says 'length == 0' 'idle: nothing changed, and we are no change ourselves'
begin listen tcp 47621 --token geheim
invar check --new
says 'length == 2' 'a program and its socket: two changes'
says 'any(.kind == "process" and .change == "created" and
	(.key | startswith("C:\\invar-test\\victim.exe@")) and (.is.sha256 | length == 64) and
	(.is.integrity | length == 1) and (.is.user | length > 0))' 'the program, with its user and digest'
says 'any(.kind == "process" and (.is.commands[0] | endswith("listen tcp 47621 --token ***")))' \
	'its command line without the secret'
says 'any(.kind == "port" and .key == "tcp/127.0.0.1/47621" and .change == "created" and
	.is.exe == ["C:\\invar-test\\victim.exe"] and .is.state == "listening" and
	.is.reach == "loopback")' 'the socket, with its owner'
invar check --new
says 'length == 0' 'told once'
end
invar check --new
says 'length == 2 and all(.change == "deleted")' 'both are gone'
begin listen udp 47622
invar check --new
says 'any(.key == "udp/127.0.0.1/47622" and .is.exe == ["C:\\invar-test\\victim.exe"])' \
	'a datagram socket, with its owner'
end
done_testing
