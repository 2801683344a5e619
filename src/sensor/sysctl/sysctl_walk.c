#include "sensor/sysctl/sysctl_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/attr.h"
#include "entity/sysctl.h"
#include "host/host.h"
#include "sensor/sysctl/sysctl_conf.h"

#define DEPTH_MAX 12
#define VALUES_MAX 65536
#define VALUE_BYTES ((size_t)16 << 10)

/* Counters and states that move by themselves … */
static const char *const restless[] = { "fs/aio-nr", "fs/dentry-state", "fs/file-nr", "fs/inode-nr",
	"fs/inode-state", "fs/quota", "kernel/hung_task_detect_count", "kernel/hung_task_warnings",
	"kernel/ns_last_pid", "kernel/pty/nr", "kernel/random/boot_id",
	"kernel/random/entropy_avail", "kernel/random/uuid", "kernel/sched_domain", "kernel/spl",
	"dev/cdrom/info", "net/netfilter/nf_conntrack_count", "net/nf_conntrack_count",
	"net/ipv4/netfilter/ip_conntrack_count",
	"kernel/perf_event_max_sample_rate", /* the kernel lowers it under load */
	/* … secrets, and what is drawn anew at each boot … */
	"net/ipv4/tcp_fastopen_key", "net/core/netdev_rss_key",
	/* … and what acts when it is read */
	"vm/stat_refresh" };

/* Interfaces that come and go with containers and virtual machines. */
static const char *const fleeting[] = { "veth", "cali", "lxc", "vnet", "tap", "fwbr", "fwln",
	"fwpr" };

static bool is_fleeting(struct span interface)
{
	for (size_t i = 0; i < ARRAY_LEN(fleeting); i++)
		if (span_starts(interface, span_of(fleeting[i])))
			return true;
	return false;
}

/* net/FAMILY/conf/INTERFACE…, net/FAMILY/neigh/INTERFACE… */
static bool is_of_fleeting(struct span path)
{
	struct span part[5] = { 0 };
	size_t n = 0;

	while (n < ARRAY_LEN(part) && span_cut(&path, '/', &part[n]))
		n++;
	if (n < 4 || !span_is(part[0], "net"))
		return false;
	if (n > 4 && span_is(part[4], "stable_secret"))
		return true;
	if (span_is(part[2], "neigh"))
		return !span_is(part[3], "default");
	return span_is(part[2], "conf") && is_fleeting(part[3]);
}

bool sysctl_is_left_out(struct span path)
{
	for (size_t i = 0; i < ARRAY_LEN(restless); i++)
		if (span_is(path, restless[i]))
			return true;
	return path.n > 4 && memcmp(path.p, "net/", 4) == 0 && is_of_fleeting(path);
}

static struct span path_of(const struct sysctl_walk *w)
{
	return span_from(w->path, w->n);
}

static void gap(struct sysctl_walk *w, bool folder, const char *what)
{
	struct arena *a = scan_arena(w->scan);
	struct err e = { 0 };

	if (errno == ENOENT)
		return; /* gone with its interface */
	(void)err_sys(&e, "cannot %s '/proc/sys/%.*s'", what, (int)w->n, w->path);
	scan_gap_err(w->scan, &kind_sysctl, sysctl_swap(path_of(w), a), folder, &e);
}

static void read_value(struct sysctl_walk *w, int dirfd, const char *name)
{
	static char text[VALUE_BYTES];
	struct sysctl_value v = { .path = path_of(w) };
	bool mode = false;
	struct stat st;
	ssize_t n;
	int fd;

	if (!w->wanted(w->ctx, v.path, &mode))
		return;
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) { /* those that are only for writing are closed to root, too */
		int why = errno;

		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & 0444)) {
			errno = why;
			gap(w, false, "open");
		}
		return;
	}
	n = read(fd, text, sizeof text);
	if (n < 0 && errno == EACCES)
		gap(w, false, "read");
	if (mode && fstat(fd, &st) == 0)
		v.mode = st.st_mode & 07777;
	close(fd);
	if (n < 0) /* it has none: EIO, EINVAL, EOPNOTSUPP by the handler's taste */
		return;
	v.value = span_from(text, (size_t)n);
	w->each(w->ctx, &v);
}

/* Something else lies over the kernel's own settings. */
static void covered(struct sysctl_walk *w)
{
	struct arena *a = scan_arena(w->scan);
	struct err e;

	(void)!err_set(&e, ERR_SYSTEM, "'/proc/sys/%.*s' is not the kernel's", (int)w->n, w->path);
	scan_gap_err(w->scan, &kind_sysctl, sysctl_swap(path_of(w), a), true, &e);
}

/* Looking into binfmt_misc mounts it where systemd keeps it ready for that. */
static int open_folder(struct sysctl_walk *w, int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC), ret;
	bool live = host_is_live(scan_host(w->scan)), binfmt;
	struct statfs fs;

	if (fd < 0)
		return -1;
	if (fstatfs(fd, &fs) < 0)
		fs.f_type = 0;
	binfmt = fs.f_type == AUTOFS_SUPER_MAGIC || fs.f_type == BINFMTFS_MAGIC;
	if (live && !binfmt && fs.f_type != PROC_SUPER_MAGIC)
		covered(w);
	if (fs.f_type == AUTOFS_SUPER_MAGIC || (live && !binfmt && fs.f_type != PROC_SUPER_MAGIC)) {
		close(fd);
		errno = ENOENT;
		return -1;
	}
	ret = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(fd);
	return ret;
}

static void walk_folder(struct sysctl_walk *w, int fd);

static void visit(struct sysctl_walk *w, int dirfd, const struct dirent *d)
{
	size_t n = w->n, more = strlen(d->d_name);
	int fd;

	if (n + more + 2 > sizeof w->path || w->left == 0) {
		errno = ENAMETOOLONG;
		gap(w, true, "list all of");
		return;
	}
	if (n)
		w->path[w->n++] = '/';
	memcpy(w->path + w->n, d->d_name, more);
	w->n += more;
	if (sysctl_is_left_out(path_of(w))) {
		w->n = n;
		return;
	}
	if (d->d_type == DT_REG) {
		w->left--;
		read_value(w, dirfd, d->d_name);
	} else if (d->d_type == DT_DIR && w->depth < DEPTH_MAX) {
		fd = open_folder(w, dirfd, d->d_name);
		if (fd < 0)
			gap(w, true, "open");
		else
			walk_folder(w, fd);
	}
	w->n = n;
}

/* Takes fd. */
static void walk_folder(struct sysctl_walk *w, int fd)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *d;

	if (!dir) {
		close(fd);
		return;
	}
	w->depth++;
	while ((errno = 0, d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			visit(w, fd, d);
	if (errno)
		gap(w, true, "list");
	w->depth--;
	closedir(dir);
}

void sysctl_walk(struct sysctl_walk *w)
{
	struct err e;
	int fd;

	w->n = 0;
	w->depth = 0;
	w->left = VALUES_MAX;
	if (host_open_file(scan_host(w->scan), "proc/sys", O_DIRECTORY, &fd, &e) == 0)
		walk_folder(w, fd);
	else if (e.code != ERR_MISSING)
		scan_gap_err(w->scan, &kind_sysctl, SPAN_NONE, true, &e);
}
