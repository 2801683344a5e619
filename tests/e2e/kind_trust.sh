#!/bin/bash
# Certificates and containers with the shipped rules: what this host trusts against openssl and gpg,
# then an authority smuggled into a copy of it; containers on fixtures of their engines, and one that
# seems to run here.
# shellcheck disable=SC2154 # lib.sh sets CASE
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root
command -v openssl >/dev/null || skip_all "needs openssl"

case_of() {
	CASE=$WORK/$1
	mkdir -p "$CASE/policy"
	cp "rules/$2" "$CASE/policy/"
}
# ROOT is the tree that is observed; empty: this host.
plain() {
	"$INVAR" "$@" --policy "$CASE/policy" --state "$CASE/state" ${ROOT:+--root "$ROOT"} \
		>"$CASE/plain" 2>"$CASE/err" </dev/null
	RC=$?
	cat "$CASE/err" >>"$CASE/plain"
}
# ---- this host ----
case_of host 62-certificate.yaml
ROOT=
plain init
says "this host's trust is a baseline" 0 "Baseline made"
plain baseline show --json
grep '"type":"x509"' "$CASE/plain" >"$CASE/x509"
cat >"$WORK/oracle.py" <<'END'
import json, re, subprocess, sys
mine = {}
for line in open(sys.argv[1]):
    one = json.loads(line)
    mine[one["approved"]["sha256"]] = (one["key"], one["approved"])
text = open("/etc/ssl/certs/ca-certificates.crt").read()
wrong = n = 0
for pem in re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.S):
    out = subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-subject",
        "-issuer", "-serial", "-startdate", "-enddate", "-nameopt", "RFC2253,-esc_msb,utf8",
        "-dateopt", "iso_8601", "-text"], input=pem, capture_output=True, text=True).stdout
    get = lambda pattern: re.search(pattern, out, re.M).group(1)
    key, is_ = mine.get(get("sha256 Fingerprint=(.*)").replace(":", "").lower(), (None, None))
    if not key:
        sys.exit(f"not seen: {get('^subject=(.*)$')}")
    wanted = {"subject": get("^subject=(.*)$"), "issuer": get("^issuer=(.*)$"),
        "key_bits": int(get(r"Public-Key: \((\d+) bit\)")),
        "signature": get("Signature Algorithm: (.*)"),
        "not_before": get("notBefore=(.*)Z").replace(" ", "T") + ".000000000Z",
        "not_after": get("notAfter=(.*)Z").replace(" ", "T") + ".000000000Z",
        "is_ca": "CA:TRUE" in out or "Version: 1 " in out}
    n += 1
    for name, value in wanted.items():
        if is_.get(name) != value:
            wrong += 1
            print(f"{key}: {name} is {is_.get(name)!r}, openssl says {value!r}")
sys.exit(bool(wrong) or not n)
END
if [ -s /etc/ssl/certs/ca-certificates.crt ]; then
	/usr/bin/python3 "$WORK/oracle.py" "$CASE/x509" >"$CASE/diff" 2>&1
	point $? "every certificate of the bundle is what openssl says of it" "$CASE/diff"
fi
if command -v gpg >/dev/null && [ -s /usr/share/keyrings/debian-archive-keyring.gpg ]; then
	mkdir -m 700 "$WORK/gnupg"
	gpg --homedir "$WORK/gnupg" --show-keys --with-colons \
		/usr/share/keyrings/debian-archive-keyring.gpg 2>/dev/null |
		awk -F: '$1 == "pub" { p = 1 } $1 == "sub" { p = 0 } $1 == "fpr" && p { print $10 }' |
		sort >"$CASE/gpg"
	sed -n 's/.*"key":"apt-key:\([0-9A-F]*\)".*debian-archive-keyring.gpg.*/\1/p' \
		"$CASE/plain" | sort | diff "$CASE/gpg" - >"$CASE/diff"
	point $? "every key of a keyring has the fingerprint that gpg shows" "$CASE/diff"
fi
plain check
says "nothing changes by looking" 0 "No changes"

# ---- a copy of it ----
case_of copy 62-certificate.yaml
ROOT=$WORK/root
for path in /etc/ssl/certs /usr/share/ca-certificates /usr/share/keyrings /etc/apt; do
	if [ -e "$path" ]; then
		mkdir -p "$ROOT$path"
		cp -a "$path/." "$ROOT$path/"
	fi
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
	-keyout "$WORK/evil.key" -out "$WORK/evil.pem" -subj "/O=Evil/CN=Mallory Root" 2>/dev/null
plain init
says "so is a copy's" 0 "Baseline made"
cat "$WORK/evil.pem" >>"$ROOT/etc/ssl/certs/ca-certificates.crt"
plain check
says "an authority in the bundle alone is critical" 1 "CRITICAL  certificate-injected" \
	"+ certificate ca:Mallory Root#" "only_in_bundle"
mkdir -p "$ROOT/usr/local/share/ca-certificates"
cp "$WORK/evil.pem" "$ROOT/usr/local/share/ca-certificates/evil.crt"
plain check
says "one with a file of its own is no longer" 1 "only_in_bundle  true → false" \
	"sources         +/usr/local/share/ca-certificates/evil.crt"
plain approve 'certificate:ca:Mallory*' --reason test
says "a selection names it by its key" 0
plain check
says "and it is approved" 0 "No changes"
ln -s ../../../../usr/local/share/ca-certificates/evil.crt "$ROOT/etc/ssl/certs/0a1b2c3d.0"
plain check
says "a hash link makes OpenSSL trust it" 4 "stores  +openssl"
rm "$ROOT/etc/ssl/certs/0a1b2c3d.0" "$ROOT/usr/local/share/ca-certificates/evil.crt"
head -c 300 "$WORK/evil.pem" >"$ROOT/usr/local/share/ca-certificates/cut.crt"
plain check
says "half a certificate is a gap with its line" 36 "NOT SEEN" \
	"every certificate whose key begins with 'ca:': format, '/usr/local/share/ca-certificates/cut.crt' line 1"

# ---- containers ----
case_of containers 72-container.yaml
ROOT=$WORK/engines
docker=$ROOT/var/lib/docker/containers/1
mkdir -p "$docker"
cp tests/data/container/config.v2.json tests/data/container/hostconfig.json "$docker/"
sed -i 's/"SYS_ADMIN"/"CHOWN"/; s/"PidMode":"host"/"PidMode":""/' "$docker/hostconfig.json"
sed -i 's|"Source":"/"|"Source":"/srv"|' "$docker/config.v2.json"
plain init
says "containers are a baseline" 0 "1 container"
sed -i 's/"CHOWN"/"CHOWN","SYS_ADMIN"/' "$docker/hostconfig.json"
sed -i 's|"Source":"/srv"|"Source":"/var/run/docker.sock"|; s/"Running":false/"Running":true/' \
	"$docker/config.v2.json"
plain check
says "one that gets at the host is critical" 4 "CRITICAL  container-escape" \
	"~ container docker:web" "cap_add  +CAP_SYS_ADMIN" \
	"mounts   +/var/run/docker.sock:/host:ro, -/srv:/host:ro" "state    created → running"
plain check --json
! grep -q 'SECRET=' "$CASE/plain"
point $? "no value of the environment leaves the host" "$CASE/plain"
plain show container docker:web
says "show tells it field by field" 0 "Watched by:" "container-escape (critical)" "restart" "on-failure:3"
plain explain container image:docker:x
says "explain speaks of what is not there" 0 "would be watched"

# What seems to run on this host: its bundle, and the number of a process that lives.
if [ ! -e /run/containerd ]; then
	case_of live 72-container.yaml
	ROOT=
	task=/run/containerd/io.containerd.runtime.v2.task/moby/invar-e2e
	trap 'rm -rf /run/containerd; finish' EXIT
	mkdir -p "$task"
	echo '{"process":{"args":["miner"]},"linux":{"namespaces":[]}}' >"$task/config.json"
	sleep 1000 &
	PIDS+=($!)
	echo $! >"$task/init.pid"
	plain init
	plain baseline show 'container:containerd:*'
	says "a container that dockerd does not know runs" 0 "containerd:moby/invar-e2e" "running" \
		"command miner"
	kill "${PIDS[-1]}"
	wait "${PIDS[-1]}" 2>/dev/null
	plain check --kind container
	says "and is seen to end" 4 "state  running → exited"
	rm -rf /run/containerd
fi
done_testing
