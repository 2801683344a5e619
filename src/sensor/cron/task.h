/* What is known of one scheduled task of Windows, whoever says it: its file, or the registry. */
#ifndef SENSOR_CRON_TASK_H
#define SENSOR_CRON_TASK_H

#include "core/arena.h"
#include "core/err.h"
#include "entity/record.h"

#define TASK_BYTES_MAX ((size_t)4 << 20)  /* of a file, or of one value of the registry */
#define TASK_TEXT_MAX ((size_t)256 << 10) /* of all its text */
#define TASK_DEPTH_MAX 32

struct task {
	struct span user, run_level, logon_type, author, description;
	struct span command; /* all actions, separated by "; " */
	struct span program; /* of the first that runs one */
	struct span schedule;
	bool enabled, hidden;
};

/* From its file: XML by [MS-TSCH] 2.5, in UTF-16 or UTF-8 by its first bytes. Entities of its own
 * are refused (ERR_FORMAT), so nothing grows; ERR_LIMIT: deeper, or more text. Texts live in a.
 * Pure. */
int task_from_xml(struct span file, struct arena *a, struct task *ret, struct err *e) MUST_CHECK;

/* The actions as TaskCache\Tasks\{…}\Actions has them, in the form of `command`: undocumented; a
 * version, the name of its principal, then for each its kind (0x6666: a program, 0x7777: a COM
 * object, 0x9999: a message), an identifier and its texts. ERR_FORMAT: something else. Pure. */
int task_from_actions(struct span bytes, struct arena *a, struct span *ret,
	struct err *e) MUST_CHECK;

/* Append one action: the program, quoted where it has a blank and is not, and its arguments. */
void task_add_program(struct buf *b, struct span program, struct span arguments);
void task_add_com(struct buf *b, struct span class, struct span data);

/* The fields of a record that this gives. */
void task_set(struct record *r, const struct task *t);

#endif
