#include "sensor/port/programs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/mem.h"

/* A host listens with a few dozen programs; the one looked for is mostly the one found last. */
struct program *programs_find(struct programs *all, const struct process *p)
{
	struct program *x;

	for (size_t i = all->n; i > 0; i--) {
		x = &all->list[i - 1];
		if (x->mnt == p->ns[NS_MNT] && x->deleted == p->deleted &&
			span_same(x->exe, p->exe))
			return x;
	}
	if (all->n == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 32;
		all->list = mem_grow(all->list, all->cap, sizeof *all->list);
	}
	x = &all->list[all->n++];
	*x = (struct program){ .exe = p->exe, .mnt = p->ns[NS_MNT], .deleted = p->deleted };
	return x;
}

void program_digest(struct program *x, struct host *h, const struct process *p)
{
	struct err why;
	int folder, fd;

	if (x->looked_up)
		return;
	x->looked_up = true;
	folder = host_process_open(h, p);
	fd = folder >= 0 ? openat(folder, "exe", O_RDONLY | O_CLOEXEC) : -1;
	x->has_sha256 = fd >= 0 && host_digest_fd(h, fd, x->sha256, &why) == 0;
	if (fd >= 0)
		close(fd);
	if (folder >= 0)
		close(folder);
}

void program_package(struct program *x, struct host *h, const struct process *p)
{
	if (x->has_package || p->container.n)
		return;
	x->has_package = true;
	x->package = x->deleted || p->memfd ? NULL : host_path_owner(h, x->exe);
}

bool program_is_general(struct span exe)
{
	static const char *const names[] = { "python", "pypy", "perl", "ruby", "node", "nodejs",
		"php", "lua", "luajit", "tclsh", "wish", "expect", "java", "guile", "gawk", "mawk",
		"awk", "original-awk", "bash", "dash", "sh", "zsh", "ksh", "mksh", "fish", "tcsh",
		"csh", "busybox", "nc", "nc.openbsd", "nc.traditional", "ncat", "netcat", "socat",
		"ssh", "openssl", "gdb", "R", "Rscript", "pwsh", "deno", "bun", "erl", "beam.smp",
		"ld-linux-x86-64.so.", "ld-linux-aarch64.so.", "ld-linux.so." };
	struct span name = exe;

	for (size_t i = exe.n; i > 0; i--)
		if (exe.p[i - 1] == '/') {
			name = span_from_offset(exe, i);
			break;
		}
	/* python3.11, tclsh8.6, php8.2 */
	while (name.n && ((name.p[name.n - 1] >= '0' && name.p[name.n - 1] <= '9') ||
				 (name.p[name.n - 1] == '.' && name.n > 1 &&
					 (name.p[name.n - 2] >= '0' && name.p[name.n - 2] <= '9'))))
		name.n--;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

void programs_done(struct programs *all)
{
	free(all->list);
}
