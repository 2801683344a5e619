#include "entity/key_typed.h"

#include "core/attr.h"
#include "core/escape.h"
#include "core/fold.h"
#include "core/hex.h"
#include "entity/file.h"
#include "entity/key.h"

#define NO_PERFORMANCE "expected HKLM or HKU: what this hive shows is measured, it has no keys"
#define NO_CURRENT "expected HKU\\{users}\\… (the current user is another one for each program)"
#define CLASSES "HKLM\\SOFTWARE\\Classes"
#define CONFIG "HKLM\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current"

static const struct hive_name hives[] = {
	{ "HKLM", "HKLM", NULL },
	{ "HKEY_LOCAL_MACHINE", "HKLM", NULL },
	{ "HKU", "HKU", NULL },
	{ "HKEY_USERS", "HKU", NULL },
	{ "HKCR", CLASSES, NULL },
	{ "HKEY_CLASSES_ROOT", CLASSES, NULL },
	{ "HKCC", CONFIG, NULL },
	{ "HKEY_CURRENT_CONFIG", CONFIG, NULL },
	{ "HKCU", NULL, NO_CURRENT },
	{ "HKEY_CURRENT_USER", NULL, NO_CURRENT },
	{ "HKPD", NULL, NO_PERFORMANCE },
	{ "HKEY_PERFORMANCE_DATA", NULL, NO_PERFORMANCE },
	{ "HKEY_PERFORMANCE_TEXT", NULL, NO_PERFORMANCE },
	{ "HKEY_PERFORMANCE_NLSTEXT", NULL, NO_PERFORMANCE },
	{ "HKDD", NULL, NO_PERFORMANCE },
	{ "HKEY_DYN_DATA", NULL, NO_PERFORMANCE },
};

const struct hive_name *hive_named(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(hives); i++)
		if (fold_same(name, span_of(hives[i].name)))
			return &hives[i];
	return NULL;
}

static bool is_registry(const struct kind *k)
{
	return k->keys == KEYS_REGISTRY || k->keys == KEYS_VALUE;
}

static bool typed_registry(const struct kind *k, struct span text, struct arena *a,
	struct span *ret)
{
	AUTO(buf) key = BUF_INIT(BUF_MAX_DEFAULT);
	const struct hive_name *h;
	struct span rest = text, hive;

	if (!span_cut(&rest, '\\', &hive) || !(h = hive_named(hive)) || !h->is)
		return false;
	while ((!k || k->keys == KEYS_REGISTRY) && rest.n && rest.p[rest.n - 1] == '\\')
		rest.n--;
	buf_add_text(&key, h->is);
	if (rest.n || (rest.p && k && k->keys == KEYS_VALUE)) {
		buf_add_char(&key, '\\');
		buf_add_span(&key, rest);
	}
	*ret = arena_copy(a, buf_span(&key));
	return true;
}

/* Append a section, or go back one for ".."; what stands before `root` stays. */
static void add_section(struct buf *path, size_t root, struct span section)
{
	if (section.n == 0 || span_is(section, "."))
		return;
	if (span_is(section, "..")) {
		while (path->n > root && path->p[--path->n] != '\\')
			continue;
		return;
	}
	buf_add_char(path, '\\');
	buf_add_span(path, section);
}

static bool typed_path(struct span text, struct arena *a, struct span *ret)
{
	AUTO(buf) path = BUF_INIT(BUF_MAX_DEFAULT);
	bool server = text.p[0] == '\\';
	size_t at = 2, root;
	char drive = text.p[0];

	if (!server) {
		buf_add_char(&path, drive >= 'a' ? (char)(drive - 'a' + 'A') : drive);
		buf_add_char(&path, ':');
	} else {
		buf_add_text(&path, "\\\\");
		for (; at < text.n && text.p[at] != '\\' && text.p[at] != '/'; at++)
			buf_add_char(&path, text.p[at]);
	}
	root = path.n;
	for (size_t i = at; i <= text.n; i++) {
		if (i < text.n && text.p[i] != '\\' && text.p[i] != '/')
			continue;
		add_section(&path, root, (struct span){ text.p + at, i - at });
		at = i + 1;
	}
	if (path.n == root && !server)
		buf_add_char(&path, '\\');
	*ret = arena_copy(a, buf_span(&path));
	return true;
}

bool key_typed_windows(const struct kind *k, struct span text, struct arena *a, struct span *ret)
{
	if ((!k || k == &kind_file) && path_is_windows(text))
		return typed_path(text, a, ret);
	return (!k || is_registry(k)) && typed_registry(k, text, a, ret);
}

bool key_fits(const struct kind *k, struct span key)
{
	struct span rest = key, hive;
	const struct hive_name *h = span_cut(&rest, '\\', &hive) ? hive_named(hive) : NULL;

	return span_is(key, "/") || is_registry(k) == (h && h->is && span_is(hive, h->is));
}

/* "\Microsoft\Windows\…", a task; not what begins with a byte that is shown as \xNN, or is to be.
 */
static bool is_task(struct span key)
{
	uint8_t byte;

	if (key.n < 2 || key.p[0] != '\\' || key.p[1] <= ' ' || key.p[1] > '~')
		return false;
	return !(key.n >= 4 && key.p[1] == 'x' && hex_parse(span_from(key.p + 2, 2), &byte, 1));
}

static bool is_of_windows(struct span key)
{
	struct span rest = key, hive;

	return path_is_windows(key) || is_task(key) ||
	       (span_cut(&rest, '\\', &hive) && rest.p && hive_named(hive));
}

void key_show(const struct kind *k, struct span key, struct buf *ret)
{
	if (is_of_windows(key) || (k && k->keys == KEYS_OF_RULE))
		escape_name(ret, key);
	else if (k && !k->hierarchical)
		escape_flat(ret, key);
	else
		escape_key(ret, key);
}

/* A NUL is one of a name of Windows, since no key holds another. */
static void add_name(struct span text, struct buf *ret)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i])
			buf_add_char(ret, text.p[i]);
		else
			buf_add(ret, "\xc0\x80", 2);
}

bool key_shown(struct span text, struct arena *a, struct span *ret)
{
	AUTO(buf) plain = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) bytes = BUF_INIT(BUF_MAX_DEFAULT);
	struct err e;

	if (!memchr(text.p, '\\', text.n))
		return false;
	if (is_of_windows(text))
		escape_name_undo(text, &plain);
	else if (escape_undo(text, &bytes, &e) < 0 || bytes.full)
		return false;
	else
		add_name(buf_span(&bytes), &plain);
	if (plain.full || span_same(buf_span(&plain), text))
		return false;
	*ret = arena_copy(a, buf_span(&plain));
	return true;
}
