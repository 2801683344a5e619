/* What the files of this room share. */
#ifndef SENSOR_MODULE_MODULE_LOOK_H
#define SENSOR_MODULE_MODULE_LOOK_H

#include "entity/module.h"
#include "host/host.h"
#include "sensor/sensor.h"

#define MODULES_MAX 16384

/* A module that some view shows. */
struct module_seen {
	struct span name;
	struct span line;      /* of /proc/modules; empty: not there */
	struct span file;      /* below lib/modules/RELEASE; empty: modules.dep does not know it */
	bool proc, sys, sysfs; /* sysfs: has a folder, as parts of the kernel do that have
				  parameters; sys: one of a module that was loaded */
	bool symbols;
	bool passing; /* being loaded or unloaded, or a whole view is missing: that it is not in
			 every list says nothing */
};

/* Some view shows it, and another that should does not. */
static inline bool module_is_hidden(const struct module_seen *m)
{
	return !m->passing && (m->proc != m->sys || (m->symbols && !m->proc));
}

struct module_look {
	struct scan *scan;
	const struct kind *kind; /* whose gaps they are */
	struct host *host;
	struct arena *a;
	struct record *r;
	uint64_t asks;
	struct span release;
	struct module_seen *seen; /* by name */
	size_t n;
};

/* Is what shows them the kernel's? */
int module_sources(struct host *h, struct err *e) MUST_CHECK;

/* Who is there by which view; module_views.c. */
void module_look_around(struct module_look *l);

/* The fields of one module in l->r; module_facts.c. */
void module_facts(struct module_look *l, const struct module_seen *m);
/* Letters, words and flags of a taint. */
void module_facts_taint(struct module_look *l, struct span letters);
/* A file of one line: without its end; false: there is none. */
bool module_word(struct module_look *l, const char *path, struct span *ret);
/* What can be read of sys/module/NAME/parameters. */
void module_parameters(struct module_look *l, struct span name);

#endif
