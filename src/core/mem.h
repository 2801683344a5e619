/* Memory that is there or ends the process: running out is not an error anybody handles (what was
 * promised is on disk, and a supervisor starts us again). Caps, not this, keep input from using it
 * up. */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>

void *mem_new(size_t n);                        /* zeroed; free() it */
void *mem_array(size_t n, size_t size);         /* zeroed; checks the product */
void *mem_grow(void *p, size_t n, size_t size); /* like realloc, checks the product */
char *mem_text(const char *s);                  /* a copy; free() it */
char *mem_copy(const char *p, size_t n);        /* a copy with a NUL behind it; free() it */

#endif
