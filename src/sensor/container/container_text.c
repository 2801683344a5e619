#include "sensor/container/container_text.h"

static struct span trimmed(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_from_offset(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

/* The next "name = value"; *line counts all lines. A line of another form is *bad. */
static bool next_pair(struct span *rest, size_t *line, struct span *ret_name,
	struct span *ret_value, bool *bad)
{
	struct span s;

	while (rest->n && span_cut(rest, '\n', &s)) {
		(*line)++;
		s = trimmed(s);
		if (!s.n || s.p[0] == '#' || s.p[0] == ';')
			continue;
		*bad = false;
		*ret_value = s;
		if (s.p[0] == '[') {
			*ret_name = SPAN_NONE;
			return true;
		}
		*bad = !memchr(s.p, '=', s.n);
		(void)span_cut(ret_value, '=', ret_name);
		*ret_name = trimmed(*ret_name);
		*ret_value = trimmed(*ret_value);
		return true;
	}
	return false;
}

static bool is_true(struct span s)
{
	return span_is(s, "1") || span_is(s, "yes") || span_is(s, "true") || span_is(s, "on");
}

/* ---- lxc ---- */

struct lists {
	struct fill command, mounts, caps, drops, security, environment, ports, devices;
};

static void lists_init(struct lists *l, struct arena *a)
{
	struct fill f = { .arena = a };

	*l = (struct lists){ f, f, f, f, f, f, f, f };
}

static void lists_set(struct lists *l, struct record *r)
{
	fill_list(&l->command, r, CONTAINER_COMMAND);
	fill_set(&l->mounts, r, CONTAINER_MOUNTS);
	fill_set(&l->caps, r, CONTAINER_CAP_ADD);
	fill_set(&l->drops, r, CONTAINER_CAP_DROP);
	fill_set(&l->security, r, CONTAINER_SECURITY);
	fill_set(&l->environment, r, CONTAINER_ENVIRONMENT);
	fill_set(&l->ports, r, CONTAINER_PORTS);
	fill_set(&l->devices, r, CONTAINER_DEVICES);
}

static void add_words(struct fill *f, struct span value, bool capabilities)
{
	struct span word;

	while (value.n && span_cut(&value, ' ', &word))
		fill_add(f, capabilities && word.n ? fill_capability(f->arena, word) : word);
}

/* An entry of fstab(5): what, where, type, options. */
static void add_mount_entry(struct fill *f, struct span value)
{
	struct span what = SPAN_NONE, where = SPAN_NONE, type = SPAN_NONE, options = SPAN_NONE;

	(void)span_cut(&value, ' ', &what);
	(void)span_cut(&value, ' ', &where);
	(void)span_cut(&value, ' ', &type);
	(void)span_cut(&value, ' ', &options);
	fill_addf(f, "%.*s:/%.*s:%s", SPAN_ARG(what), SPAN_ARG(where),
		span_is(options, "ro") || memmem(options.p ? options.p : "", options.n, "ro,", 3) ||
				memmem(options.p ? options.p : "", options.n, ",ro", 3)
			? "ro"
			: "rw");
}

static void add_variable(struct fill *f, struct span value)
{
	struct span name;

	if (span_cut(&value, '=', &name))
		fill_add(f, trimmed(name));
}

static void lxc_pair(struct lists *l, struct record *r, struct span name, struct span value)
{
	if (span_is(name, "lxc.rootfs.path") || span_is(name, "lxc.rootfs"))
		fill_text(r, CONTAINER_ROOTFS, value);
	else if (span_is(name, "lxc.init.cmd") || span_is(name, "lxc.execute.cmd"))
		fill_add(&l->command, value);
	else if (span_is(name, "lxc.mount.entry"))
		add_mount_entry(&l->mounts, value);
	else if (span_is(name, "lxc.mount.fstab") || span_is(name, "lxc.mount.auto"))
		fill_addf(&l->mounts, "%.*s %.*s", SPAN_ARG(name), SPAN_ARG(value));
	else if (span_is(name, "lxc.cap.keep"))
		add_words(&l->caps, value, true);
	else if (span_is(name, "lxc.cap.drop"))
		add_words(&l->drops, value, true);
	else if (span_is(name, "lxc.environment"))
		add_variable(&l->environment, value);
	else if (span_starts(name, span_of("lxc.apparmor.")) ||
		 span_starts(name, span_of("lxc.seccomp.")) ||
		 span_starts(name, span_of("lxc.selinux.")) || span_is(name, "lxc.no_new_privs") ||
		 span_is(name, "lxc.include"))
		fill_addf(&l->security, "%.*s=%.*s", SPAN_ARG(name), SPAN_ARG(value));
	else if (span_starts(name, span_of("lxc.cgroup.devices.")) ||
		 span_starts(name, span_of("lxc.cgroup2.devices.")))
		fill_add(&l->devices, value);
	else if (span_is(name, "lxc.net.0.type") || span_is(name, "lxc.network.type"))
		fill_text(r, CONTAINER_NETWORK, span_is(value, "none") ? span_of("host") : value);
	else if (span_is(name, "lxc.idmap") || span_is(name, "lxc.id_map"))
		fill_text(r, CONTAINER_USERNS_MODE, span_of("private"));
	else if (span_is(name, "lxc.start.auto"))
		fill_text(r, CONTAINER_RESTART, span_of(is_true(value) ? "at boot" : "no"));
	else if (span_starts(name, span_of("lxc.namespace.share.")))
		fill_addf(&l->security, "%.*s=%.*s", SPAN_ARG(name), SPAN_ARG(value));
}

void lxc_config(struct span text, struct arena *a, struct record *ret, size_t *ret_bad)
{
	struct lists l;
	struct span name, value;
	size_t line = 0;
	bool bad;

	*ret_bad = 0;
	lists_init(&l, a);
	fill_text(ret, CONTAINER_USERNS_MODE, span_of("host"));
	while (next_pair(&text, &line, &name, &value, &bad)) {
		if (bad && !*ret_bad)
			*ret_bad = line;
		if (!bad)
			lxc_pair(&l, ret, name, value);
	}
	lists_set(&l, ret);
}

/* ---- nspawn ---- */

/* "SOURCE[:TARGET[:OPTIONS]]" */
static void add_bind(struct fill *f, struct span value, const char *mode)
{
	struct span source = SPAN_NONE, target = SPAN_NONE;

	(void)span_cut(&value, ':', &source);
	if (!span_cut(&value, ':', &target) || !target.n)
		target = source;
	fill_addf(f, "%.*s:%.*s:%s", SPAN_ARG(source), SPAN_ARG(target), mode);
}

static void nspawn_pair(struct lists *l, struct record *r, struct span name, struct span value)
{
	if (span_is(name, "Parameters"))
		fill_add(&l->command, value);
	else if (span_is(name, "Boot") && is_true(value))
		fill_add(&l->command, span_of("init"));
	else if (span_is(name, "User"))
		fill_text(r, CONTAINER_USER, value);
	else if (span_is(name, "Environment"))
		add_variable(&l->environment, value);
	else if (span_is(name, "Capability") || span_is(name, "AmbientCapability"))
		add_words(&l->caps, value, true);
	else if (span_is(name, "DropCapability"))
		add_words(&l->drops, value, true);
	else if (span_is(name, "PrivateUsers"))
		fill_text(r, CONTAINER_USERNS_MODE,
			span_is(value, "no") || span_is(value, "false") ? span_of("host")
									: span_of("private"));
	else if (span_is(name, "Bind") || span_is(name, "BindUser"))
		add_bind(&l->mounts, value, "rw");
	else if (span_is(name, "BindReadOnly"))
		add_bind(&l->mounts, value, "ro");
	else if (span_is(name, "ReadOnly"))
		record_set_number(r, CONTAINER_READ_ONLY, is_true(value));
	else if (span_is(name, "Port"))
		fill_add(&l->ports, value);
	else if (span_is(name, "Private") || span_is(name, "VirtualEthernet"))
		fill_text(r, CONTAINER_NETWORK, span_of(is_true(value) ? "private" : "host"));
	else if (span_is(name, "NoNewPrivileges") || span_is(name, "SystemCallFilter"))
		fill_addf(&l->security, "%.*s=%.*s", SPAN_ARG(name), SPAN_ARG(value));
}

void nspawn_config(struct span text, struct arena *a, struct record *ret, size_t *ret_bad)
{
	struct lists l;
	struct span name, value;
	size_t line = 0;
	bool bad;

	*ret_bad = 0;
	lists_init(&l, a);
	while (next_pair(&text, &line, &name, &value, &bad)) {
		if (bad && !*ret_bad)
			*ret_bad = line;
		if (!bad && name.n)
			nspawn_pair(&l, ret, name, value);
	}
	lists_set(&l, ret);
}

/* ---- machined ---- */

static uint64_t number(struct span s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n && i < 18 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	return n;
}

void machine_file(struct span text, struct machine *ret)
{
	struct span name, value;
	size_t line = 0;
	bool bad;

	*ret = (struct machine){ .leader = 0 };
	while (next_pair(&text, &line, &name, &value, &bad)) {
		if (span_is(name, "NAME"))
			ret->name = value;
		else if (span_is(name, "SERVICE"))
			ret->service = value;
		else if (span_is(name, "CLASS"))
			ret->class = value;
		else if (span_is(name, "ROOT"))
			ret->root = value;
		else if (span_is(name, "SCOPE") || span_is(name, "UNIT"))
			ret->unit = value;
		else if (span_is(name, "LEADER"))
			ret->leader = number(value);
		else if (span_is(name, "REALTIME"))
			ret->started = number(value);
	}
}
