/* The parts of one look for hidden things. */
#ifndef SENSOR_HIDDEN_HIDDEN_LOOK_H
#define SENSOR_HIDDEN_HIDDEN_LOOK_H

#include "entity/hidden.h"
#include "host/process.h"
#include "sensor/hidden/hidden_view.h"
#include "sensor/sensor.h"

/* Nothing that comes or goes meanwhile may look hidden: every contradiction is looked at so often
 * again, and must stand. */
#define AGAIN 3
void hidden_pause(void);
/* Somebody asks every few seconds and keeps us: what is dear takes turns, and what was found is
 * asked for again each time. */
bool hidden_often(const struct scan *s);

/* What is reported. Lists are ended by NULL; all texts live until emitted. */
struct finding {
	enum hidden_type type;
	struct span key;
	const char *seen_by[8], *missing_from[4];
	const char *detail;
	struct span exe, command, user;
};
void hidden_report(struct scan *s, const struct finding *f);

/* Each: 0, or an error that costs the part that begins with its name a gap. */
int hidden_processes(struct scan *s, struct err *e) MUST_CHECK;
int hidden_ports(struct scan *s, struct err *e) MUST_CHECK;
int hidden_folders(struct scan *s, struct err *e) MUST_CHECK;
int hidden_mounts(struct scan *s, struct err *e) MUST_CHECK;

/* Both lists of the kernel's, read anew. */
int ports_by_diag(struct ports *ret, struct err *e) MUST_CHECK;
int ports_by_proc(struct scan *s, struct ports *ret, struct err *e) MUST_CHECK;
/* Is somebody on this port though it is not in known? Binds to it for a moment and, where that is
 * refused, asks whether it answers. */
bool port_answers(const struct ports *known, bool udp, uint16_t port);

#endif
