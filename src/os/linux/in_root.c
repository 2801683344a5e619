#include "os/in_root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ".." in a path or a link may lead out while folders are moved. A rename or a mount anywhere on
 * the host in that moment is enough for EAGAIN, which a busy host brings now and then, and the next
 * try or one after it goes through. It is also what a lease (fcntl(2)) answers who does not wait,
 * and that lasts: so many and no more. */
#define TRIES 1000

static int try_open(int rootfd, const char *path, struct open_how *how)
{
	int fd, tries = 0;

	do
		fd = (int)syscall(SYS_openat2, rootfd, path, how, sizeof *how);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR) && ++tries < TRIES);
	return fd;
}

int in_root_open(int rootfd, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = try_open(rootfd, path, &how);

	if (fd < 0 && errno == EPERM && (flags & O_NOATIME)) {
		how.flags &= ~(uint64_t)O_NOATIME;
		fd = try_open(rootfd, path, &how);
	}
	return fd;
}

/* Between the look and the opening it may become something else: then O_NONBLOCK keeps us from
 * hanging, and the second look finds out. */
int in_root_open_file(int *ret, int rootfd, const char *path, struct err *e)
{
	struct stat st;
	int fd = in_root_open(rootfd, path, O_PATH);

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		close(fd);
		fd = in_root_open(rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME);
		if (fd < 0)
			return err_sys(e, "cannot open '%s'", path);
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
			*ret = fd;
			return 0;
		}
	}
	close(fd);
	return err_set(e, ERR_FORMAT, "cannot read '%s': not a regular file", path);
}
