/* A program that runs: executable, user, unit or container; never a pid. Field names are those of
 * the JSON; numbers are stored: add at the end only. */
#ifndef ENTITY_PROCESS_H
#define ENTITY_PROCESS_H

#include "entity/kind.h"

enum process_field { PROCESS_NAME, PROCESS_N };

extern const struct kind kind_process;

#endif
