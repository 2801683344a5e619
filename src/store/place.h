/* The state folder as the operating system has it: opened once, checked, locked. */
#ifndef STORE_PLACE_H
#define STORE_PLACE_H

#include "core/err.h"
#include "core/span.h"

struct place;

/* create: make the folder (0700) when it is missing. ERR_DENIED when it does not belong to us or
 * root, or others may write to it. */
int place_open(struct place **ret, const char *dir, bool create, struct err *e) MUST_CHECK;
void place_close(struct place *p);            /* accepts NULL; gives the lock back */
const char *place_dir(const struct place *p); /* absolute, no symbolic link in it */
const char *place_path(const struct place *p, const char *name, char *ret, size_t n);

/* The writer's lock: ERR_LOCKED names the process that holds it. shared: we give it back soon, so
 * that others wait for it. */
int place_lock(struct place *p, bool shared, struct err *e) MUST_CHECK;
void place_unlock(struct place *p); /* also when it was not locked */

/* 1 there (a regular file, ours or root's, writable by nobody else), 0 missing, else an error.
 * head: its first bytes, *head_n of them. */
int place_check(struct place *p, const char *name, char *head, size_t *head_n,
	struct err *e) MUST_CHECK;

/* The same with all its bytes, of what nobody else may even read. */
int place_read_secret(struct place *p, const char *name, char *ret, size_t *ret_n,
	struct err *e) MUST_CHECK;

/* Can files be made in the folder? */
bool place_writable(const struct place *p);

/* A new file, 0600, with these bytes, on the disk when this returns. ERR_EXISTS. */
int place_write_new(struct place *p, const char *name, struct span bytes, struct err *e) MUST_CHECK;
int place_rename(struct place *p, const char *from, const char *to, struct err *e) MUST_CHECK;
void place_remove(struct place *p, const char *name);

#endif
