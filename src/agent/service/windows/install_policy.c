/* The policy a service begins with: what was shipped beside the program, where there is none yet.
 * What is there is the administrator's, and never touched. */
#include "agent/service/windows/install.h"

#include <errno.h>

#include "core/mem.h"
#include "os/file.h"
#include "os/windows/guarded.h"

#define RULES "rules"     /* beside the program */
#define WINDOWS "windows" /* in there, where they are as in the sources: the others are Linux's */
#define FILE_MAX ((size_t)4 << 20)

static int read_whole(const char *path, struct buf *ret, struct err *e)
{
	int fd = file_open(path);
	char block[16384];
	int64_t n = -1;

	if (fd >= 0)
		while ((n = file_read(fd, block, sizeof block)) > 0)
			buf_add(ret, block, (size_t)n);
	if (n < 0)
		(void)err_sys(e, "cannot read '%.300s'", path);
	file_close(fd);
	return n < 0 ? e->code : 0;
}

static int copy(const char *from, const char *to, struct err *e)
{
	AUTO(buf) bytes = BUF_INIT(FILE_MAX);
	int fd, rc = 0;

	if (read_whole(from, &bytes, e) < 0)
		return e->code;
	if (bytes.full)
		return err_set(e, ERR_LIMIT, "'%.300s' is larger than a policy may be", from);
	fd = file_make(to);
	if (fd < 0 || file_write(fd, buf_span(&bytes)) < 0 || file_sync(fd) < 0)
		rc = err_sys(e, "cannot write '%.300s'", to);
	file_close(fd);
	return rc;
}

static bool is_policy(const char *name)
{
	struct span s = span_of(name);

	return s.n > 5 && span_is(span_from_offset(s, s.n - 5), ".yaml");
}

static struct span above(const char *path)
{
	struct span s = span_of(path);

	while (s.n > 0 && s.p[s.n - 1] != '\\' && s.p[s.n - 1] != '/')
		s.n--;
	return (struct span){ s.p, s.n > 0 ? s.n - 1 : 0 };
}

static int copy_all(struct arena *a, struct folder *from, const char *rules, const char *policy,
	unsigned *ret_n, struct err *e)
{
	const char *name;
	int r;

	while ((r = folder_next(from, a, &name)) > 0) {
		if (!is_policy(name))
			continue;
		if (copy(file_join(a, rules, name), file_join(a, policy, name), e) < 0)
			return e->code;
		++*ret_n;
	}
	return r < 0 ? err_sys(e, "cannot list '%.300s'", rules) : 0;
}

static int check_files(struct arena *a, struct folder *folder, const char *policy, struct err *e)
{
	const char *name;
	int r;

	while ((r = folder_next(folder, a, &name)) > 0)
		if (is_policy(name) && guarded_check_at(file_join(a, policy, name), e) < 0)
			return e->code;
	return r < 0 ? err_sys(e, "cannot list '%.300s'", policy) : 0;
}

int install_check_policy(const char *policy, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct folder *folder;
	enum file_form form;
	int rc;

	if (file_form(policy, &form) < 0)
		return 0; /* there is none: whoever reads it says so */
	if (guarded_check_above(policy, e) < 0 || guarded_check_at(policy, e) < 0)
		return e->code;
	folder = form == FILE_FORM_FOLDER ? folder_open(policy) : NULL;
	if (!folder)
		return 0;
	rc = check_files(a, folder, policy, e);
	folder_close(folder);
	return rc;
}

static struct folder *shipped(struct arena *a, const char *program, const char **ret_path)
{
	const char *rules = file_join(a, arena_text(a, above(program)), RULES);
	struct folder *from;

	*ret_path = file_join(a, rules, WINDOWS);
	from = folder_open(*ret_path);
	if (from)
		return from;
	*ret_path = rules;
	return folder_open(rules);
}

int install_policy(const char *program, const char *policy, unsigned *ret_n, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	const char *rules;
	enum file_form form;
	struct folder *from;
	int rc;

	*ret_n = 0;
	if (file_form(policy, &form) == 0)
		return 0;
	from = shipped(a, program, &rules);
	if (!from) /* a program without its package */
		return 0;
	if ((file_make_folder(arena_text(a, above(policy))) < 0 && errno != EEXIST) ||
		file_make_folder(policy) < 0)
		rc = err_sys(e, "cannot make '%.300s'", policy);
	else
		rc = copy_all(a, from, rules, policy, ret_n, e);
	folder_close(from);
	return rc;
}
