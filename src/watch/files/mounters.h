/* Who mounts and unmounts, by fanotify of our namespace of mounts (FAN_REPORT_MNT, Linux 6.14;
 * needs CAP_SYS_ADMIN). That the table changed is told by the table itself (marks.c); a change of a
 * mount's options raises no event. */
#ifndef WATCH_FILES_MOUNTERS_H
#define WATCH_FILES_MOUNTERS_H

#include <stdbool.h>
#include <stdint.h>

struct files;
struct whodunit;
struct mounters;

/* heard: somebody mounted or unmounted; mounters_who() says who. Where the kernel refuses, nobody
 * is ever known. */
struct mounters *mounters_new(struct files *f, void (*heard)(struct files *f));
void mounters_free(struct mounters *m); /* accepts NULL */

/* Before the table is read: take in what the kernel has to say. What is then not asked for is of
 * mounts that came and went unseen, and forgotten with the next one. */
void mounters_hear(struct mounters *m); /* accepts NULL */
/* Who brought the mount of this number in the table (gone: took it away). A reference that the
 * caller drops; NULL: that was not heard of, so far. */
struct whodunit *mounters_who(struct mounters *m, uint32_t id, bool gone);
/* No bytes, and why: of a mount that came or went (options: that only changed). Not to be dropped.
 */
struct whodunit *mounters_nobody(const struct mounters *m, bool options);

#endif
