/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdint.h>

#include "core/span.h"

/* The first character of s: its length in bytes, or 0 when s is empty or does not start with a
 * well-formed one. */
size_t utf8_next(struct span s, uint32_t *ret);

/* Columns the text takes on a terminal: 2 for wide East Asian characters and pictographs, 0 for
 * combining marks. Bytes that are not UTF-8 count one each. */
size_t utf8_columns(struct span s);

#endif
