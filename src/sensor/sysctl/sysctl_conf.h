/* sysctl.conf(5), sysctl.d(5): bytes to settings. */
#ifndef SENSOR_SYSCTL_SYSCTL_CONF_H
#define SENSOR_SYSCTL_SYSCTL_CONF_H

#include "core/arena.h"
#include "core/span.h"

struct sysctl_setting {
	struct span path;  /* "net/ipv4/ip_forward": may be a pattern */
	struct span value; /* blanks in and around it made one */
	bool exclude;      /* "-path" without a value: patterns do not speak of it */
	unsigned line;
};

struct sysctl_conf {
	unsigned bad; /* lines that follow no format … */
	unsigned first_bad;
};

/* Each setting of a file to `each`, in order; views live in a. */
struct sysctl_conf sysctl_conf_parse(struct span text, struct arena *a,
	void (*each)(void *ctx, const struct sysctl_setting *x), void *ctx);

/* Dots for slashes and the other way round: a name as `sysctl -a` prints it to a path and back. */
struct span sysctl_swap(struct span name, struct arena *a);
/* Blanks at the ends gone, tabs to spaces, runs of them to one, line ends to "; ". */
struct span sysctl_tidy(struct span value, struct arena *a);

#endif
