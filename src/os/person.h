/* Who runs this program. */
#ifndef OS_PERSON_H
#define OS_PERSON_H

#include <stdint.h>

#include "core/buf.h"

/* Append "alice (root, uid 0)": the login the kernel remembers (audit login uid), else the user who
 * called sudo, else the user itself; then the user whose rights we have; "root (uid 0)" when that
 * is the same. Names come from /etc/passwd; unknown numbers stay "uid 1234". They are the
 * bytes that stand there: whoever shows them escapes them. Never fails: what cannot be found out is
 * left out.
 */
void person_running(struct buf *ret);
/* The same of another process, whose user is known. */
void person_of(struct buf *ret, uint32_t pid, uint32_t uid);

#endif
