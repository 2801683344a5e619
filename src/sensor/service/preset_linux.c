/* The preset files of a host. */
#include "core/attr.h"
#include "entity/service.h"
#include "sensor/service/service_room.h"

#define FILES_MAX 256 /* of one folder */
#define RULES_BYTES ((size_t)4 << 20)
#define FILE_BYTES ((size_t)1 << 20)

struct file {
	struct span name;
	const char *path;
};

/* In the order of their names; of the same name that of the first folder. */
static void add_file(struct file *list, size_t *n, struct span name, const char *path)
{
	size_t at = 0;

	while (at < *n && span_compare(list[at].name, name) < 0)
		at++;
	if ((at < *n && span_same(list[at].name, name)) || *n == FILES_MAX)
		return;
	memmove(&list[at + 1], &list[at], (*n - at) * sizeof *list);
	list[at] = (struct file){ name, path };
	(*n)++;
}

void presets_load(struct scan *s, struct buf *ret)
{
	static const char *const folders[] = { "etc/systemd/system-preset",
		"run/systemd/system-preset", "usr/local/lib/systemd/system-preset",
		"usr/lib/systemd/system-preset", "lib/systemd/system-preset" };
	struct arena *a = scan_arena(s);
	struct file files[FILES_MAX + 1];
	struct host_entry *list;
	struct span text;
	struct err why;
	size_t n, n_files = 0;

	*ret = BUF_INIT(RULES_BYTES);
	for (size_t f = 0; f < ARRAY_LEN(folders); f++)
		if (host_list(scan_host(s), folders[f], FILES_MAX, a, &list, &n, &why) == 0)
			for (size_t i = 0; i < n; i++)
				add_file(files, &n_files, list[i].name,
					arena_format(a, "%s/%s", folders[f], list[i].name.p));
	for (size_t i = 0; i < n_files; i++) {
		if (host_read(scan_host(s), files[i].path, FILE_BYTES, a, &text, &why) == 0)
			presets_parse(text, ret);
		else if (why.code != ERR_MISSING)
			scan_gap_err(s, &kind_service, SPAN_NONE, false, &why);
	}
}
