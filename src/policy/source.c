#include "policy/source.h"

#include <errno.h>
#include <stdlib.h>

#include "core/buf.h"
#include "os/file.h"

static int refuse(struct problems *problems, const char *path, const char *what, struct err *e)
{
	problem_add(problems, PROBLEM_ERROR, "no-file", (struct place){ path, 0, 0 }, NULL,
		"found %s, expected a file", what);
	return err_set(e, ERR_POLICY, "'%s' is %s", path, what);
}

/* Not blocking, so that a FIFO put in place of a file cannot hold us. */
static int read_file(struct arena *a, const char *path, size_t max, struct source *ret,
	struct problems *problems, struct err *e)
{
	AUTO(buf) b = BUF_INIT(max + 1);
	int rc, fd = file_open(path);
	enum file_form type;

	/* it was listed, or found, a moment ago */
	if (fd < 0 && errno == ENOENT)
		return refuse(problems, path, "a symbolic link to nothing", e);
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (file_form_of(fd, &type) < 0)
		rc = err_sys(e, "cannot read '%s'", path);
	else if (type != FILE_FORM_REGULAR)
		rc = refuse(problems, path,
			type == FILE_FORM_FOLDER ? "a folder"
			: type == FILE_FORM_FIFO ? "a FIFO"
						 : "a device",
			e);
	else if ((rc = file_read_all(fd, max, &b)) < 0)
		rc = err_sys(e, "cannot read '%s'", path);
	else if (rc > 0)
		rc = err_set(e, ERR_LIMIT, "'%s' has more than %zu bytes", path, max);
	file_close(fd);
	if (rc < 0)
		return rc;
	ret->name = arena_text(a, span_of(path));
	ret->text = arena_copy(a, buf_span(&b));
	return 0;
}

static bool wanted(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".yaml") == 0;
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int list_folder(struct arena *a, const char *path, const char *ret_names[SOURCES_MAX],
	size_t *ret_n, struct err *e)
{
	struct folder *d = folder_open(path);
	const char *name = NULL;
	size_t n = 0;
	int rc;

	if (!d)
		return err_sys(e, "cannot open '%s'", path);
	while ((rc = folder_next(d, a, &name)) == 1) {
		if (!wanted(name))
			continue;
		if (n == SOURCES_MAX) {
			rc = err_set(e, ERR_LIMIT, "'%s' holds more than %d policy files", path,
				SOURCES_MAX);
			break;
		}
		ret_names[n++] = file_join(a, path, name);
	}
	if (rc == -1)
		rc = err_sys(e, "cannot list '%s'", path);
	folder_close(d);
	if (rc < 0)
		return rc;
	qsort(ret_names, n, sizeof(char *), compare);
	*ret_n = n;
	return 0;
}

int sources_read(struct arena *a, const char *path, size_t max, struct source **ret, size_t *ret_n,
	struct problems *problems, struct err *e)
{
	const char **names = arena_get(a, SOURCES_MAX * sizeof(char *));
	struct source *list;
	enum file_form type;
	size_t n = 1;
	int rc = 0;

	if (path[0] == '\0')
		return err_set(e, ERR_MISSING, "the path of the policy is empty");
	if (file_form(path, &type) < 0)
		return err_sys(e, "cannot find the policy '%s'", path);
	if (type == FILE_FORM_LINK)
		return err_set(e, ERR_MISSING,
			"cannot find the policy '%s': it is a symbolic link "
			"to nothing",
			path);
	names[0] = path;
	if (type == FILE_FORM_FOLDER && list_folder(a, path, names, &n, e) < 0)
		return e->code;
	list = arena_get(a, (n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++) {
		int one = read_file(a, names[i], max, &list[i], problems, e);

		if (one < 0 && one != ERR_POLICY)
			return one;
		rc = one < 0 ? one : rc;
	}
	if (rc < 0)
		return rc;
	*ret = list;
	*ret_n = n;
	return 0;
}
