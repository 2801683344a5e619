/* Bytes nobody can guess. */
#ifndef OS_RANDOM_H
#define OS_RANDOM_H

#include <stddef.h>

#include "core/err.h"

int random_bytes(void *ret, size_t n, struct err *e) MUST_CHECK;

#endif
