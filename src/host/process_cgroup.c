/* What runs where, by the path of its cgroup. Anybody who may make cgroups may make such names, so
 * nothing here is proof. */
#include "host/process.h"

#include "core/attr.h"

#define ID_FULL 64 /* hex digits of a container's identity */
#define ID_SHORT 12

static bool ends(struct span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n > n && memcmp(s.p + s.n - n, suffix, n) == 0;
}

static bool starts(struct span s, const char *prefix)
{
	return span_starts(s, span_of(prefix));
}

/* What stands between prefix and suffix; empty: it does not look so. */
static struct span inner(struct span s, const char *prefix, const char *suffix)
{
	size_t before = strlen(prefix), behind = strlen(suffix);

	if (s.n <= before + behind || !starts(s, prefix) || (behind && !ends(s, suffix)))
		return SPAN_NONE;
	return span_from(s.p + before, s.n - before - behind);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_id(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (digit_of(s.p[i]) < 0)
			return false;
	return s.n == ID_FULL;
}

/* "\x2d" as systemd escapes it in names of units. */
static struct span unescape(struct span s, struct arena *a)
{
	char *out = arena_get(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool hex = s.n - i >= 4 && s.p[i] == '\\' && s.p[i + 1] == 'x' &&
			   digit_of(s.p[i + 2]) >= 0 && digit_of(s.p[i + 3]) >= 0;

		out[n++] = hex ? (char)(digit_of(s.p[i + 2]) << 4 | digit_of(s.p[i + 3])) : s.p[i];
		i += hex ? 3 : 0;
	}
	return span_from(out, n);
}

static struct span named(struct arena *a, const char *runtime, struct span name)
{
	size_t n = strlen(runtime);
	char *out = arena_get(a, n + name.n + 2);

	memcpy(out, runtime, n);
	out[n] = ':';
	memcpy(out + n + 1, name.p, name.n);
	return span_from(out, n + 1 + name.n);
}

/* Scopes of runtimes that let systemd make their cgroups. */
static const struct {
	const char *prefix, *runtime;
} scopes[] = {
	{ "docker-", "docker" },
	{ "libpod-", "podman" },
	{ "cri-containerd-", "containerd" },
	{ "nerdctl-", "nerdctl" },
	{ "crio-", "crio" },
};

static bool scope_container(struct span c, struct arena *a, struct span *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
		struct span id = inner(c, scopes[i].prefix, ".scope");

		if (!is_id(id))
			continue;
		*ret = named(a, scopes[i].runtime, span_from(id.p, ID_SHORT));
		return true;
	}
	return false;
}

/* libvirt numbers its machines as they start: "qemu-3-web" is "web" whatever its number. */
static struct span machine(struct span name, struct arena *a)
{
	static const char *const drivers[] = { "qemu", "lxc", "xen" };
	struct span rest = unescape(name, a), all = rest, driver, number;

	if (!span_cut(&rest, '-', &driver) || !span_cut(&rest, '-', &number) || rest.n == 0)
		return named(a, "machine", all);
	for (size_t i = 0; i < number.n; i++)
		if (number.p[i] < '0' || number.p[i] > '9')
			return named(a, "machine", all);
	for (size_t i = 0; i < ARRAY_LEN(drivers) && number.n; i++)
		if (span_is(driver, drivers[i]))
			return named(a, drivers[i], rest);
	return named(a, "machine", all);
}

/* nspawn itself stands in the folder "supervisor", its container in "payload". */
static bool machine_container(struct span c, struct span next, struct arena *a, struct span *ret)
{
	struct span name = inner(c, "systemd-nspawn@", ".service");

	if (!name.n)
		name = inner(c, "machine-", ".scope");
	if (!name.n || span_is(next, "supervisor"))
		return false;
	*ret = machine(name, a);
	return true;
}

/* nspawn run by a unit of another name (--keep-unit): that unit names the container. */
static bool payload_container(struct span c, struct span unit, bool inside, struct arena *a,
	struct span *ret)
{
	if (!span_is(c, "payload") || inside || !unit.n)
		return false;
	*ret = named(a, "machine", unit);
	return true;
}

static bool lxc_container(struct span c, struct span before, struct arena *a, struct span *ret)
{
	struct span name = inner(c, "lxc.payload.", "");

	if (!name.n && (span_is(before, "lxc") || span_is(before, "lxc.payload")))
		name = c;
	if (!name.n)
		return false;
	*ret = named(a, "lxc", name);
	return true;
}

/* A folder named by the identity alone: runtimes that make their cgroups themselves. */
static bool plain_container(struct span c, struct span path, struct arena *a, struct span *ret)
{
	static const char *const tops[] = { "docker", "kubepods", "ecs", "libpod_parent", "podman",
		"containerd" };
	struct span id = c, top, rest = path;
	const char *runtime = "container";

	/* containerd told to let systemd do it, where the path is for no systemd:
	 * "….slice:cri-containerd:ID". */
	for (size_t i = c.n; i > 0 && id.n == c.n; i--)
		if (c.p[i - 1] == ':')
			id = span_from_offset(c, i);
	if (!is_id(id))
		return false;
	while (span_cut(&rest, '/', &top) && top.n == 0)
		;
	for (size_t i = 0; i < ARRAY_LEN(tops); i++)
		if (starts(top, tops[i]))
			runtime = tops[i];
	*ret = named(a, runtime, span_from(id.p, ID_SHORT));
	return true;
}

static bool is_unit(struct span c)
{
	static const char *const types[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (ends(c, types[i]))
			return true;
	return false;
}

void cgroup_parse(struct span path, struct arena *a, struct span *ret_unit,
	struct span *ret_container)
{
	struct span rest = path, c, before = SPAN_NONE, unit = SPAN_NONE, container = SPAN_NONE;

	while (span_cut(&rest, '/', &c)) {
		struct span peek = rest, next = SPAN_NONE;

		if (span_cut(&peek, '/', &next) && c.n == 0)
			continue;
		if (scope_container(c, a, &container) ||
			machine_container(c, next, a, &container) ||
			lxc_container(c, before, a, &container) ||
			payload_container(c, unit, container.n > 0, a, &container) ||
			plain_container(c, path, a, &container)) {
			unit = SPAN_NONE; /* the container's own systemd may name one */
		} else if (unit.n == 0) {
			/* A name that would be taken for a file of the kernel's has a '_' before.
			 */
			struct span name = c.n && c.p[0] == '_' ? span_from_offset(c, 1) : c;

			unit = is_unit(name) ? name : SPAN_NONE;
		}
		before = c;
	}
	*ret_unit = unit;
	*ret_container = container;
}

/* ---- units that have another name at each start ---- */

static size_t digits(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

/* `systemd-run` makes run-r<32 hex>, run-u<number> and, since 256, run-p<pid>-i<number>. */
static bool is_transient(struct span unit)
{
	struct span s = inner(unit, "run-", ".service");
	size_t n;

	if (s.n < 2)
		return false;
	if (s.p[0] == 'r') {
		for (n = 1; n < s.n && digit_of(s.p[n]) >= 0; n++)
			;
		return n == s.n;
	}
	n = digits(span_from_offset(s, 1));
	if (s.p[0] == 'u')
		return n + 1 == s.n;
	return s.p[0] == 'p' && n > 0;
}

/* The instance of a unit that a socket starts for each connection: number-from-to. */
static bool is_connection(struct span instance)
{
	size_t n = digits(instance);

	return n > 0 && n + 1 < instance.n && instance.p[n] == '-';
}

struct span unit_stable(struct span unit, struct arena *a)
{
	struct span name = unit, dbus, bus;
	size_t at;

	if (ends(unit, ".scope") && !span_is(unit, "init.scope"))
		return SPAN_NONE; /* made by programs, never by a unit file */
	if (is_transient(unit))
		return SPAN_NONE;
	/* dbus-:1.42-org.example@0.service: the name of a connection and a counter. */
	dbus = inner(unit, "dbus-:", ".service");
	if (dbus.n && span_cut(&dbus, '-', &bus) && span_cut(&dbus, '@', &name) && name.n)
		return span_of(arena_format(a, "dbus-%.*s@.service", (int)name.n, name.p));
	name = unit;
	for (at = 0; at < name.n && name.p[at] != '@'; at++)
		;
	if (ends(unit, ".service") && at + 1 < unit.n &&
		is_connection(span_from(unit.p + at + 1, unit.n - at - 1 - strlen(".service")))) {
		char *out = arena_get(a, at + 1 + sizeof ".service");

		memcpy(out, unit.p, at + 1);
		memcpy(out + at + 1, ".service", strlen(".service"));
		return span_from(out, at + 1 + strlen(".service"));
	}
	return unit;
}
