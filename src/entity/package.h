/* Software that a package manager has installed. Field names are those of the JSON; numbers are
 * stored: add at the end only. */
#ifndef ENTITY_PACKAGE_H
#define ENTITY_PACKAGE_H

#include "entity/kind.h"

enum package_field {
	PACKAGE_NAME,
	PACKAGE_MANAGER,
	PACKAGE_VERSION,
	PACKAGE_ARCH,
	PACKAGE_STATE,
	PACKAGE_WANT,
	PACKAGE_REINSTALL,
	PACKAGE_INSTALLED,
	PACKAGE_ORIGIN,
	PACKAGE_SOURCE,
	PACKAGE_SECTION,
	PACKAGE_ESSENTIAL,
	PACKAGE_AUTOMATIC,
	PACKAGE_REVISION,
	PACKAGE_LOCATION,
	PACKAGE_PACKAGED_BY,
	PACKAGE_FILES,
	PACKAGE_MANIFEST,
	PACKAGE_SIZE,
	PACKAGE_SIGNED_BY,
	PACKAGE_N
};

extern const struct kind kind_package;

#endif
