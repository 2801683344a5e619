/* Signals of a D-Bus connection, in the watcher's loop: nothing here waits. A connection that
 * breaks off is made again, after pauses that grow. Through libsystemd, where that is installed. */
#ifndef WATCH_KINDS_SIGNALS_H
#define WATCH_KINDS_SIGNALS_H

#include "host/libsystemd.h"
#include "watch/kinds/kinds.h"

struct kinds_signals;
struct signal_message; /* sd_bus_message */

/* A method called once connected; all must succeed for the means to be in force. */
struct signals_call {
	struct sd_bus_method method; /* member NULL ends the list */
	const char *arg;             /* a string, or NULL */
};

struct signals_setup {
	enum watch_means of;
	const char *socket; /* path */
	bool client;        /* there is a bus daemon behind it */
	const struct signals_call *calls;
	void (*heard)(struct watched_kinds *all, struct signal_message *m);
};

/* Begin, or try again. Tells by kinds_state how it stands, and hints at all of the kinds when it
 * stands again. */
struct kinds_signals *kinds_signals_open(struct watched_kinds *all,
	const struct signals_setup *setup);
void kinds_signals_close(struct kinds_signals *s); /* accepts NULL */

bool signal_is(struct signal_message *m, const char *interface, const char *member);
struct span signal_path(struct signal_message *m); /* empty: none */
/* The next argument, of type s, o, u or b. False: something else comes next. */
bool signal_text(struct signal_message *m, char type, struct span *ret);
bool signal_number(struct signal_message *m, char type, uint32_t *ret);

#endif
