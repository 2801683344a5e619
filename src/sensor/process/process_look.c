#include "sensor/process/process_look.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "host/command.h"

#define TARGET_MAX 4096
#define READ_BYTES ((size_t)16 << 10)
#define COMMAND_MAX 512

void items_add(struct items *list, struct arena *a, struct span text)
{
	for (size_t i = 0; i < list->n; i++)
		if (span_same(list->item[i], text))
			return;
	if (list->n == ITEMS_MAX) {
		list->more = true;
		return;
	}
	list->item[list->n++] = arena_copy(a, text);
}

bool look_text(struct look *l, int fd, const char *name, struct span *ret)
{
	int f = openat(fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = 1;

	if (f < 0)
		return false;
	buf_clear(&l->text);
	while (n > 0) {
		char *at = buf_room(&l->text, READ_BYTES);

		n = at ? read(f, at, READ_BYTES) : 0;
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			l->text.n += (size_t)n;
	}
	close(f);
	*ret = buf_span(&l->text);
	return n == 0;
}

bool look_link(int fd, const char *name, char *block, size_t n, struct span *ret)
{
	ssize_t got = readlinkat(fd, name, block, n);

	*ret = span_from(block, got > 0 ? (size_t)got : 0);
	return got > 0;
}

static bool asked(const struct program *g, unsigned a, unsigned b)
{
	return (g->asks & (field_bit(a) | field_bit(b))) != 0;
}

static void add_tracer(struct look *l, struct program *g, uint32_t pid)
{
	const struct process *t = host_process(l->host, pid);
	struct span who = t ? t->exe.n ? t->exe : t->comm : SPAN_NONE;

	g->traced = true;
	if (who.n)
		items_add(&g->tracers, scan_arena(l->scan), who);
}

static void look_status(struct look *l, struct program *g, const struct process *p, int fd)
{
	struct process_status s;
	struct span text, name;

	if (!look_text(l, fd, "status", &text))
		return;
	process_status_from(text, &s);
	g->capabilities |= s.effective;
	g->ambient |= s.ambient;
	g->no_new_privs = g->no_new_privs && s.no_new_privs;
	if (s.seccomp < g->seccomp)
		g->seccomp = s.seccomp;
	if (s.tracer)
		add_tracer(l, g, s.tracer);
	if (s.uid == p->euid)
		return;
	name = names_user(l->names, s.uid);
	if (!name.n)
		name = span_of(arena_format(scan_arena(l->scan), "%u", s.uid));
	items_add(&g->real_users, scan_arena(l->scan), name);
}

static void look_command(struct look *l, struct program *g, const struct process *p, int fd,
	bool own)
{
	AUTO(buf) line = BUF_INIT(COMMAND_MAX * 64);
	struct span cmdline;

	if (!look_text(l, fd, "cmdline", &cmdline))
		return;
	/* It may write over them for as long as it likes. */
	if (cmdline.n > COMMAND_MAX * 16)
		cmdline.n = COMMAND_MAX * 16;
	g->masquerade = g->masquerade || is_kernel_name(p->comm, cmdline);
	command_masked(cmdline, COMMAND_MAX, &line);
	if (line.n)
		items_add(&g->commands, scan_arena(l->scan), buf_span(&line));
	if (asked(g, PROCESS_SCRIPTS, PROCESS_SCRIPT_DIGESTS) ||
		(g->asks & field_bit(PROCESS_UNPACKAGED_SCRIPTS)))
		look_script(l, g, p, fd, cmdline, own);
}

static void look_environment(struct look *l, struct program *g, int fd)
{
	struct span text, entry;

	if (!look_text(l, fd, "environ", &text))
		return;
	while (span_cut(&text, '\0', &entry))
		if (is_loader_variable(entry)) {
			entry.n = entry.n > COMMAND_MAX ? COMMAND_MAX : entry.n;
			items_add(&g->ld_environment, scan_arena(l->scan), entry);
		}
}

static void look_namespaces(struct look *l, struct program *g, const struct process *p)
{
	const uint64_t *init = host_init_namespaces(l->host);

	host_process_namespaces(l->host, p);
	for (unsigned i = 0; i < NS_N; i++)
		if (p->ns[i] && init[i] && p->ns[i] != init[i])
			items_add(&g->namespaces, scan_arena(l->scan),
				span_of(process_ns_names[i]));
}

static void look_folders(struct look *l, struct program *g, int fd)
{
	char target[TARGET_MAX];
	struct span path;

	if (look_link(fd, "root", target, sizeof target, &path) && !span_is(path, "/"))
		items_add(&g->roots, scan_arena(l->scan), path);
	if (g->cwd.n < ITEMS_MAX && look_link(fd, "cwd", target, sizeof target, &path))
		items_add(&g->cwd, scan_arena(l->scan), path);
}

static void look_label(struct look *l, struct program *g, int fd)
{
	struct span text;

	if (!l->labels || !look_text(l, fd, "attr/current", &text))
		return;
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\0'))
		text.n--;
	if (text.n)
		items_add(&g->labels, scan_arena(l->scan), text);
}

/* "/" of the process is the host's own: what its paths name can be looked up there. */
static bool sees_host(const struct look *l, int fd)
{
	struct stat st;

	return fstatat(fd, "root", &st, 0) == 0 && st.st_ino == l->root.st_ino &&
	       st.st_dev == l->root.st_dev;
}

static void count_in(struct look *l, struct program *g, const struct process *p)
{
	const struct process *parent = host_process(l->host, p->ppid);
	struct arena *a = scan_arena(l->scan);

	g->count++;
	if (g->started == 0 || (p->start && p->start < g->started))
		g->started = p->start;
	if (g->pids.n < ITEMS_MAX)
		items_add(&g->pids, a, span_of(arena_format(a, "%u", p->pid)));
	if (parent && parent->exe.n)
		items_add(&g->parents, a, parent->exe);
}

/* It may have executed another program since it was listed. */
static bool is_still(const struct process *p, int fd)
{
	char target[TARGET_MAX + 16];
	struct span path;

	return look_link(fd, "exe", target, sizeof target, &path) && span_starts(path, p->exe) &&
	       path.n - p->exe.n <= strlen(" (deleted)");
}

static void look_at_file(struct look *l, struct program *g, const struct process *p, int fd,
	const struct stat *running, bool own)
{
	if (g->newest && running->st_ino == g->file.st_ino && running->st_dev == g->file.st_dev)
		return;
	if (!g->newest || p->start >= g->newest->start) {
		g->newest = p;
		g->file = *running;
	}
	look_file(l, g, p, fd, own);
}

enum looked look_process(struct look *l, struct program *g, const struct process *p, int fd)
{
	struct stat running, after;
	bool own;

	/* What can be asked of a process ends with its memory; a failure here says so. */
	if (!is_still(p, fd) || fstatat(fd, "exe", &running, 0) < 0)
		return LOOKED_GONE;
	own = sees_host(l, fd);
	count_in(l, g, p);
	look_status(l, g, p, fd);
	look_command(l, g, p, fd, own);
	look_folders(l, g, fd);
	look_at_file(l, g, p, fd, &running, own);
	if (g->asks & field_bit(PROCESS_LD_ENVIRONMENT))
		look_environment(l, g, fd);
	if (asked(g, PROCESS_LIBRARIES, PROCESS_REPLACED_LIBRARIES))
		look_libraries(l, g, p, fd, own);
	if (g->asks & field_bit(PROCESS_NAMESPACES))
		look_namespaces(l, g, p);
	if (g->asks & field_bit(PROCESS_LABEL))
		look_label(l, g, fd);
	return fstatat(fd, "exe", &after, 0) == 0 && after.st_ino == running.st_ino &&
			       after.st_dev == running.st_dev && is_still(p, fd)
		       ? LOOKED
		       : LOOKED_MIXED;
}
