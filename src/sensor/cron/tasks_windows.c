/* Scheduled tasks by their files and by the registry, without asking the scheduler: what is hidden
 * from its lists is there all the same. */
#include <stdlib.h>
#include <windows.h>

#include "core/attr.h"
#include "core/fold.h"
#include "core/sha256.h"
#include "entity/cron.h"
#include "entity/list.h"
#include "host/windows/hive.h"
#include "os/windows/fault.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"
#include "sensor/cron/task.h"
#include "sensor/cron/tasks_room.h"

#define CACHE "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache"
#define TASKS_MAX ((size_t)50000)
#define FOLDERS_DEEP 32

enum from { FROM_FILE = 1, FROM_TREE = 2, FROM_CACHE = 4 };

/* A task as one of the three knows it; those of one path are put together at the end. */
struct job {
	struct span path; /* "\Microsoft\Windows\…" */
	struct span id;   /* "{…}", of the registry's */
	unsigned from;
	struct task task; /* of the file */
	struct span source, definition;
	struct span cached, cache; /* of the cache: its actions; the digest over them */
	struct span acl;           /* of the tree */
	bool has_descriptor;
	bool unread; /* the file is there, and what it says is not known */
};

struct room {
	struct scan *scan;
	struct arena *arena;
	struct buf list;

	bool blind; /* the registry could not be read */
};

static struct job *add(struct room *x, struct span path, unsigned from)
{
	struct job one = { .path = path, .from = from };

	buf_add(&x->list, &one, sizeof one);
	return x->list.full ? NULL : (struct job *)(void *)x->list.p + x->list.n / sizeof one - 1;
}

static struct span join(struct room *x, struct span folder, struct span name)
{
	return span_of(arena_format(x->arena, "%.*s\\%.*s", SPAN_ARG(folder), SPAN_ARG(name)));
}

static struct span digest_of(struct room *x, struct span a, struct span b)
{
	AUTO(buf) both = BUF_INIT(2 * TASK_BYTES_MAX);
	uint8_t *sum = arena_get(x->arena, SHA256_SIZE);

	buf_add_span(&both, a);
	buf_add_span(&both, b);
	sha256_once(both.p, both.n, sum);
	return span_from(sum, SHA256_SIZE);
}

/* ---- files ---- */

static int read_file(struct room *x, struct span path, struct span *ret, struct err *e)
{
	AUTO(buf) data = BUF_INIT(TASK_BYTES_MAX);
	DWORD n = 0, error = 0;
	HANDLE h = CreateFileW(wide_path(x->arena, path), GENERIC_READ,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
		FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);

	if (h == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot open '%.*s'", SPAN_ARG(path));
	do {
		char *room = buf_room(&data, 1 << 16);

		n = 0;
		if (!room)
			data.full = true;
		else if (!ReadFile(h, room, 1 << 16, &n, NULL))
			error = GetLastError();
		data.n += n;
	} while (n && !error);
	CloseHandle(h);
	if (error)
		return err_windows(e, error, "cannot read '%.*s'", SPAN_ARG(path));
	if (data.full)
		return err_set(e, ERR_LIMIT, "more than %zu bytes", TASK_BYTES_MAX);
	*ret = arena_copy(x->arena, buf_span(&data));
	return 0;
}

static void add_file(struct room *x, struct span task, struct span file)
{
	struct job *j;
	struct span bytes;
	struct err e;
	int rc = read_file(x, file, &bytes, &e);

	if (rc == ERR_MISSING)
		return;
	j = add(x, task, FROM_FILE);
	if (!j)
		return;
	j->source = file;
	if (rc == 0) {
		j->definition = digest_of(x, bytes, SPAN_NONE);
		rc = task_from_xml(bytes, x->arena, &j->task, &e);
	}
	if (rc == 0)
		return;
	j->unread = true;
	scan_gap_err(x->scan, &kind_cron, task, false, &e);
}

static void walk_files(struct room *x, struct span task, struct span folder, int depth);

static void found_file(struct room *x, const WIN32_FIND_DATAW *f, struct span task,
	struct span folder, int depth)
{
	struct span name = wide_to_span_z(x->arena, f->cFileName);
	struct span below = join(x, task, name), path = join(x, folder, name);

	if (span_is(name, ".") || span_is(name, ".."))
		return;
	if (!(f->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
		add_file(x, below, path);
	else if (!(f->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
		walk_files(x, below, path, depth + 1);
}

static void walk_files(struct room *x, struct span task, struct span folder, int depth)
{
	struct span below = span_of(arena_format(x->arena, "%.*s\\", SPAN_ARG(task)));
	wchar_t *all = wide_path(x->arena, join(x, folder, span_of("*")));
	WIN32_FIND_DATAW f;
	DWORD error;
	struct err e;
	HANDLE h;

	if (depth > FOLDERS_DEEP) {
		(void)err_set(&e, ERR_LIMIT, "folders deeper than %d", FOLDERS_DEEP);
		scan_gap_err(x->scan, &kind_cron, below, true, &e);
		return;
	}
	h = FindFirstFileExW(all, FindExInfoBasic, &f, FindExSearchNameMatch, NULL, 0);
	if (h == INVALID_HANDLE_VALUE) {
		error = GetLastError();
		if (err_windows(&e, error, "cannot list '%.*s'", SPAN_ARG(folder)) != ERR_MISSING)
			scan_gap_err(x->scan, &kind_cron, below, true, &e);
		return;
	}
	do
		found_file(x, &f, task, folder, depth);
	while (FindNextFileW(h, &f));
	error = GetLastError();
	FindClose(h);
	if (error == ERROR_NO_MORE_FILES)
		return;
	(void)err_windows(&e, error, "cannot list '%.*s'", SPAN_ARG(folder));
	scan_gap_err(x->scan, &kind_cron, below, true, &e);
}

/* ---- registry ---- */

static void blind(struct room *x, struct span key, const struct err *why)
{
	if (why->code == ERR_MISSING)
		return;
	x->blind = true;
	scan_gap_err(x->scan, &kind_cron, key, true, why);
}

static void set_descriptor(struct room *x, struct job *j, const struct hive_values *v)
{
	const struct hive_value *sd = hive_find(v, "SD");
	AUTO(buf) text = BUF_INIT(1 << 16);
	struct descriptor d;

	j->has_descriptor = sd && sd->data.n > 0;
	if (!j->has_descriptor || !descriptor_parse(sd->data, &d))
		return;
	acl_to_text(&d, 'd', &text);
	j->acl = arena_copy(x->arena, buf_span(&text));
}

static void walk_tree(struct room *x, const struct hive *h, struct span path, int depth);

static void tree_key(struct room *x, const struct hive *parent, struct span path, struct span name,
	int depth)
{
	struct span below = join(x, path, name);
	AUTO_HIVE h = NULL;
	struct hive_values v;
	struct err e;
	struct span id;
	struct job *j;

	if (hive_below(parent, name, &h, &e) < 0 || hive_values(h, x->arena, &v, &e) < 0) {
		blind(x, below, &e);
		return;
	}
	id = hive_text(&v, "Id");
	j = id.n ? add(x, below, FROM_TREE) : NULL;
	if (j) {
		j->id = id;
		set_descriptor(x, j, &v);
	}
	walk_tree(x, h, below, depth + 1);
}

static void walk_tree(struct room *x, const struct hive *h, struct span path, int depth)
{
	struct span *names;
	struct err e;
	size_t n;
	int rc = depth > FOLDERS_DEEP
			 ? err_set(&e, ERR_LIMIT, "folders deeper than %d", FOLDERS_DEEP)
			 : hive_keys(h, x->arena, &names, &n, &e);

	if (rc < 0) {
		blind(x, path, &e);
		return;
	}
	for (size_t i = 0; i < n && !scan_stopped(x->scan); i++)
		tree_key(x, h, path, names[i], depth);
}

static void cache_key(struct room *x, const struct hive *parent, struct span id)
{
	const struct hive_value *actions, *triggers;
	AUTO_HIVE h = NULL;
	struct hive_values v;
	struct err e;
	struct job *j;

	if (hive_below(parent, id, &h, &e) < 0 || hive_values(h, x->arena, &v, &e) < 0) {
		blind(x, SPAN_NONE, &e);
		return;
	}
	j = add(x, hive_text(&v, "Path"), FROM_CACHE);
	if (!j)
		return;
	j->id = id;
	actions = hive_find(&v, "Actions");
	triggers = hive_find(&v, "Triggers");
	if (!actions)
		return;
	j->cache = digest_of(x, actions->data, triggers ? triggers->data : SPAN_NONE);
	if (task_from_actions(actions->data, x->arena, &j->cached, &e) < 0)
		j->cached = SPAN_NONE; /* its form is not documented: the digest tells */
}

static void read_registry(struct room *x)
{
	AUTO_HIVE tree = NULL;
	AUTO_HIVE cache = NULL;
	struct span *ids;
	struct err e;
	size_t n;

	if (hive_open(CACHE "\\Tree", HIVE_64, &tree, &e) < 0)
		blind(x, SPAN_NONE, &e);
	else
		walk_tree(x, tree, SPAN_NONE, 0);
	if (hive_open(CACHE "\\Tasks", HIVE_64, &cache, &e) < 0 ||
		hive_keys(cache, x->arena, &ids, &n, &e) < 0) {
		blind(x, SPAN_NONE, &e);
		return;
	}
	for (size_t i = 0; i < n && !scan_stopped(x->scan); i++)
		cache_key(x, cache, ids[i]);
}

/* ---- all together ---- */

static int by_id(const void *a, const void *b)
{
	const struct job *const *x = a, *const *y = b;

	return fold_compare((*x)->id, (*y)->id);
}

static int by_path(const void *a, const void *b)
{
	const struct job *x = a, *y = b;
	int r = fold_compare(x->path, y->path);

	return r ? r : (int)x->from - (int)y->from;
}

/* The scheduler finds a task's cache by the number in the tree, whatever path the cache says. */
static void find_caches(struct room *x, struct job *list, size_t n)
{
	struct job **tree = arena_get(x->arena, (n + 1) * sizeof(struct job *));
	size_t n_tree = 0;

	for (size_t i = 0; i < n; i++)
		if (list[i].from == FROM_TREE)
			tree[n_tree++] = &list[i];
	if (!n_tree)
		return;
	qsort(tree, n_tree, sizeof *tree, by_id);
	for (size_t i = 0; i < n; i++) {
		const struct job *one = &list[i];
		struct job **hit = list[i].from == FROM_CACHE
					   ? bsearch(&one, tree, n_tree, sizeof *tree, by_id)
					   : NULL;

		if (hit)
			list[i].path = (*hit)->path;
	}
}

static void join_job(struct job *into, const struct job *j)
{
	into->from |= j->from;
	if (j->from == FROM_TREE) {
		into->has_descriptor = j->has_descriptor;
		into->acl = j->acl;
	} else if (j->from == FROM_CACHE) {
		into->cached = j->cached;
		into->cache = j->cache;
	}
}

static void set_names(struct room *x, struct record *r, unsigned from)
{
	static const struct {
		enum from from;
		const char *name;
	} names[] = { { FROM_CACHE, "cache" }, { FROM_FILE, "file" }, { FROM_TREE, "tree" } };
	struct span items[ARRAY_LEN(names)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (from & names[i].from)
			items[n++] = span_of(names[i].name);
	record_set_set(r, CRON_NAMED_BY, x->arena, items, n);
}

static uint64_t unknown_of(const struct room *x, const struct job *j)
{
	const uint64_t registry = field_bit(CRON_NAMED_BY) | field_bit(CRON_CACHED_COMMAND) |
				  field_bit(CRON_CACHE) | field_bit(CRON_HAS_DESCRIPTOR) |
				  field_bit(CRON_ACL);
	uint64_t file = field_bit(CRON_USER) | field_bit(CRON_RUN_LEVEL) |
			field_bit(CRON_LOGON_TYPE) | field_bit(CRON_AUTHOR) |
			field_bit(CRON_DESCRIPTION) | field_bit(CRON_COMMAND) |
			field_bit(CRON_PROGRAM) | field_bit(CRON_SCHEDULE) |
			field_bit(CRON_ENABLED) | field_bit(CRON_HIDDEN);

	if (!j->definition.n)
		file |= field_bit(CRON_DEFINITION);
	return (x->blind ? registry : 0) | (j->unread ? file : 0);
}

static void emit(struct room *x, const struct job *j)
{
	struct record *r = record_new(x->arena, &kind_cron);
	struct task cached = { .command = j->cached, .enabled = true };

	r->key = j->path;
	record_set_number(r, CRON_TYPE, CRON_TASK);
	set_names(x, r, j->from);
	if (j->from & FROM_FILE) {
		record_set_bytes(r, CRON_SOURCE, j->source);
		if (!j->unread)
			task_set(r, &j->task);
		if (j->definition.n)
			record_set_bytes(r, CRON_DEFINITION, j->definition);
	} else if (cached.command.n) {
		record_set_bytes(r, CRON_COMMAND, cached.command);
	}
	if (j->cached.n && !j->unread && !span_same(j->cached, r->v[CRON_COMMAND].bytes))
		record_set_bytes(r, CRON_CACHED_COMMAND, j->cached);
	if (j->cache.n)
		record_set_bytes(r, CRON_CACHE, j->cache);
	if (j->from & FROM_TREE)
		record_set_number(r, CRON_HAS_DESCRIPTOR, j->has_descriptor);
	if (j->acl.n)
		record_set_bytes(r, CRON_ACL, j->acl);
	scan_emit_part(x->scan, r, unknown_of(x, j));
}

static void emit_all(struct room *x)
{
	struct job *list = (void *)x->list.p;
	size_t n = x->list.n / sizeof *list, end;

	if (!n)
		return;
	find_caches(x, list, n);
	for (size_t i = 0; i < n; i++)
		if (!list[i].path.n) /* known to the cache alone, and without a path */
			list[i].path = list[i].id;
	qsort(list, n, sizeof *list, by_path);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && fold_same(list[i].path, list[end].path); end++)
			join_job(&list[i], &list[end]);
		emit(x, &list[i]);
	}
}

static struct span tasks_folder(struct arena *a)
{
	wchar_t system[MAX_PATH];
	UINT n = GetSystemDirectoryW(system, ARRAY_LEN(system));

	if (n == 0 || n >= ARRAY_LEN(system))
		return span_of("C:\\Windows\\System32\\Tasks");
	return span_of(arena_format(a, "%.*s\\Tasks", SPAN_ARG(wide_to_span(a, system, n))));
}

static int scan(struct scan *s, struct err *e)
{
	struct room x = { .scan = s,
		.arena = scan_arena(s),
		.list = BUF_INIT(TASKS_MAX * sizeof(struct job)) };
	bool full;

	if (!scan_asks_kind(s, &kind_cron))
		return 0;
	walk_files(&x, SPAN_NONE, tasks_folder(x.arena), 0);
	read_registry(&x);
	full = x.list.full;
	if (!full)
		emit_all(&x);
	buf_done(&x.list);
	return full ? err_set(e, ERR_LIMIT, "more than %zu tasks", TASKS_MAX) : 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "C:\\Windows\\System32\\Tasks\\**", 0 },
	{ WATCH_REGISTRY, CACHE, 0 },
	{ WATCH_POLL, NULL, 60 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_cron = {
	.kind = &kind_cron,
	.source = "task scheduler",
	.scan = scan,
	.needs = NEED_LIVE,
	.watches = watches,
};
