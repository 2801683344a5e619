/* Certificate authorities the system trusts. Field names are those of the JSON; numbers are stored:
 * add at the end only. */
#ifndef ENTITY_CERTIFICATE_H
#define ENTITY_CERTIFICATE_H

#include "entity/kind.h"

enum certificate_field { CERTIFICATE_NAME, CERTIFICATE_N };

extern const struct kind kind_certificate;

#endif
