/* Inside the doctor: what is planted, where, and how it went. */
#ifndef AGENT_DOCTOR_CANARY_H
#define AGENT_DOCTOR_CANARY_H

#include "agent/doctor/doctor.h"
#include "agent/doctor/live.h"

#define REAL_TIME "Real time"
#define PLACES_MAX 24
#define PLACE_NAME ".invar-doctor.XXXXXX"

/* A folder of our own on one file system. */
struct place {
	const char *point; /* the mount point */
	const char *dir;
};

struct planting {
	struct doctor *d;
	const char *dir; /* holds policy and state of our own */
	const char *policy_path, *state_dir;
	struct place places[PLACES_MAX];
	size_t n_places;
	unsigned port;    /* of loopback, free a moment ago */
	const char *unit; /* transient unit; NULL: none can be made here */
	struct live live;
};

/* Make the folders. Mounts where nothing can be planted are told. */
void doctor_places(struct planting *p);
void doctor_places_remove(struct planting *p);
/* True, and told: the running agent would take it for a finding. */
bool doctor_is_watched(struct planting *p, const struct kind *k, const char *key,
	const char *scope);

void doctor_plant_files(struct planting *p);
unsigned doctor_free_port(void);
/* A name for a transient unit; NULL: there is no systemd, or no program to ask it. */
const char *doctor_unit(struct doctor *d);
void doctor_plant_others(struct planting *p); /* a process, a port, a mount, a service */
void doctor_read_others(struct planting *p);  /* kinds of which nothing is planted */

/* One act, in a process of its own that ends when it is done: a status that is not 0 says that it
 * could not be done. *ret_pid: that process. */
int doctor_act(int (*act)(void *ctx), void *ctx, pid_t *ret_pid);
/* What was seen of it, added up over several acts. */
struct seen {
	struct buf text;
	bool all;
	int64_t worst;
	const char *who;
};
void doctor_seen(struct seen *s, const char *what, int64_t at, pid_t pid,
	const struct live_record *r);
void doctor_say_seen(struct doctor *d, const char *name, const struct kind *k, const char *scope,
	struct seen *s);

#endif
