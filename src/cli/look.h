/* Where a path leads on the host, or below --root, as a scan walks it: through no symbolic link. */
#ifndef CLI_LOOK_H
#define CLI_LOOK_H

#include "cli/session.h"

enum look_found {
	LOOK_THERE, /* or not to be told */
	LOOK_GONE,
	LOOK_LINK, /* a folder on the way is a symbolic link */
};

struct look {
	enum look_found found;
	/* LOOK_LINK: that folder, what the link says, and where the path leads in the end */
	struct span link, target, real;
	bool real_gone; /* nothing is there either */
};

/* path: absolute, as path_absolute() makes it. What is in ret lives in a, or is of path. */
void look_at(const struct session *s, struct arena *a, struct span path, struct look *ret);
/* Append "'/bin' is a symbolic link to usr/bin", escaped. */
void look_say_link(struct buf *ret, const struct look *look);

/* The state folder as a scan names it, which never looks there; NULL: it is not below --root. */
const char *look_state_folder(const struct session *s, struct arena *a);

#endif
