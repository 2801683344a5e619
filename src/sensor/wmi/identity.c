#include "sensor/wmi/identity.h"

#include "core/hex.h"
#include "core/sha256.h"
#include "sensor/wmi/path.h"

struct naming {
	const struct canonical *canonical;
	const struct row *row;
	struct path path;
	bool has_path;
	struct buf *ret;
};

static bool add_from_path(const struct naming *n, struct span name, bool only)
{
	for (size_t i = 0; n->has_path && i < n->path.n; i++) {
		const struct path_key *k = &n->path.key[i];
		AUTO(buf) value = BUF_INIT(BUF_MAX_DEFAULT);

		if (!row_name_same(k->name, name) && !(only && k->name.n == 0))
			continue;
		path_value(k, &value);
		if (k->quoted)
			canonical_text(buf_span(&value), n->ret);
		else
			buf_add_span(n->ret, buf_span(&value));
		return true;
	}
	return false;
}

/* only: the class has no other key. */
static bool add_key(const struct naming *n, struct span name, bool path_too, bool only)
{
	const struct row_property *p = row_find(n->row, name);

	buf_add_span(n->ret, p ? p->name : name);
	buf_add_char(n->ret, '=');
	if (p && !p->null) {
		canonical_property(n->canonical, p, false, n->ret);
		return true;
	}
	return path_too && add_from_path(n, name, only);
}

/* All of the names, or nothing. */
static bool add_keys(const struct naming *n, const struct span *names, size_t count, bool path_too)
{
	size_t mark = n->ret->n;

	for (size_t i = 0; i < count; i++) {
		buf_add_char(n->ret, i ? ',' : '.');
		if (!add_key(n, names[i], path_too, count == 1)) {
			n->ret->n = mark;
			return false;
		}
	}
	return count > 0;
}

static void sort_names(struct span *names, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct span x = names[i];
		size_t at = i;

		for (; at > 0 && row_name_compare(names[at - 1], x) > 0; at--)
			names[at] = names[at - 1];
		names[at] = x;
	}
}

/* How many; 0: none, or too many. */
static size_t names_of_rule(const char *const *rule_keys, struct span names[PATH_KEYS_MAX])
{
	size_t count = 0;

	for (; rule_keys && rule_keys[count]; count++) {
		if (count == PATH_KEYS_MAX)
			return 0;
		names[count] = span_of(rule_keys[count]);
	}
	sort_names(names, count);
	return count;
}

static bool by_rule(const struct naming *n, const char *const *rule_keys)
{
	struct span names[PATH_KEYS_MAX];
	size_t count = names_of_rule(rule_keys, names);

	return add_keys(n, names, count, false);
}

static bool by_class(const struct naming *n, const struct row_class *class)
{
	return class && add_keys(n, class->key, class->n, true);
}

static size_t names_of_path(const struct path *p, struct span names[PATH_KEYS_MAX])
{
	for (size_t i = 0; i < p->n; i++)
		names[i] = p->key[i].name;
	return p->n;
}

static bool by_path(const struct naming *n)
{
	struct span names[PATH_KEYS_MAX];

	if (!n->has_path || n->path.singleton)
		return false;
	return add_keys(n, names, names_of_path(&n->path, names), true);
}

static enum wmi_identity name(const struct naming *n, const char *const *rule_keys,
	const struct row_class *class, struct span content)
{
	uint8_t digest[SHA256_SIZE];

	if (by_rule(n, rule_keys))
		return WMI_BY_RULE;
	if (by_class(n, class))
		return WMI_BY_CLASS;
	if (by_path(n))
		return WMI_BY_PATH;
	if (n->has_path && n->path.singleton) {
		buf_add_text(n->ret, "=@");
		return WMI_BY_SINGLETON;
	}
	sha256_once(content.p, content.n, digest);
	buf_add_char(n->ret, '#');
	hex_add(n->ret, span_from(digest, sizeof digest));
	return WMI_BY_CONTENT;
}

/* Keys are kept, sorted and shown: what a provider makes of them has a bound. */
static void shorten(struct buf *text, size_t mark, size_t class_end)
{
	uint8_t digest[SHA256_SIZE];

	if (text->n - mark <= IDENTITY_MAX)
		return;
	sha256_once(text->p + mark, text->n - mark, digest);
	text->n = class_end;
	buf_add_text(text, "~");
	hex_add(text, span_from(digest, sizeof digest));
}

enum wmi_identity identity_of(const struct canonical *c, const struct row *r,
	const char *const *rule_keys, const struct row_class *class, struct span content,
	struct buf *ret)
{
	struct naming n = { .canonical = c, .row = r, .ret = ret };
	size_t mark = ret->n, class_end;
	enum wmi_identity by;

	n.has_path = path_parse(r->relpath, &n.path);
	buf_add_span(ret, r->class.n > IDENTITY_MAX / 2 ? span_of("?") : r->class);
	class_end = ret->n;
	by = name(&n, rule_keys, class, content);
	shorten(ret, mark, class_end);
	return by;
}

static void add_names(const struct span *names, size_t n, struct buf *ret)
{
	for (size_t i = 0; i < n; i++) {
		buf_add_text(ret, i ? ", " : "");
		buf_add_span(ret, names[i].n ? names[i] : span_of("key")); /* the only one */
	}
}

void identity_made_of(enum wmi_identity by, const struct row *r, const char *const *rule_keys,
	const struct row_class *class, struct buf *ret)
{
	struct span names[PATH_KEYS_MAX];
	struct path path;

	switch (by) {
	case WMI_BY_RULE:
		add_names(names, names_of_rule(rule_keys, names), ret);
		return;
	case WMI_BY_CLASS:
		if (class)
			add_names(class->key, class->n, ret);
		return;
	case WMI_BY_PATH:
		if (path_parse(r->relpath, &path))
			add_names(names, names_of_path(&path, names), ret);
		return;
	case WMI_BY_SINGLETON:
		buf_add_char(ret, '@');
		return;
	case WMI_BY_CONTENT:
		buf_add_text(ret, "content");
		return;
	}
}
