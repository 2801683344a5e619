/* In the order in which a file is tried whose product nobody said. */
#include "policy/import/importers.h"

const struct importer *const importers[] = {
	&importer_deep_security,
	&importer_wazuh,
	&importer_osquery,
	&importer_tripwire,
	&importer_aide,
	NULL,
};
