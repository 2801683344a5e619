/* Who mounts and unmounts, by fanotify of our namespace of mounts (FAN_REPORT_MNT, Linux 6.14;
 * needs CAP_SYS_ADMIN). That the table changed is told by the table itself (marks.c); a change of a
 * mount's options raises no event. */
#ifndef WATCH_FILES_MOUNTERS_H
#define WATCH_FILES_MOUNTERS_H

struct files;
struct whodunit;
struct mounters;

/* heard: somebody mounted or unmounted; mounters_who() says who. Where the kernel refuses, nobody
 * is ever known. */
struct mounters *mounters_new(struct files *f, void (*heard)(struct files *f));
void mounters_free(struct mounters *m); /* accepts NULL */

/* Who did since this was asked last: of several the last one, the others beside it. A reference
 * that the caller drops. When nobody is known: no bytes, and why. */
struct whodunit *mounters_who(struct mounters *m);

#endif
