#include "cli/look.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/paths.h"
#include "core/mem.h"

#define LINKS_MAX 40 /* as many as the kernel follows, path_resolution(7) */
#define TARGET_MAX 4096

static void add_root(const struct session *s, struct buf *ret)
{
	struct span root = s->root ? span_of(s->root) : SPAN_NONE;

	while (root.n && root.p[root.n - 1] == '/')
		root.n--;
	buf_add_span(ret, root);
}

/* Folder by folder; *ret_end is where the name of the first link ends. */
static enum look_found walk(const struct session *s, struct span path, struct buf *ret_host,
	size_t *ret_end)
{
	struct stat st;
	size_t root;

	add_root(s, ret_host);
	root = ret_host->n;
	for (size_t end = 1; end <= path.n; end++) {
		if (end < path.n && path.p[end] != '/')
			continue;
		ret_host->n = root;
		buf_add(ret_host, path.p, end);
		if (lstat(buf_text(ret_host), &st) < 0)
			return errno == ENOENT || errno == ENOTDIR ? LOOK_GONE : LOOK_THERE;
		if (end == path.n || !S_ISLNK(st.st_mode))
			continue;
		*ret_end = end;
		return LOOK_LINK;
	}
	return LOOK_THERE;
}

static struct span read_target(struct arena *a, struct buf *host)
{
	char target[TARGET_MAX];
	ssize_t n = readlink(buf_text(host), target, sizeof target);

	return n > 0 ? arena_copy(a, span_from(target, (size_t)n)) : SPAN_NONE;
}

/* The path with the link, whose name ends at `end`, replaced by what it says. */
static struct span follow(struct arena *a, struct span path, size_t end, struct span target)
{
	AUTO(buf) whole = BUF_INIT(BUF_MAX_DEFAULT);
	size_t folder = end;

	while (folder && path.p[folder - 1] != '/')
		folder--;
	if (target.p[0] != '/')
		buf_add(&whole, path.p, folder);
	buf_add_span(&whole, target);
	buf_add_span(&whole, span_from_offset(path, end));
	return path_normal(a, buf_span(&whole));
}

void look_at(const struct session *s, struct arena *a, struct span path, struct look *ret)
{
	struct look look = { .real = path };

	for (int links = 0; links < LINKS_MAX; links++) {
		AUTO(buf) host = BUF_INIT(BUF_MAX_DEFAULT);
		size_t end = 0;
		enum look_found found = walk(s, look.real, &host, &end);
		struct span target;

		if (found != LOOK_LINK) {
			look.found = links ? LOOK_LINK : found;
			look.real_gone = found == LOOK_GONE;
			break;
		}
		target = read_target(a, &host);
		if (target.n == 0)
			break;
		if (links == 0) {
			look.link = span_from(path.p, end);
			look.target = target;
		}
		look.real = follow(a, look.real, end, target);
	}
	*ret = look;
}

/* As realpath(3), also of a folder that is still to be made. */
static char *real_folder(const char *path)
{
	AUTO(buf) above = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) whole = BUF_INIT(BUF_MAX_DEFAULT);
	char *real = realpath(path, NULL);
	size_t n = strlen(path), name;

	if (real)
		return real;
	while (n > 1 && path[n - 1] == '/')
		n--;
	for (name = n; name && path[name - 1] != '/'; name--)
		continue;
	buf_add(&above, path, name);
	real = realpath(name ? buf_text(&above) : ".", NULL);
	if (!real)
		return NULL;
	buf_addf(&whole, "%s/", strcmp(real, "/") == 0 ? "" : real);
	buf_add(&whole, path + name, n - name);
	free(real);
	return mem_copy(whole.p, whole.n);
}

const char *look_state_folder(const struct session *s, struct arena *a)
{
	char *root = realpath(s->root ? s->root : "/", NULL);
	char *state = real_folder(s->state_dir);
	const char *ret = NULL;
	size_t n = root && strcmp(root, "/") != 0 ? strlen(root) : 0;
	struct span typed;
	struct err e;

	if (!state && path_absolute(a, s->state_dir, &typed, &e) == 0)
		state = mem_copy(typed.p, typed.n);
	if (root && state && strncmp(root, state, n) == 0 && state[n] == '/')
		ret = arena_text(a, span_of(state + n));
	free(root);
	free(state);
	return ret;
}
