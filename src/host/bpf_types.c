#include "host/bpf_types.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

#define TYPES_PATH "/sys/kernel/btf/vmlinux"
#define TYPES_MAX ((size_t)64 << 20)

/* inode numbers of the namespaces there are from the start (include/linux/proc_ns.h) */
#define FIRST_PID_NS 0xEFFFFFFC
#define FIRST_USER_NS 0xEFFFFFFD

void bpf_types_done(struct bpf_types *t)
{
	btf_free(t->btf);
	if (t->mapped)
		munmap(t->p, t->n);
	else
		free(t->p);
	*t = (struct bpf_types){ 0 };
}

/* Kernels before 6.16 cannot map it. */
static int read_whole(int fd, struct bpf_types *t, struct err *e)
{
	size_t at = 0;

	t->p = mem_new(t->n);
	while (at < t->n) {
		ssize_t n = read(fd, (char *)t->p + at, t->n - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(e, "cannot read '%s'", TYPES_PATH);
		at += (size_t)n;
	}
	return 0;
}

static int map(int fd, struct bpf_types *t, struct err *e)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0 || st.st_size <= 0 || (size_t)st.st_size > TYPES_MAX)
		return err_set(e, ERR_FORMAT, "'%s' has no size that could be right", TYPES_PATH);
	t->n = (size_t)st.st_size;
	p = mmap(NULL, t->n, PROT_READ, MAP_PRIVATE, fd, 0);
	t->mapped = p != MAP_FAILED;
	if (!t->mapped)
		return read_whole(fd, t, e);
	t->p = p;
	return 0;
}

int bpf_types_open(struct bpf_types *ret, struct err *e)
{
	int fd = open(TYPES_PATH, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", TYPES_PATH);
	rc = map(fd, ret, e);
	close(fd);
	if (rc == 0)
		rc = btf_from(&ret->btf, span_from(ret->p, ret->n), e);
	if (rc < 0)
		bpf_types_done(ret);
	return rc;
}

static int is_first(const char *path, ino_t inode, const char *what, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(e, "cannot look at '%s'", path);
	if (st.st_ino != inode)
		return err_set(e, ERR_DENIED, "in a %s namespace of its own numbers mean nothing",
			what);
	return 0;
}

int bpf_numbers_mean(struct err *e)
{
	if (is_first("/proc/self/ns/pid", FIRST_PID_NS, "process", e) < 0)
		return e->code;
	return is_first("/proc/self/ns/user", FIRST_USER_NS, "user", e);
}
