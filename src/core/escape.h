/* Foreign bytes made harmless to look at: whatever a host holds, a terminal, a log and a reader see
 * only printable text that cannot move the cursor, reorder the line or pretend to be another name.
 */
#ifndef CORE_ESCAPE_H
#define CORE_ESCAPE_H

#include "core/buf.h"
#include "core/err.h"

/* False when s is well-formed UTF-8 without what a reader does not see as it is: C0, DEL, C1, the
 * bidirectional controls, the line separators, every blank but U+0020, and what has no shape (zero
 * width, soft hyphen, fillers, variation selectors, tags U+E0000…E0FFF, what is for private use or
 * no character; the table is in escape.c). Backslashes are fine here. */
bool escape_needed(struct span s);

/* Append s with each byte of a control character or of anything that is not UTF-8, and each
 * backslash, as \xNN (lower case). escape_undo gives the exact bytes back. */
void escape_text(struct buf *ret, struct span s);

/* The same for what is read and not typed again: a backslash stays one, but where it could be taken
 * for part of an escaped byte: before x and the two digits of a byte that is ever escaped (\x64 is
 * not), and before an escaped byte. */
void escape_value(struct buf *ret, struct span s);

/* escape_text for a name by itself: blanks at its ends are \x20. */
void escape_key(struct buf *ret, struct span s);

/* The same for a name that is no path, in WTF-8: a NUL, which is C0 80 there, is \x00. */
void escape_flat(struct buf *ret, struct span s);

/* escape_value for a name of Windows in WTF-8: a NUL, which is C0 80 there, is \x00, and blanks at
 * its ends are \x20. */
void escape_name(struct buf *ret, struct span s);

/* Append what escape_text was given: \xNN becomes the byte. ERR_FORMAT when a backslash is not
 * followed by x and two hexadecimal digits. */
int escape_undo(struct span text, struct buf *ret, struct err *e) MUST_CHECK;
/* Append what escape_value was given: a backslash without x and two digits is itself. */
void escape_value_undo(struct span text, struct buf *ret);
/* Append what escape_name was given. */
void escape_name_undo(struct span text, struct buf *ret);

#endif
