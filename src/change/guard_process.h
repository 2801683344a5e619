/* Between the files of the guard only: how the process that looks is begun, asked, heard and ended
 * is the platform's (guard_linux.c, guard_windows.c); what it does (guard_child.c) and what becomes
 * of what it says (guard.c) is the same everywhere. */
#ifndef CHANGE_GUARD_PROCESS_H
#define CHANGE_GUARD_PROCESS_H

#include "change/guard.h"

#define FRAME_MAX ((size_t)64 << 20)
#define IDLE_MS 90000 /* one that is kept and not asked ends */
#define TIDY_MS 1000  /* … and gives memory back before */
#define DEATH_MS 2000 /* after it was killed; longer: stuck in the kernel, and left alone */

/* What goes through the pipe: its length in four bytes, then a CBOR array that begins with one of
 * these. */
enum frame {
	FRAME_ENTITY, /* key, shared, local, unknown fields */
	FRAME_GAP,    /* kind id, key, subtree, reason, errno, text */
	FRAME_END,    /* kind id */
	FRAME_ALIVE,  /* nothing but that it goes on */
};

/* ---- in the process that looks ---- */

struct outlet {
	int fd;
	struct buf frames, one;
	int64_t spoke; /* when it was last said that we go on */
};
void outlet_init(struct outlet *o, int fd);
/* One kind, by all its sensors that run here; ends with FRAME_END. */
void guard_look_at(struct scan *s, const struct kind *k);
/* A look uses several times what is kept for the next. */
void guard_tidy(struct scan *s);

/* ---- in the one that listens ---- */

struct guard_process;

/* Must it be asked for each kind? Else it goes through them by itself, from the first one on, ahead
 * of who listens. */
bool guard_process_is_asked(bool kept);
int guard_process_start(struct guard_process **ret, struct scan *s, const struct kind *from,
	bool kept, struct err *e) MUST_CHECK;
/* begins: this is the first question of another scan. Where it has just ended there will be no
 * answer. */
void guard_process_ask(struct guard_process *p, const struct scan *s, const struct kind *k,
	bool begins);
/* How many bytes came; 0: none did within ms; -1: none will any more. */
int guard_process_hear(struct guard_process *p, void *ret, size_t n, unsigned ms);
/* Is it gone, or does it speak unasked? Nothing should come from it now. */
bool guard_process_has_ended(struct guard_process *p);
/* Stopped by a signal: it will not say anything before it gets another one. */
bool guard_process_is_stopped(const struct guard_process *p);
/* Kill it, wait for its end, and free p. How it had ended by itself, in words ("by signal 11
 * (Segmentation fault)") in a, which may be NULL; NULL: by us, or without more to say. */
const char *guard_process_end(struct guard_process *p, struct arena *a);
/* Whose child it is: of another process than the one that started it, leave it alone. */
long guard_process_owner(void);

#endif
