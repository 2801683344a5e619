/* A regular file that gets another name while we watch: whatever is done by that name later is not
 * heard of under the one that is watched, unless the collector finds out which one that is.
 *
 * link(2) raises an attribute event that knows the file but no name, and then a creation of the
 * same file; unlink(2) raises the first one, too, creat(2) the second one. A table of what was last
 * seen tells link from both without a system call. */
#include <fcntl.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/hash.h"
#include "watch/files/files.h"

static bool sent_already(struct files *f, const struct other_name *x)
{
	for (size_t i = 0; i < ARRAY_LEN(f->named.sent); i++)
		if (f->named.sent[i].device == x->device && f->named.sent[i].inode == x->inode)
			return true;
	f->named.sent[f->named.next++ % ARRAY_LEN(f->named.sent)] = *x;
	return false;
}

static void linked(struct files *f, struct span handle)
{
	struct notice n = { .type = NOTICE_OTHER_NAME };
	struct stat st;

	if (!resolve_inode(f, handle, &st) || !S_ISREG(st.st_mode) || st.st_nlink < 2)
		return;
	n.other_name.device = (uint64_t)major(st.st_dev) << 32 | minor(st.st_dev);
	n.other_name.inode = st.st_ino;
	if (sent_already(f, &n.other_name) || watcher_send(f->w, &n))
		return;
	files_loss(f, span_of("/"), f->time, 1,
		"a file got another name, and nobody could be told");
}

void another_name(struct files *f, const struct fan_event *x)
{
	uint32_t hash, *row;

	if (!x->target.n || (x->mask & FAN_ONDIR))
		return;
	hash = (uint32_t)hash_of(x->target);
	row = &f->named.changed[hash % ARRAY_LEN(f->named.changed)];
	if (x->folder.n == 0) {
		if (x->mask & FAN_ATTRIB)
			*row = hash;
	} else if ((x->mask & FAN_CREATE) && *row == hash &&
		   !watcher_is_own(f->w, (uint32_t)x->pid)) {
		*row = 0;
		linked(f, x->target);
	}
}

void another_name_forget(struct files *f)
{
	f->named.next = 0;
	for (size_t i = 0; i < ARRAY_LEN(f->named.sent); i++)
		f->named.sent[i] = (struct other_name){ 0 };
}
