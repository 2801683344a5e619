# shellcheck shell=bash
# Sourced by quickstart and runtests: which Debian packages are missing, and installing them.

# The packages that a list file names.
packages_in() {
	sed 's/#.*//' "$@" | tr -s ' \t\n' '\n' | sed '/^$/d'
}

# Those of the packages named that are not installed.
packages_missing() {
	local package
	for package; do
		dpkg-query -W -f '${db:Status-Abbrev}\n' "$package" 2>/dev/null | grep -q '^ii' || echo "$package"
	done
}

# Install the packages named, quietly, after what an interrupted run may have left half done. A mirror
# that cannot be refreshed is no error by itself: what is asked for may be known already. Needs root;
# "$SUDO" is put in front.
packages_install() {
	local quiet=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1)
	local apt=(apt-get -q -y -o DPkg::Lock::Timeout=600 -o APT::Acquire::Retries=3)
	[ -z "${SUDO:-}" ] || quiet=("$SUDO" "${quiet[@]}")
	"${quiet[@]}" dpkg --configure -a
	"${quiet[@]}" "${apt[@]}" update || echo "apt-get update failed; going on with the lists there are"
	"${quiet[@]}" "${apt[@]}" install --no-install-recommends "$@"
}
