# shellcheck shell=bash
# patient MS: as long as that takes on a machine that is as loaded as this one is now.
patient() {
	awk -v ms="$1" -v cores="$(nproc)" '{ print int(ms * (1 + $1 / cores)) }' /proc/loadavg
}
