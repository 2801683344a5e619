/* The services and drivers that the service control manager knows, asked once a scan. In plain
 * numbers and texts: winsvc.h and entity/service.h do not go into one file. */
#ifndef HOST_WINDOWS_SERVICES_H
#define HOST_WINDOWS_SERVICES_H

#include <stdint.h>

#include "core/buf.h"
#include "host/host.h"

#define SERVICES_MAX 16384 /* more are ERR_LIMIT */

/* As listed; texts live as long as the host. */
struct scm_entry {
	struct span name, display;
	uint32_t type, state, exit, specific;
	uint32_t pid; /* 0: none */
	bool dead;    /* said to run, but its process is gone: see host_service_is_dead */
};

/* What the manager (an SC_HANDLE) lists: services and drivers, active or not, ascending by name;
 * lives in a, but for *ret, which the caller frees. */
int scm_list(void *manager, struct arena *a, struct scm_entry **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;
/* The same once a scan. */
int host_services(struct host *h, const struct scm_entry **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;
/* The services that a process hosts, ascending by name: *ret_n of them. Those that are copies for a
 * user bear their own names. Nothing when the manager cannot be asked. */
const struct scm_entry *const *host_services_of(struct host *h, uint32_t pid, size_t *ret_n);

/* What cannot be had here (a level that this Windows, or Wine, does not know) is absent: has is
 * false, a span empty. */
struct scm_level {
	uint32_t value;
	bool has;
};
struct scm_trigger_data {
	struct span bytes; /* UTF-8 of a string */
	bool is_text;
};
struct scm_trigger_entry {
	uint32_t type, action;
	const uint8_t *subtype; /* 16 bytes, or NULL */
	const struct scm_trigger_data *data;
	size_t n_data;
};
struct scm_config {
	uint32_t type, start, error_control, tag;
	struct span image, group, account; /* as written; account of a driver: its object */
	const struct span *depends;
	size_t n_depends;
	struct span description;
	struct scm_level delayed, sid_type, protection, preshutdown, on_stop;
	const struct span *privileges;
	size_t n_privileges;
	struct scm_level reset; /* of failure actions, seconds */
	struct span reboot_message, failure_command;
	const struct scm_level *actions; /* pairs: type, delay in ms */
	size_t n_actions;                /* pairs */
	const struct scm_trigger_entry *triggers;
	size_t n_triggers;
	bool has_triggers; /* the level could be asked */
	struct span dacl;  /* canonical text */
	/* of its key in the registry; paths expanded */
	struct span service_dll, service_main;
	const struct span *environment; /* NAME=VALUE */
	size_t n_environment;
};
/* Texts live in a. ERR_MISSING: it was deleted meanwhile, or is about to be. ERR_DENIED. */
int host_service_config(struct host *h, const struct scm_entry *x, struct arena *a,
	struct scm_config *ret, struct err *e) MUST_CHECK;

/* A copy that Windows made of a service for one user, under the name of the template, and that runs
 * nothing else (service_copy.h): as the manager has it, and the registry's type, which counts after
 * the next start. Works in a. */
bool host_service_is_copy(struct host *h, struct span name, struct arena *a);

/* It was listed as dead, and the manager still says that this process runs it: one that stopped
 * while it was listed is not meant. Windows' manager learns of it within moments, Wine's never. */
bool host_service_is_dead(struct host *h, const struct scm_entry *x);

/* The file an ImagePath leads to, as the manager would find it: appended to ret. unquoted: blanks
 * and no quotes, so that something else in the way would be found first. */
void host_service_program(struct host *h, const struct scm_entry *x, struct span image,
	struct buf *ret, bool *ret_unquoted);

/* "C:\Windows", for the life of the host. */
struct span host_windows_folder(struct host *h);

#endif
