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

# Install the packages named, quietly, after what an interrupted run may have left half done. In a
# session of its own: an interrupt from the keyboard ends us, not dpkg in the middle of a package. A
# mirror that cannot be refreshed is no error by itself: what is asked for may be known already. Needs
# root; "$SUDO" is put in front.
packages_install() {
	local apart=(setsid -w env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1)
	local apt=(apt-get -q -y -o DPkg::Lock::Timeout=600 -o APT::Acquire::Retries=3) torn
	[ -z "${SUDO:-}" ] || apart=("$SUDO" "${apart[@]}")
	"${apart[@]}" "${apt[@]}" update || echo "apt-get update failed; going on with the lists there are"
	mapfile -t torn < <(dpkg-query -W -f '${db:Status-Abbrev}${binary:Package}\n' | sed -n 's/^..R//p')
	[ ${#torn[@]} = 0 ] || "${apart[@]}" "${apt[@]}" install --reinstall --no-install-recommends "${torn[@]}"
	"${apart[@]}" dpkg --configure -a
	"${apart[@]}" "${apt[@]}" install --no-install-recommends "$@"
}
