#include "entity/package.h"

#include "core/attr.h"

static const struct field fields[] = {
	[PACKAGE_NAME] = { "name", FIELD_TEXT, 0, "name, without manager and architecture", NULL },
	[PACKAGE_MANAGER] = { "manager", FIELD_TEXT, 0,
		"who installed it: dpkg, rpm, apk, snap, flatpak, pip, npm or gem; on Windows "
		"uninstall, uninstall-user (of one user) or msi (in no list of programs)",
		NULL },
	[PACKAGE_VERSION] = { "version", FIELD_TEXT, FIELD_STANDARD | FIELD_CAUSE,
		"version; all of them, when several are installed", NULL },
	[PACKAGE_ARCH] = { "arch", FIELD_TEXT, FIELD_STANDARD, "architecture it was built for",
		NULL },
	[PACKAGE_STATE] = { "state", FIELD_TEXT, FIELD_STANDARD | FIELD_CAUSE,
		"installed; with dpkg also unpacked, half-configured, half-installed, config-files "
		"(removed, its configuration left behind), triggers-awaited, triggers-pending",
		NULL },
	[PACKAGE_WANT] = { "want", FIELD_TEXT, FIELD_STANDARD,
		"what the administrator wants of it (dpkg): install, hold, deinstall, purge",
		NULL },
	[PACKAGE_REINSTALL] = { "reinstall", FIELD_FLAG, FIELD_STANDARD,
		"broken, and must be installed again (dpkg)", NULL },
	[PACKAGE_INSTALLED] = { "installed", FIELD_TIME, FIELD_LOCAL,
		"when its files were last put there; seconds or finer, as the manager records it",
		NULL },
	[PACKAGE_ORIGIN] = { "origin", FIELD_TEXT, FIELD_STANDARD,
		"vendor, publisher or maintainer, as the package itself says", NULL },
	[PACKAGE_SOURCE] = { "source", FIELD_TEXT, 0, "source package it was built from", NULL },
	[PACKAGE_SECTION] = { "section", FIELD_TEXT, 0, "section or group of the archive", NULL },
	[PACKAGE_ESSENTIAL] = { "essential", FIELD_FLAG, FIELD_STANDARD,
		"the system does not work without it (dpkg)", NULL },
	[PACKAGE_AUTOMATIC] = { "automatic", FIELD_FLAG, 0,
		"came as a dependency of another one (apt, apk)", NULL },
	[PACKAGE_REVISION] = { "revision", FIELD_TEXT, FIELD_STANDARD | FIELD_CAUSE,
		"finer than the version: revision of a snap, commit of a flatpak or apk", NULL },
	[PACKAGE_LOCATION] = { "location", FIELD_LIST, FIELD_STANDARD,
		"where it lies (snap, flatpak, pip, npm, gem): one path for each place", NULL },
	[PACKAGE_PACKAGED_BY] = { "packaged_by", FIELD_TEXT, FIELD_STANDARD,
		"package of the system that delivered it (pip, npm, gem); absent when somebody "
		"else "
		"put it there",
		NULL },
	[PACKAGE_FILES] = { "files", FIELD_NUMBER, FIELD_STANDARD,
		"how many paths it owns; absent where no list of them is on record", NULL },
	[PACKAGE_MANIFEST] = { "manifest", FIELD_DIGEST, FIELD_STANDARD | FIELD_EFFECT,
		"SHA-256 over what is on record of its files (names, digests, modes) and over its "
		"scripts: without a new version, somebody edited the records",
		NULL },
	[PACKAGE_SIZE] = { "size", FIELD_NUMBER, 0,
		"bytes its files take, as the manager has it (dpkg, rpm, apk)", NULL },
	[PACKAGE_SIGNED_BY] = { "signed_by", FIELD_TEXT, FIELD_STANDARD,
		"id of the key that its signature names (rpm), not verified; absent: it has none",
		NULL },
	[PACKAGE_UNINSTALL] = { "uninstall", FIELD_TEXT, FIELD_STANDARD,
		"command that removes it (Windows)", NULL },
	[PACKAGE_SYSTEM_COMPONENT] = { "system_component", FIELD_FLAG, FIELD_STANDARD,
		"asks not to be shown among the programs (Windows)", NULL },
	[PACKAGE_PARENT] = { "parent", FIELD_TEXT, FIELD_STANDARD,
		"key of the program that it is an update or part of (Windows)", NULL },
	[PACKAGE_PRODUCT_CODE] = { "product_code", FIELD_TEXT, FIELD_STANDARD,
		"by which Windows Installer knows it; absent: it does not", NULL },
	[PACKAGE_PACKAGE_CODE] = { "package_code", FIELD_TEXT, FIELD_STANDARD | FIELD_EFFECT,
		"of the installation file (Windows Installer): without a new version, it was "
		"installed from another one",
		NULL },
	[PACKAGE_CONTEXT] = { "context", FIELD_TEXT, FIELD_STANDARD,
		"Windows Installer: machine, user-managed or user", NULL },
	[PACKAGE_USER] = { "user", FIELD_TEXT, FIELD_STANDARD | FIELD_LOCAL,
		"SID of the user it is installed for (Windows); absent: for all", NULL },
};
_Static_assert(ARRAY_LEN(fields) == PACKAGE_N, "every package_field needs a row");

const struct kind kind_package = {
	.name = "package",
	.text = "software that a package manager has installed",
	.id = 2,
	.fields = fields,
	.n_fields = PACKAGE_N,
};
