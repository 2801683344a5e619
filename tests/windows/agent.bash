# shellcheck shell=bash
# What the tests of the agent have in common; sourced from the top of the sources.
. tests/windows/lib.sh

# ask COMMAND…: with the policy and the state of this test; a limit of LIMIT seconds.
ask() { run "$INVAR" "$@" --policy "$WINDOWS\\policy" --state "$WINDOWS\\state"; }

# within SECONDS TEXT COMMAND…: a point: the command must succeed by then, on a machine that is not
# loaded.
within() {
	local most text=$2 from
	most=$(($(patient "$1"000) / 1000 * 2))
	shift 2
	from=$(date +%s%N)
	while ! "$@" >"$PLACE/within" 2>&1; do
		if ((($(date +%s%N) - from) / 1000000000 >= most)); then
			point 1 "$text, within $most s" "$PLACE/within"
			return 1
		fi
		sleep 0.1
	done
	point 0 "$text ($(((($(date +%s%N) - from)) / 1000000)) ms)"
}

# true_that TEXT COMMAND…: a point: it succeeds.
true_that() {
	local text=$1 status=0
	shift
	"$@" >"$PLACE/said" 2>&1 || status=1
	point "$status" "$text" "$PLACE/said"
}

# status_is STATUS TEXT COMMAND…: a point: it ends with this status.
status_is() {
	local wanted=$1 text=$2 status=0
	shift 2
	"$@" >"$PLACE/said" 2>&1 || status=$?
	[ "$status" = "$wanted" ] || echo "status $status" >>"$PLACE/said"
	point "$((status != wanted))" "$text" "$PLACE/said"
}

mkdir -p "$WORK/policy" "$WORK/watched/below"
cat >"$WORK/policy/try.yaml" <<-YAML
	version: 1
	rules:
	  - { id: files, title: Files, severity: high, kind: file, base: '$WINDOWS\\watched' }
	  - { id: values, title: Values, severity: high, kind: registry-value, base: 'HKLM\\SOFTWARE\\InvarTest' }
	  - { id: services, title: Services, severity: high, kind: service, include: ["InvarVictim*"] }
	  - { id: ports, title: Ports, severity: medium, kind: port, include: ["tcp/*/45871"] }
YAML
registry add 'HKLM\SOFTWARE\InvarTest' /v first /t REG_SZ /d 1 /f
echo one >"$WORK/watched/one"
