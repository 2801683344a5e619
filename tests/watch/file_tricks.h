/* What can be done to a file, one trick a row: each must give a hint for the watched path. Run in a
 * folder with `sel` (watched), `out` (not watched), `bind` (out of view a mount of sel), `point`.
 *
 * Not here, because the kernel raises no event for them (reliability.md, section 0, fact 2):
 * chattr, a project number, a store through a mapping that stays mapped, asynchronous writes while
 * the descriptor stays open, a write in a mounted loop image, a raw write to a block device. Only
 * scans see them. */
#ifndef TESTS_WATCH_FILE_TRICKS_H
#define TESTS_WATCH_FILE_TRICKS_H

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

struct trick {
	const char *name;
	int (*prepare)(void); /* before the watcher begins; NULL: nothing */
	int (*act)(void);     /* 0, or the trick is not possible here: left out */
	const char *expect[4];
};

static inline int put(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
	int bad = fd < 0 || write(fd, text, strlen(text)) < 0;

	if (fd >= 0)
		close(fd);
	return bad ? -1 : 0;
}

static inline int make(const char *path)
{
	return put(path, "old text of some length\n", O_CREAT | O_TRUNC);
}

/* Run it in a process of its own. */
static inline int apart(int (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(act() < 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

#define PREPARE(name, ...) \
	static int prepare_##name(void) \
	{ \
		return (__VA_ARGS__) ? -1 : 0; \
	}
#define ACT(name, ...) \
	static int act_##name(void) \
	{ \
		return (__VA_ARGS__) ? -1 : 0; \
	}
#define TRICK(name, before, ...) \
	PREPARE(name, before) \
	ACT(name, __VA_ARGS__)

TRICK(write, make("sel/write"), put("sel/write", "x", 0))
TRICK(append, make("sel/append"), put("sel/append", "x", O_APPEND))
TRICK(truncate, make("sel/truncate"), truncate("sel/truncate", 3))
TRICK(open_trunc, make("sel/open_trunc"), put("sel/open_trunc", "", O_TRUNC))
TRICK(chmod, make("sel/chmod"), chmod("sel/chmod", 0600))
TRICK(setuid, make("sel/setuid"), chmod("sel/setuid", 04755))
TRICK(chown, make("sel/chown"), chown("sel/chown", 12, 34))
TRICK(times, make("sel/times"),
	utimensat(AT_FDCWD, "sel/times", (struct timespec[2]){ { 1, 0 }, { 1, 0 } }, 0))
TRICK(link_times, symlink("nowhere", "sel/link_times"),
	utimensat(AT_FDCWD, "sel/link_times", (struct timespec[2]){ { 1, 0 }, { 1, 0 } },
		AT_SYMLINK_NOFOLLOW))
TRICK(xattr, make("sel/xattr"), setxattr("sel/xattr", "trusted.x", "1", 1, 0))
TRICK(xattr_gone, make("sel/xattr_gone") || setxattr("sel/xattr_gone", "trusted.x", "1", 1, 0),
	removexattr("sel/xattr_gone", "trusted.x"))
TRICK(caps, make("sel/caps"),
	setxattr("sel/caps", "security.capability", "\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20,
		0))
TRICK(create, 0, make("sel/create"))
TRICK(unlink, make("sel/unlink"), unlink("sel/unlink"))
TRICK(rename, make("sel/rename"), rename("sel/rename", "sel/rename2"))
TRICK(rename_over, make("sel/over") || make("sel/over2"), rename("sel/over2", "sel/over"))
TRICK(exchange, make("sel/ex1") || make("sel/ex2"),
	syscall(SYS_renameat2, AT_FDCWD, "sel/ex1", AT_FDCWD, "sel/ex2", RENAME_EXCHANGE))
TRICK(exchange_kinds, make("sel/ek1") || mkdir("sel/ek2", 0755) || make("sel/ek2/f"),
	syscall(SYS_renameat2, AT_FDCWD, "sel/ek1", AT_FDCWD, "sel/ek2", RENAME_EXCHANGE))
TRICK(whiteout, make("sel/white"),
	syscall(SYS_renameat2, AT_FDCWD, "sel/white", AT_FDCWD, "sel/white2", RENAME_WHITEOUT))
TRICK(move_in, make("out/move_in"), rename("out/move_in", "sel/move_in"))
TRICK(move_out, make("sel/move_out"), rename("sel/move_out", "out/move_out"))
TRICK(link_in, make("out/link_in"), link("out/link_in", "sel/link_in"))
TRICK(linked_write, make("sel/linked") || link("sel/linked", "out/linked"),
	put("out/linked", "x", O_APPEND))
TRICK(linked_mode, make("sel/linked_mode") || link("sel/linked_mode", "out/linked_mode"),
	chmod("out/linked_mode", 0600))
TRICK(linked_count, make("sel/linked_count") || link("sel/linked_count", "out/linked_count"),
	link("out/linked_count", "out/linked_count2"))
TRICK(symlink, 0, symlink("/nowhere", "sel/symlink"))
TRICK(retarget, symlink("a", "sel/retarget") || symlink("b", "sel/retarget2"),
	rename("sel/retarget2", "sel/retarget"))
TRICK(fifo, 0, mkfifo("sel/fifo", 0600))
TRICK(device, 0, mknod("sel/device", S_IFCHR | 0600, 0x103))
TRICK(mkdir, 0, mkdir("sel/mkdir", 0755))
TRICK(race, 0, mkdir("sel/race", 0755) || mkdir("sel/race/a", 0755) || make("sel/race/a/f"))
TRICK(rmdir, mkdir("sel/rmdir", 0755), rmdir("sel/rmdir"))
TRICK(folder_mode, mkdir("sel/folder_mode", 0755), chmod("sel/folder_mode", 0700))
TRICK(folder_itself, mkdir("sel/folder_itself", 0755), make("sel/folder_itself/f"))
TRICK(folder_rename, mkdir("sel/fr", 0755) || mkdir("sel/fr/a", 0755) || make("sel/fr/a/f"),
	put("sel/fr/a/f", "x", 0) || usleep(200000) || rename("sel/fr", "sel/fr2"))
TRICK(after_rename, 0, put("sel/fr2/a/f", "y", O_APPEND))
TRICK(tree_in, mkdir("out/ti", 0755) || mkdir("out/ti/a", 0755) || make("out/ti/a/f"),
	put("out/ti/a/f", "x", 0) || usleep(200000) || rename("out/ti", "sel/ti"))
TRICK(after_tree_in, 0, put("sel/ti/a/f", "y", O_APPEND))
TRICK(tree_out, mkdir("sel/to", 0755) || mkdir("sel/to/a", 0755) || make("sel/to/a/f"),
	rename("sel/to", "out/to"))
TRICK(tree_gone, mkdir("sel/tg", 0755) || make("sel/tg/f"), unlink("sel/tg/f") || rmdir("sel/tg"))
TRICK(bind, make("sel/bind"), put("bind/bind", "x", 0))
TRICK(bind_out, mkdir("sel/bo", 0755) || make("sel/bo/f"), rename("bind/bo/f", "bind/bo/g"))
TRICK(bound_file,
	make("out/bound") || make("sel/bound") ||
		mount("out/bound", "sel/bound", NULL, MS_BIND, NULL),
	put("out/bound", "x", O_APPEND))
TRICK(mount_over, mkdir("sel/mo", 0755) || make("sel/mo/f"),
	mount("none", "sel/mo", "tmpfs", 0, NULL))
TRICK(in_new_mount, 0, make("sel/mo/new"))
TRICK(unmount,
	mkdir("sel/um", 0755) || mount("none", "sel/um", "tmpfs", 0, NULL) || make("sel/um/f"),
	umount("sel/um"))
TRICK(bind_over, make("sel/bv") || make("out/bv"), mount("out/bv", "sel/bv", NULL, MS_BIND, NULL))
TRICK(odd_name, 0, make("sel/odd \n\033[31m\xff\xfe"))

static int early_fd = -1;
PREPARE(early, make("sel/early") || (early_fd = open("sel/early", O_WRONLY | O_CLOEXEC)) < 0)
ACT(early, write(early_fd, "x", 1) != 1)

static int elsewhere(void)
{
	return unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
			       mount("sel", "point", NULL, MS_BIND, NULL) < 0 ||
			       put("point/namespace", "x", 0) < 0
		       ? -1
		       : 0;
}
TRICK(namespace, make("sel/namespace"), apart(elsewhere))

static int jailed(void)
{
	return chroot("sel") < 0 || put("/chroot", "x", 0) < 0 ? -1 : 0;
}
TRICK(chroot, make("sel/chroot"), apart(jailed))

static int by_proc(void)
{
	char path[64];
	int fd = open("sel/procfd", O_RDONLY | O_CLOEXEC), r;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	r = put(path, "x", 0);
	close(fd);
	return r;
}
TRICK(procfd, make("sel/procfd"), by_proc())

static int by_handle(void)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h.handle_bytes = MAX_HANDLE_SZ };
	int id, fd, at = open("sel", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = -1;

	if (name_to_handle_at(AT_FDCWD, "sel/handle", &u.h, &id, 0) == 0 &&
		(fd = open_by_handle_at(at, &u.h, O_WRONLY | O_CLOEXEC)) >= 0) {
		r = write(fd, "x", 1) == 1 ? 0 : -1;
		close(fd);
	}
	close(at);
	return r;
}
TRICK(handle, make("sel/handle"), by_handle())

static int store(void)
{
	int fd = open("sel/mapped", O_RDWR | O_CLOEXEC);
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	if (p == MAP_FAILED)
		return -1;
	p[0] = 'X';
	return munmap(p, 4096);
}
TRICK(mapped, make("sel/mapped"), store())

/* Bytes from one file to another, by whatever call. */
static int copied(const char *to, ssize_t (*copy)(int in, int out))
{
	int in = open("out/source", O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CLOEXEC);
	int r = copy(in, out) > 0 ? 0 : -1;

	close(in);
	close(out);
	return r;
}
static ssize_t by_range(int in, int out)
{
	return copy_file_range(in, NULL, out, NULL, 5, 0);
}
static ssize_t by_sendfile(int in, int out)
{
	return sendfile(out, in, NULL, 5);
}
static ssize_t by_splice(int in, int out)
{
	int p[2];
	ssize_t n = -1;

	if (pipe2(p, O_CLOEXEC) == 0 && splice(in, NULL, p[1], NULL, 5, 0) == 5)
		n = splice(p[0], NULL, out, NULL, 5, 0);
	close(p[0]);
	close(p[1]);
	return n;
}
TRICK(range, make("sel/range") || make("out/source"), copied("sel/range", by_range))
TRICK(sendfile, make("sel/sendfile"), copied("sel/sendfile", by_sendfile))
TRICK(splice, make("sel/splice"), copied("sel/splice", by_splice))

static int hole(void)
{
	int fd = open("sel/hole", O_WRONLY | O_CLOEXEC);
	int r = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4);

	close(fd);
	return r;
}
TRICK(hole, make("sel/hole"), hole())

static int nameless(void)
{
	char path[64];
	int fd = open("sel", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), r = -1;

	if (fd >= 0 && write(fd, "x", 1) == 1) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		r = linkat(AT_FDCWD, path, AT_FDCWD, "sel/nameless", AT_SYMLINK_FOLLOW);
	}
	close(fd);
	return r;
}
ACT(nameless, nameless())

static int listening(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "sel/socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r = bind(fd, (struct sockaddr *)&a, sizeof a);

	close(fd);
	return r;
}
ACT(socket, listening())

static int edit(void)
{
	return make("sel/.edit.swp") || make("sel/edit~") || rename("sel/edit~", "sel/edit") ||
	       unlink("sel/.edit.swp");
}
TRICK(edit, make("sel/edit"), edit())

/* Deeper than a path can be: heard of as somewhere below. */
static int deep(int write_only)
{
	char name[201];
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	memset(name, 'd', 200);
	name[200] = '\0';
	r = chdir("sel");
	for (int i = 0; i < 25 && r == 0; i++) {
		if (!write_only)
			(void)mkdir(name, 0755);
		r = chdir(name);
	}
	r = r || (write_only ? put("deep", "x", 0) : make("deep"));
	r = fchdir(here) || r;
	close(here);
	return r ? -1 : 0;
}
TRICK(deep, deep(0), deep(1))

static int merged(void)
{
	return mount("overlay", "point", "overlay", 0,
		       "lowerdir=out/low,upperdir=sel/up,workdir=out/work") ||
	       put("point/f", "x", 0) || unlink("point/g") || umount("point");
}
TRICK(overlay,
	mkdir("out/low", 0755) || mkdir("out/work", 0755) || mkdir("sel/up", 0755) ||
		make("out/low/f") || make("out/low/g"),
	merged())

/* One write by a ring, the way of liburing without it. */
static int by_ring(void)
{
	struct io_uring_params p = { 0 };
	int fd = open("sel/ring", O_WRONLY | O_CLOEXEC), ring, r = -1;
	struct io_uring_sqe *sqe;
	char *sq;

	ring = (int)syscall(SYS_io_uring_setup, 1, &p);
	if (ring < 0)
		return -1;
	sq = mmap(NULL, p.sq_off.array + 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	sqe = mmap(NULL, sizeof *sqe, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (sq != MAP_FAILED && (void *)sqe != MAP_FAILED) {
		*sqe = (struct io_uring_sqe){ .opcode = IORING_OP_WRITE,
			.fd = fd,
			.addr = (uint64_t)(uintptr_t) "x",
			.len = 1 };
		*(uint32_t *)(void *)(sq + p.sq_off.array) = 0;
		__atomic_store_n((uint32_t *)(void *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
		r = syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1
			    ? 0
			    : -1;
	}
	close(ring);
	close(fd);
	return r;
}
TRICK(ring, make("sel/ring"), by_ring())

#define ROW(name, ...) \
	{ \
#name, prepare_##name, act_##name, \
		{ \
			__VA_ARGS__ \
		} \
	}
static const struct trick tricks[] = {
	ROW(write, "sel/write"),
	ROW(append, "sel/append"),
	ROW(truncate, "sel/truncate"),
	ROW(open_trunc, "sel/open_trunc"),
	ROW(chmod, "sel/chmod"),
	ROW(setuid, "sel/setuid"),
	ROW(chown, "sel/chown"),
	ROW(times, "sel/times"),
	ROW(link_times, "sel/link_times"),
	ROW(xattr, "sel/xattr"),
	ROW(xattr_gone, "sel/xattr_gone"),
	ROW(caps, "sel/caps"),
	ROW(create, "sel/create", "sel"),
	ROW(unlink, "sel/unlink", "sel"),
	ROW(rename, "sel/rename", "sel/rename2"),
	ROW(rename_over, "sel/over", "sel/over2"),
	ROW(exchange, "sel/ex1", "sel/ex2"),
	ROW(exchange_kinds, "sel/ek1/f", "sel/ek2/f"),
	ROW(whiteout, "sel/white", "sel/white2"),
	ROW(move_in, "sel/move_in"),
	ROW(move_out, "sel/move_out"),
	ROW(link_in, "sel/link_in"),
	ROW(linked_write, "sel/linked"),
	ROW(linked_mode, "sel/linked_mode"),
	ROW(linked_count, "sel/linked_count"),
	ROW(symlink, "sel/symlink"),
	ROW(retarget, "sel/retarget"),
	ROW(fifo, "sel/fifo"),
	ROW(device, "sel/device"),
	ROW(mkdir, "sel/mkdir"),
	ROW(race, "sel/race", "sel/race/a", "sel/race/a/f"),
	ROW(rmdir, "sel/rmdir"),
	ROW(folder_mode, "sel/folder_mode"),
	ROW(folder_itself, "sel/folder_itself", "sel/folder_itself/f"),
	ROW(folder_rename, "sel/fr/a/f", "sel/fr2/a/f"),
	ROW(after_rename, "sel/fr2/a/f"),
	ROW(tree_in, "sel/ti/a/f"),
	ROW(after_tree_in, "sel/ti/a/f"),
	ROW(tree_out, "sel/to/a/f"),
	ROW(tree_gone, "sel/tg/f", "sel/tg"),
	ROW(bind, "sel/bind", "bind/bind"),
	ROW(bind_out, "sel/bo/f", "sel/bo/g"),
	ROW(bound_file, "sel/bound"),
	ROW(mount_over, "sel/mo/f"),
	ROW(in_new_mount, "sel/mo/new"),
	ROW(unmount, "sel/um/f"),
	ROW(bind_over, "sel/bv"),
	ROW(odd_name, "sel/odd \n\033[31m\xff\xfe"),
	ROW(early, "sel/early"),
	ROW(namespace, "sel/namespace"),
	ROW(chroot, "sel/chroot"),
	ROW(procfd, "sel/procfd"),
	ROW(handle, "sel/handle"),
	ROW(mapped, "sel/mapped"),
	ROW(range, "sel/range"),
	ROW(sendfile, "sel/sendfile"),
	ROW(splice, "sel/splice"),
	ROW(hole, "sel/hole"),
	{ "nameless", NULL, act_nameless, { "sel/nameless" } },
	{ "socket", NULL, act_socket, { "sel/socket" } },
	ROW(edit, "sel/edit", "sel/edit~", "sel/.edit.swp"),
	ROW(deep, "sel/dddddddddd*"),
	ROW(overlay, "sel/up/f", "sel/up/g"),
	ROW(ring, "sel/ring"),
};

#endif
