#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/hmac.h"
#include "core/mem.h"
#include "host/state.h"

int host_open(struct host **ret, const struct host_options *o, struct err *e)
{
	const char *path = o->root ? o->root : "/";
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct host *h;

	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	h = mem_new(sizeof *h);
	h->root = fd;
	h->live = !o->root;
	h->no_bpf = o->no_bpf;
	h->arena = arena_new();
	if (o->secret)
		memcpy(h->secret, o->secret, sizeof h->secret);
	*ret = h;
	return 0;
}

void host_free(struct host *h)
{
	if (!h)
		return;
	buses_free(h->buses);
	unit_index_free(h->unit_index);
	processes_free(h->processes);
	package_index_free(h->package_index);
	host_digests_free(h->digests);
	bpf_free(h->bpf);
	arena_free(h->arena);
	explicit_bzero(h->secret, sizeof h->secret);
	close(h->root);
	free(h);
}

void host_freep(struct host **h)
{
	host_free(*h);
	*h = NULL;
}

void host_renew(struct host *h)
{
	buses_free(h->buses);
	unit_index_free(h->unit_index);
	processes_free(h->processes);
	h->buses = NULL;
	h->unit_index = NULL;
	h->processes = NULL;
	package_index_renew(h);
	host_digests_renew(h);
	bpf_renew(h);
	arena_clear(h->arena);
}

bool host_is_live(const struct host *h)
{
	return h->live;
}

int host_root(const struct host *h)
{
	return h->root;
}

int host_fd_is_kernels(const struct host *h, int fd, const char *path, struct err *e)
{
	bool proc = strncmp(path, "proc", 4) == 0;
	struct statfs fs;

	if (!h->live)
		return 0;
	if (fstatfs(fd, &fs) < 0)
		return err_sys(e, "cannot stat '/%s'", path);
	if (fs.f_type != (proc ? PROC_SUPER_MAGIC : SYSFS_MAGIC))
		return err_set(e, ERR_SYSTEM, "'/%s' is not the kernel's", path);
	return 0;
}

int host_is_kernels(const struct host *h, const char *const *folders, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; h->live && folders[i] && rc == 0; i++) {
		int fd = openat(h->root, folders[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_sys(e, "cannot open '/%s'", folders[i]);
		rc = host_fd_is_kernels(h, fd, folders[i], e);
		close(fd);
	}
	return rc;
}

struct arena *host_arena(struct host *h)
{
	return h->arena;
}

void host_keyed(const struct host *h, struct span what, uint8_t ret[SHA256_SIZE])
{
	hmac_sha256(span_from(h->secret, sizeof h->secret), what, ret);
}
