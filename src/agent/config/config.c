#include "agent/config/config.h"

#include <stddef.h>

#include "agent/config/file.h"
#include "agent/config/route.h"
#include "core/sha256.h"
#include "os/file.h"
#include "policy/bind.h"
#include "policy/model.h"

#define CONFIG_VERSION "1"

#define HOUR 3600u
#define DAY (24 * HOUR)

#define AT(member) offsetof(struct agent_config, member)

/* In the order of docs/AGENT.md. A section's rows stand together. */
const struct agent_setting agent_settings[] = {
	{ "scan", "quick", SETTING_TIME, AT(scan_quick), HOUR, 60, 366 * DAY, "1h",
		"How often everything is looked at by size, times and inode." },
	{ "scan", "full", SETTING_TIME, AT(scan_full), 0, 300, 366 * DAY, "never",
		"How often every file is read again at once. Not needed beside `scan.reread`." },
	{ "scan", "reread", SETTING_TIME, AT(reread), 7 * DAY, HOUR, 366 * DAY, "7d",
		"Within this time every file is read again, a part with each quick scan." },
	{ "limit", "cpu", SETTING_PERCENT, AT(limit_cpu), 50, 1, 100, "50%",
		"How much of one processor scans may take." },
	{ "limit", "rate", SETTING_SIZE, AT(limit_rate), 0, 64 << 10, UINT64_C(1) << 40, "none",
		"How many bytes a second scans may read." },
	{ "limit", "pressure", SETTING_PERCENT, AT(pressure), 40, 1, 100, "40%",
		"Scans pause while the kernel says that tasks waited for processor, disk or "
		"memory for more than this part of the last ten seconds." },
	{ NULL, "hold", SETTING_TIME, AT(hold), 600, 1, DAY, "10m",
		"How long a running package manager may keep its changes from being judged, so "
		"that its own database is whole by then." },
	{ NULL, "canary", SETTING_TIME, AT(canary), 60, 10, 30 * DAY, "1m",
		"Time between two canaries, on average: a touch that every means of watching has "
		"to notice." },
	{ NULL, "metrics", SETTING_PATH, AT(metrics), 0, 0, 0, "none",
		"File to write metrics to, for the text file collector of the Prometheus node "
		"exporter." },
	{ NULL, "control", SETTING_PATH, AT(control), 0, 0, 0, AGENT_CONTROL_DEFAULT,
		"The control socket." },
	{ NULL, "link_user", SETTING_USER, AT(link_user), 0, 0, 0, "invar-link",
		"User the link runs as; where there is none of that name: nobody." },
	{ NULL, NULL, SETTING_TIME, 0, 0, 0, 0, NULL, NULL },
};

static int expected(struct binder *b, const struct node *n, struct err *e, const char *what)
{
	return bind_refuse(b, "wrong-type", n->at, e, "found %s, expected %s",
		node_found(b->arena, n), what);
}

struct unit {
	const char *name;
	uint64_t times;
};

static bool is_none(const struct node *n)
{
	return n->type == NODE_SCALAR &&
	       (span_is(n->text, "0") || span_is(n->text, "never") || span_is(n->text, "none"));
}

/* A number with one of the units behind it. */
static bool number_of(const struct node *n, const struct unit *units, size_t n_units, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	if (n->type != NODE_SCALAR)
		return false;
	while (i < n->text.n && i < 12 && n->text.p[i] >= '0' && n->text.p[i] <= '9')
		value = value * 10 + (uint64_t)(n->text.p[i++] - '0');
	for (size_t u = 0; i > 0 && u < n_units; u++)
		if (span_is(span_from_offset(n->text, i), units[u].name)) {
			*ret = value * units[u].times;
			return true;
		}
	return false;
}

static const struct {
	const char *what; /* for messages */
	struct unit units[8];
	size_t n_units;
} numbers[] = {
	[SETTING_TIME] = { "a time such as 30s, 10m, 1h or 7d, or never",
		{ { "s", 1 }, { "m", 60 }, { "h", HOUR }, { "d", DAY }, { "w", 7 * DAY } }, 5 },
	[SETTING_PERCENT] = { "a share such as 50%, or none", { { "%", 1 }, { "", 1 } }, 2 },
	[SETTING_SIZE] = { "a size such as 512KiB, 10MiB or 1GiB, or none",
		{ { "", 1 }, { "B", 1 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 },
			{ "GiB", 1 << 30 } },
		5 },
};

static void add_amount(struct buf *ret, enum agent_setting_type type, uint64_t value)
{
	size_t at = 0;

	for (size_t u = 0; u < numbers[type].n_units; u++)
		if (value && value % numbers[type].units[u].times == 0 &&
			numbers[type].units[u].times > numbers[type].units[at].times)
			at = u;
	buf_addf(ret, "%llu%s", (unsigned long long)(value / numbers[type].units[at].times),
		numbers[type].units[at].name);
}

static int bind_number(struct binder *b, const struct agent_setting *s, const struct node *n,
	void *at, struct err *e)
{
	uint64_t value = 0;

	if (!is_none(n) && !number_of(n, numbers[s->type].units, numbers[s->type].n_units, &value))
		return expected(b, n, e, numbers[s->type].what);
	if (value && (value < s->min || value > s->max)) {
		AUTO(buf) bounds = BUF_INIT(256);

		add_amount(&bounds, s->type, s->min);
		buf_add_text(&bounds, " to ");
		add_amount(&bounds, s->type, s->max);
		return bind_refuse(b, "out-of-range", n->at, e, "found %s, expected %s",
			node_found(b->arena, n), buf_text(&bounds));
	}
	if (s->type == SETTING_SIZE)
		*(uint64_t *)at = value;
	else
		*(unsigned *)at = (unsigned)value;
	return 0;
}

static int bind_path(struct binder *b, const struct node *n, const char **ret, struct err *e)
{
	if (n->type == NODE_SCALAR && n->plain && span_is(n->text, "none")) {
		*ret = NULL;
		return 0;
	}
	if (n->type != NODE_SCALAR || n->text.n < 2 || !config_file_absolute(n->text) ||
		strchr("/\\", n->text.p[n->text.n - 1]) || n->text.n >= TEXT_MAX)
		return expected(b, n, e, "the absolute path of a file, or none");
	*ret = n->text.p;
	return 0;
}

static int bind_user(struct binder *b, const struct node *n, const char **ret, struct err *e)
{
	bool good = n->type == NODE_SCALAR && n->text.n > 0 && n->text.n <= 32;

	for (size_t i = 0; good && i < n->text.n; i++)
		good = (n->text.p[i] >= 'a' && n->text.p[i] <= 'z') ||
		       (n->text.p[i] >= '0' && n->text.p[i] <= '9') ||
		       memchr("_-.", n->text.p[i], 3);
	if (!good)
		return expected(b, n, e, "the name of a user");
	*ret = n->text.p;
	return 0;
}

static int bind_value(struct binder *b, const struct agent_setting *s, const struct node *n,
	struct agent_config *c, struct err *e)
{
	void *at = (char *)c + s->at;

	switch (s->type) {
	case SETTING_PATH:
		return bind_path(b, n, at, e);
	case SETTING_USER:
		return bind_user(b, n, at, e);
	case SETTING_TIME:
	case SETTING_PERCENT:
	case SETTING_SIZE:
		break;
	}
	return bind_number(b, s, n, at, e);
}

static int bind_routes(struct binder *b, const struct node *n, struct agent_config *c,
	struct err *e)
{
	const struct route **list;
	int rc = 0;

	if (n->type != NODE_LIST)
		return expected(b, n, e, "a list of routes");
	if (n->n > ROUTES_MAX)
		return bind_refuse(b, "too-many", n->at, e, "found %u routes, expected at most %d",
			n->n, ROUTES_MAX);
	list = arena_get(b->arena, (n->n + 1) * sizeof *list);
	for (unsigned i = 0; i < n->n; i++)
		if (route_bind(b, n->items[i], i, list, e) < 0)
			rc = e->code;
	c->routes = list;
	return rc;
}

/* What a section of this name (NULL: the top) may hold, ended by NULL; of the top also sections. */
static const char *const *keys_of(struct binder *b, const char *section)
{
	const char **keys = arena_get(b->arena, (ARRAY_LEN(agent_settings) + 3) * sizeof(char *));
	size_t n = 0;

	for (const struct agent_setting *s = agent_settings; s->key; s++) {
		const char *key = section || !s->section ? s->key : s->section;

		if (section && (!s->section || strcmp(section, s->section) != 0))
			continue;
		if (n == 0 || strcmp(keys[n - 1], key) != 0)
			keys[n++] = key;
	}
	if (!section) {
		keys[n++] = "routes";
		keys[n++] = "version";
	}
	return keys;
}

static const struct agent_setting *find(const char *section, struct span key)
{
	for (const struct agent_setting *s = agent_settings; s->key; s++)
		if (!section == !s->section && (!section || strcmp(section, s->section) == 0) &&
			span_is(key, s->key))
			return s;
	return NULL;
}

static int unknown(struct binder *b, const struct node *key, const char *section, struct err *e)
{
	const char *const *keys = keys_of(b, section);
	AUTO(buf) all = BUF_INIT(TEXT_MAX);

	for (size_t i = 0; keys[i]; i++)
		buf_addf(&all, "%s%s", i ? ", " : "", keys[i]);
	return bind_refuse(b, "unknown-key", key->at, e, "found the key %s, expected one of %s%s",
		node_found(b->arena, key), buf_text(&all),
		problem_guess(b->arena, key->text, keys));
}

static int bind_section(struct binder *b, const char *section, const struct node *map,
	struct agent_config *c, struct err *e)
{
	int rc = 0;

	if (map->type != NODE_MAP)
		return expected(b, map, e, "a map of settings");
	for (unsigned i = 0; i + 1 < map->n; i += 2) {
		const struct agent_setting *s = find(section, map->items[i]->text);

		if (s ? bind_value(b, s, map->items[i + 1], c, e) < 0
		      : unknown(b, map->items[i], section, e) < 0)
			rc = e->code;
	}
	return rc;
}

static int bind_version(struct binder *b, const struct node *n, struct err *e)
{
	return n->type == NODE_SCALAR && n->plain && span_is(n->text, CONFIG_VERSION)
		       ? 0
		       : expected(b, n, e, "version " CONFIG_VERSION);
}

static int bind_top(struct binder *b, const struct node *key, const struct node *value,
	struct agent_config *c, struct err *e)
{
	const struct agent_setting *s = find(NULL, key->text);

	if (s)
		return bind_value(b, s, value, c, e);
	if (span_is(key->text, "routes"))
		return bind_routes(b, value, c, e);
	if (span_is(key->text, "version"))
		return bind_version(b, value, e);
	for (s = agent_settings; s->key; s++)
		if (s->section && span_is(key->text, s->section))
			return bind_section(b, s->section, value, c, e);
	return unknown(b, key, NULL, e);
}

static int bind(struct binder *b, const struct node *root, struct agent_config *c, struct err *e)
{
	int rc = 0;

	if (!root)
		return 0; /* nothing but comments */
	if (root->type != NODE_MAP)
		return expected(b, root, e, "a map of settings");
	for (unsigned i = 0; i + 1 < root->n; i += 2)
		if (bind_top(b, root->items[i], root->items[i + 1], c, e) < 0)
			rc = e->code;
	return rc;
}

static void set_defaults(struct agent_config *c)
{
	static const struct route *const none[] = { NULL };

	for (const struct agent_setting *s = agent_settings; s->key; s++) {
		void *at = (char *)c + s->at;

		if (s->type == SETTING_SIZE)
			*(uint64_t *)at = s->usual;
		else if (s->type == SETTING_TIME || s->type == SETTING_PERCENT)
			*(unsigned *)at = (unsigned)s->usual;
	}
	c->control = AGENT_CONTROL_DEFAULT;
	c->routes = none;
}

int agent_config_text(struct agent_config *ret, const char *name, struct span yaml,
	struct problems *problems, struct err *e)
{
	struct agent_config c = { .arena = arena_new() };
	struct binder b = { .arena = c.arena, .problems = problems };
	struct err first = { 0 };
	struct node *root = NULL;

	set_defaults(&c);
	name = arena_text(c.arena, span_of(name));
	if (tree_parse(c.arena, name, yaml, &root, problems, &first) == 0)
		(void)!bind(&b, root, &c, &first);
	if (problems->errors == 0) {
		sha256_once(yaml.p, yaml.n, c.digest);
		*ret = c;
		return 0;
	}
	agent_config_done(&c);
	return problems_sum_up(problems, "the settings have", e);
}

static int read_settings(int fd, const char *path, struct buf *ret, struct problems *problems,
	struct err *e)
{
	int rc;

	if (config_file_check(fd, path, problems, e) < 0)
		return e->code;
	rc = file_read_all(fd, FILE_BYTES_MAX, ret);
	if (rc < 0)
		return err_sys(e, "cannot read '%.300s'", path);
	return rc ? err_set(e, ERR_LIMIT, "'%.300s' has more than 1 MiB", path) : 0;
}

static int read_file(const char *path, struct buf *ret, struct problems *problems, struct err *e)
{
	int fd = file_open(path), rc;

	if (fd < 0)
		return err_sys(e, "cannot open '%.300s'", path);
	rc = read_settings(fd, path, ret, problems, e);
	file_close(fd);
	return rc;
}

int agent_config_load(struct agent_config *ret, const char *path, struct problems *problems,
	struct err *e)
{
	AUTO(buf) text = BUF_INIT(FILE_BYTES_MAX + 1);

	if (path && read_file(path, &text, problems, e) < 0)
		return e->code;
	return agent_config_text(ret, path ? path : "", buf_span(&text), problems, e);
}

int agent_config_at(struct agent_config *ret, const char *path, struct problems *problems,
	struct err *e)
{
	int rc = agent_config_load(ret, path, problems, e);

	return rc == ERR_MISSING && strcmp(path, config_file_default()) == 0
		       ? agent_config_load(ret, NULL, problems, e)
		       : rc;
}

void agent_config_done(struct agent_config *c)
{
	arena_free(c->arena);
	*c = (struct agent_config){ 0 };
}
