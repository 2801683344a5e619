/* What an init script says of itself: the comment block of the Linux Standard Base, or the
 * variables and header of an OpenRC script. Pure. */
#ifndef SENSOR_SERVICE_LSB_H
#define SENSOR_SERVICE_LSB_H

#include "core/span.h"

struct lsb {
	struct span description;
	struct span user; /* OpenRC: command_user */
	bool openrc;      /* its interpreter is openrc-run */
};

void lsb_parse(struct span text, struct lsb *ret);
/* "ssh" of "S01ssh"; empty: not the name of a link of rc?.d that starts something. */
struct span lsb_started(struct span link);

#endif
