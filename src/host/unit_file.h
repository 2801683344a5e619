/* The bytes of a unit file, drop-in or other file in the manner of systemd.syntax(7), and the names
 * of units. Pure. */
#ifndef HOST_UNIT_FILE_H
#define HOST_UNIT_FILE_H

#include "core/arena.h"
#include "core/span.h"

#define UNIT_FILE_MAX ((size_t)1 << 20) /* systemd itself reads no more */

/* One assignment: "ExecStart" "/bin/true" of "Service". Views into the text or the arena. An empty
 * value takes back what was said before. */
struct unit_setting {
	struct span section, key, value;
};

struct unit_reader {
	struct span rest;
	struct arena *arena; /* for lines that are continued */
	struct span section;
	unsigned line;      /* of what was read last, from 1 */
	unsigned bad;       /* lines that are no assignment, section or comment: passed over */
	unsigned first_bad; /* number of the first of them */
};

struct unit_reader unit_reader(struct span text, struct arena *a);
bool unit_reader_next(struct unit_reader *r, struct unit_setting *ret);

/* The words of a value, cut at blanks; quotes and C escapes as in systemd.syntax(7) are taken off.
 * False at the end. */
bool unit_word(struct span *rest, struct arena *a, struct span *ret);

/* "service", "timer", …; empty: not the name of a unit. */
struct span unit_type(struct span name);
/* "getty@.service" of "getty@tty1.service"; empty: not an instance. */
struct span unit_template(struct span name, struct arena *a);
bool unit_is_template(struct span name);

#endif
