/* libsystemd, loaded when it is first asked for: neither it nor its headers need be there when this
 * is built. It is never unloaded: the libraries it brings along leave things with the process. */
#ifndef HOST_LIBSYSTEMD_H
#define HOST_LIBSYSTEMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

#define SYSTEMD_SOCKET "/run/systemd/private" /* root's way to the service manager */
#define SYSTEM_BUS_SOCKET "/run/dbus/system_bus_socket"

/* Functions by name; where each goes. ERR_MISSING: there is no such library, or an older one. */
struct symbol {
	const char *name;
	void *at;
};
int libsystemd_load(const struct symbol *list, size_t n, struct err *e) MUST_CHECK;

/* ---- sd-bus.h, as far as we use it: sd_bus_X is X here; sd_bus * and sd_bus_message * are void *,
 * and what fails returns a negative errno ---- */

struct sd_bus_error {
	const char *name, *message;
	int need_free;
};
typedef int sd_bus_heard(void *message, void *ctx, struct sd_bus_error *error);

struct sd_bus {
	int (*new)(void **);
	int (*set_address)(void *, const char *);
	int (*set_bus_client)(void *, int);
	int (*start)(void *);
	int (*process)(void *, void **);
	int (*wait)(void *, uint64_t);
	void *(*close_unref)(void *);
	int (*get_fd)(void *);
	int (*get_events)(void *);
	int (*get_timeout)(void *, uint64_t *);
	int (*add_filter)(void *, void **, sd_bus_heard *, void *);
	int (*call_async)(void *, void **, void *, sd_bus_heard *, void *, uint64_t);
	int (*message_new_method_call)(void *, void **, const char *, const char *, const char *,
		const char *);
	int (*message_append_basic)(void *, char, const void *);
	const struct sd_bus_error *(*message_get_error)(void *);
	void *(*message_ref)(void *);
	void *(*message_unref)(void *);
	int (*message_is_signal)(void *, const char *, const char *);
	const char *(*message_get_path)(void *);
	int (*message_enter_container)(void *, char, const char *);
	int (*message_exit_container)(void *);
	int (*message_peek_type)(void *, char *, const char **);
	int (*message_read_basic)(void *, char, void *);
	int (*message_skip)(void *, const char *);
};

/* All of them, for good. */
int sd_bus_load(const struct sd_bus **ret, struct err *e) MUST_CHECK;

/* Connect to the socket at a path without special bytes. client: a bus daemon is behind it. */
int sd_bus_connect(const struct sd_bus *sd, void **ret, const char *socket, bool client) MUST_CHECK;

struct sd_bus_method {
	const char *name, *path, *interface, *member;
};
/* Call it with these strings, ended by NULL; `answered` hears of the answer, an error after `us`
 * microseconds without one (0: those of the library). */
int sd_bus_call(const struct sd_bus *sd, void *bus, const struct sd_bus_method *method,
	const char *const *args, sd_bus_heard *answered, void *ctx, uint64_t us) MUST_CHECK;

#endif
