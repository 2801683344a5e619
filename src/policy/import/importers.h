/* Every importer; each is in the file of its name. */
#ifndef POLICY_IMPORT_IMPORTERS_H
#define POLICY_IMPORT_IMPORTERS_H

#include "policy/import/import.h"

extern const struct importer importer_deep_security;
extern const struct importer importer_aide;
extern const struct importer importer_osquery;
extern const struct importer importer_tripwire;
extern const struct importer importer_wazuh;

#endif
