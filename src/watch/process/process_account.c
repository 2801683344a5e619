/* Names of users, read again when passwd is another file than it was. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "watch/process/process_room.h"

#define PASSWD "/etc/passwd"

struct account {
	struct names *names;
	struct statx was;
};

struct account *account_new(void)
{
	return mem_new(sizeof(struct account));
}

void account_free(struct account *a)
{
	if (!a)
		return;
	names_free(a->names);
	free(a);
}

static bool same_time(struct statx_timestamp a, struct statx_timestamp b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static void look(struct account *a)
{
	struct names *names;
	struct statx now;
	struct err e;
	int root;

	if (statx(AT_FDCWD, PASSWD, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &now) < 0 ||
		(a->names && now.stx_ino == a->was.stx_ino && now.stx_size == a->was.stx_size &&
			same_time(now.stx_mtime, a->was.stx_mtime) &&
			same_time(now.stx_ctime, a->was.stx_ctime)))
		return;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return;
	if (names_load(&names, root, &e) == 0) {
		names_free(a->names);
		a->names = names;
		a->was = now;
	}
	close(root);
}

struct span account_user(struct account *a, uint32_t uid)
{
	if (uid == UINT32_MAX)
		return SPAN_NONE;
	look(a);
	return names_user(a->names, uid);
}
