/* A file that gets another name while we watch: whatever is done by that name later is not
 * heard of under the one that is watched, unless the collector finds out which one that is.
 *
 * link(2) raises an attribute event that knows the file but no name, and then a creation of the
 * same file; unlink(2) raises the first one, too, creat(2) the second one. A table of what was last
 * seen tells link from both without a system call. */
#include <fcntl.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/hash.h"
#include "watch/files/files.h"

static bool sent_already(struct files *f, uint64_t hash)
{
	for (size_t i = 0; i < ARRAY_LEN(f->named.sent); i++)
		if (f->named.sent[i] == hash)
			return true;
	f->named.sent[f->named.next++ % ARRAY_LEN(f->named.sent)] = hash;
	return false;
}

/* How many names it has left by now says nothing: the new one may have been used, and be gone. */
static void linked(struct files *f, struct span handle, uint64_t hash)
{
	struct notice n = { .type = NOTICE_OTHER_NAME };
	struct stat st;

	if (sent_already(f, hash) || !resolve_inode(f, handle, &st))
		return;
	n.other_name.device = (uint64_t)major(st.st_dev) << 32 | minor(st.st_dev);
	n.other_name.inode = st.st_ino;
	if (watcher_send(f->w, &n))
		return;
	files_loss(f, span_of("/"), f->time, 1,
		"a file got another name, and nobody could be told");
}

bool another_name(struct files *f, const struct fan_event *x)
{
	uint64_t hash;
	uint32_t *row;

	if (!x->target.n || (x->mask & FAN_ONDIR))
		return false;
	hash = hash_of(x->target);
	row = &f->named.changed[hash % ARRAY_LEN(f->named.changed)];
	if (x->folder.n == 0) {
		if (x->mask & FAN_ATTRIB)
			*row = (uint32_t)hash;
		return false;
	}
	/* It stays in the table: of the next link the first event may be joined to that of this
	 * one, and a file is made only once. */
	if (!(x->mask & FAN_CREATE) || *row != (uint32_t)hash ||
		watcher_is_own(f->w, (uint32_t)x->pid))
		return false;
	linked(f, x->target, hash);
	return true;
}

void another_name_forget(struct files *f)
{
	memset(f->named.sent, 0, sizeof f->named.sent);
}
