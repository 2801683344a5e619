#include "entity/firewall.h"

#include "core/attr.h"
#include "entity/list.h"
#include "host/windows/hive.h"
#include "sensor/firewall/firewall_room.h"
#include "sensor/firewall/firewall_rule.h"

#define SHARED "HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy"
#define GROUP_POLICY "HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall"
#define SETTINGS_MAX 256

/* Where rules stand; each store is judged on its own, so each has a name in the key. */
static const struct {
	const char *store, *path;
} rule_stores[] = {
	{ "local", SHARED "\\FirewallRules" },
	{ "policy", GROUP_POLICY "\\FirewallRules" },
	{ "app", SHARED "\\RestrictedServices\\AppIso\\FirewallRules" },
	{ "service", SHARED "\\RestrictedServices\\Configurable\\System" },
	{ "static", SHARED "\\RestrictedServices\\Static\\System" },
	{ "mdm", SHARED "\\Mdm\\FirewallRules" },
};

/* Three kinds of network each; what stands later overrules. */
#define NETWORKS 3
static const struct {
	const char *name, *path;
} profiles[] = {
	{ "local/domain", SHARED "\\DomainProfile" },
	{ "local/private", SHARED "\\StandardProfile" },
	{ "local/public", SHARED "\\PublicProfile" },
	{ "mdm/domain", SHARED "\\Mdm\\DomainProfile" },
	{ "mdm/private", SHARED "\\Mdm\\StandardProfile" },
	{ "mdm/public", SHARED "\\Mdm\\PublicProfile" },
	{ "policy/domain", GROUP_POLICY "\\DomainProfile" },
	{ "policy/private", GROUP_POLICY "\\StandardProfile" },
	{ "policy/public", GROUP_POLICY "\\PublicProfile" },
};

struct room {
	struct scan *scan;
	size_t rules;
	bool any;          /* some profile is there */
	bool on[NETWORKS]; /* by the last profile that says so */
	bool torn;         /* some store could not be read: what the summary says is not known */
};

/* All values of a key; false: it is not there, or a gap was told. */
static bool read_values(struct room *x, const char *path, struct span key, struct hive_values *ret)
{
	AUTO_HIVE h = NULL;
	struct err e;

	if (hive_open(path, HIVE_64, &h, &e) == 0 &&
		hive_values(h, scan_arena(x->scan), ret, &e) == 0)
		return true;
	if (e.code != ERR_MISSING) {
		x->torn = true;
		scan_gap_err(x->scan, &kind_firewall, key, true, &e);
	}
	return false;
}

static struct span text_key(struct room *x, const char *what, const char *store, struct span name)
{
	AUTO(buf) key = BUF_INIT(1 << 18);

	buf_addf(&key, "%s/%s/", what, store);
	buf_add_span(&key, name);
	return arena_copy(scan_arena(x->scan), buf_span(&key));
}

static void scan_rules(struct room *x, const char *store, const char *path)
{
	struct hive_values v;
	struct err e;

	if (!read_values(x, path, text_key(x, "rule", store, SPAN_NONE), &v))
		return;
	for (size_t i = 0; i < v.n && !scan_stopped(x->scan); i++) {
		struct record *r;

		if (!v.list[i].name.n)
			continue;
		r = record_new(scan_arena(x->scan), &kind_firewall);
		r->key = text_key(x, "rule", store, v.list[i].name);
		if (firewall_rule_set(scan_arena(x->scan), v.list[i].text, r, &e) < 0) {
			scan_gap_err(x->scan, &kind_firewall, r->key, false, &e);
			continue;
		}
		x->rules++;
		scan_emit(x->scan, r);
	}
}

static void scan_profile(struct room *x, const char *name, const char *path, size_t network)
{
	struct span items[SETTINGS_MAX];
	struct hive_values v;
	struct record *r;
	size_t n = 0;
	uint64_t value;

	if (!read_values(x, path, text_key(x, "profile", name, SPAN_NONE), &v) || !v.n)
		return;
	r = record_new(scan_arena(x->scan), &kind_firewall);
	r->key = span_of(arena_format(scan_arena(x->scan), "profile/%s", name));
	record_set_number(r, FIREWALL_TYPE, FIREWALL_PROFILE);
	for (size_t i = 0; i < v.n && n < SETTINGS_MAX; i++) {
		struct hive_values one = { &v.list[i], 1 };
		const char *key = arena_text(scan_arena(x->scan), v.list[i].name);

		if (!hive_number(&one, key, &value))
			continue;
		if (!firewall_profile_set(r, v.list[i].name, value))
			items[n++] = span_of(
				arena_format(scan_arena(x->scan), "%s=%ju", key, (uintmax_t)value));
	}
	if (n)
		record_set_set(r, FIREWALL_SETTINGS, scan_arena(x->scan), items, n);
	x->any = true;
	if (record_has(r, FIREWALL_ENABLED))
		x->on[network] = r->v[FIREWALL_ENABLED].number != 0;
	scan_emit(x->scan, r);
}

/* As on Linux: whether anything judges what comes in. */
static void emit_summary(struct room *x)
{
	struct record *r = record_new(scan_arena(x->scan), &kind_firewall);
	const uint64_t all = field_bit(FIREWALL_RULES) | field_bit(FIREWALL_MEANS) |
			     field_bit(FIREWALL_FILTERS_INPUT);
	struct span means = span_of("windows");

	r->key = span_of("firewall");
	record_set_number(r, FIREWALL_TYPE, FIREWALL_SUMMARY);
	record_set_number(r, FIREWALL_RULES, x->rules);
	record_set_set(r, FIREWALL_MEANS, scan_arena(x->scan), &means, x->any);
	record_set_number(r, FIREWALL_FILTERS_INPUT, x->on[0] || x->on[1] || x->on[2]);
	scan_emit_part(x->scan, r, x->torn ? all : 0);
}

static int scan(struct scan *s, struct err *e)
{
	struct room x = { .scan = s };

	(void)e;
	if (!scan_asks_kind(s, &kind_firewall))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(rule_stores); i++)
		scan_rules(&x, rule_stores[i].store, rule_stores[i].path);
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++)
		scan_profile(&x, profiles[i].name, profiles[i].path, i % NETWORKS);
	emit_summary(&x);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_REGISTRY, SHARED, 0 },
	{ WATCH_REGISTRY, GROUP_POLICY, 0 },
	{ WATCH_POLL, NULL, 300 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_firewall = {
	.kind = &kind_firewall,
	.source = "firewall policy",
	.scan = scan,
	.needs = NEED_LIVE,
	.watches = watches,
};
