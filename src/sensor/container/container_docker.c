#include "sensor/container/container_docker.h"

static void text_at(struct arena *a, struct record *r, unsigned field, const struct jval *v,
	const char *path)
{
	fill_text(r, field, arena_copy(a, jval_text(jval_at(v, path))));
}

static void number_at(struct record *r, unsigned field, const struct jval *v, const char *path)
{
	uint64_t n;

	if (jval_number(jval_at(v, path), &n))
		record_set_number(r, field, n);
}

static const char *state_of(const struct jval *state)
{
	static const struct {
		const char *member, *word;
	} rows[] = { { "Dead", "dead" }, { "RemovalInProgress", "removing" },
		{ "Paused", "paused" }, { "Restarting", "restarting" }, { "Running", "running" } };
	struct span started = jval_text(jval_at(state, "StartedAt"));

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (jval_true(jval_at(state, rows[i].member)))
			return rows[i].word;
	return started.n == 0 || span_starts(started, span_of("0001-")) ? "created" : "exited";
}

/* The list that runs: program, then arguments. */
static void fill_command(struct arena *a, struct record *r, const struct jval *first,
	const struct jval *rest)
{
	struct fill f = { .arena = a };

	fill_add(&f, arena_copy(a, jval_text(first)));
	for (size_t i = 0; i < jval_count(first); i++)
		fill_add(&f, arena_copy(a, jval_text(jval_item(first, i))));
	for (size_t i = 0; i < jval_count(rest); i++)
		fill_add(&f, arena_copy(a, jval_text(jval_item(rest, i))));
	fill_list(&f, r, CONTAINER_COMMAND);
}

/* MountPoints: by target. A volume is known by its name, a folder of the host by its path. */
static void fill_mounts(struct arena *a, struct record *r, const struct jval *mounts)
{
	struct fill f = { .arena = a };
	const struct jval *m;
	struct span target, source, type;
	void *at = NULL;

	while ((m = jval_member(mounts, &at, &target))) {
		type = jval_text(jval_at(m, "Type"));
		source = jval_text(jval_at(m, span_is(type, "volume") ? "Name" : "Source"));
		if (!source.n)
			source = type;
		fill_addf(&f, "%.*s:%.*s:%s", SPAN_ARG(source), SPAN_ARG(target),
			jval_true(jval_at(m, "RW")) ? "rw" : "ro");
	}
	fill_set(&f, r, CONTAINER_MOUNTS);
}

static void fill_ports(struct arena *a, struct record *r, const struct jval *bindings)
{
	struct fill f = { .arena = a };
	const struct jval *list;
	struct span inside;
	void *at = NULL;

	while ((list = jval_member(bindings, &at, &inside)))
		for (size_t i = 0; i < jval_count(list); i++) {
			struct span ip = jval_text(jval_at(jval_item(list, i), "HostIp"));
			struct span port = jval_text(jval_at(jval_item(list, i), "HostPort"));

			fill_addf(&f, "%.*s:%.*s->%.*s", SPAN_ARG(ip.n ? ip : span_of("*")),
				SPAN_ARG(port.n ? port : span_of("any")), SPAN_ARG(inside));
		}
	fill_set(&f, r, CONTAINER_PORTS);
}

static void fill_capabilities(struct arena *a, struct record *r, unsigned field,
	const struct jval *names)
{
	struct fill f = { .arena = a };

	for (size_t i = 0; i < jval_count(names); i++)
		fill_add(&f, fill_capability(a, jval_text(jval_item(names, i))));
	fill_set(&f, r, field);
}

static void fill_devices(struct arena *a, struct record *r, const struct jval *host)
{
	const struct jval *list = jval_at(host, "Devices");
	struct fill f = { .arena = a };

	for (size_t i = 0; i < jval_count(list); i++)
		fill_add(&f, arena_copy(a, jval_text(jval_at(jval_item(list, i), "PathOnHost"))));
	list = jval_at(host, "DeviceCgroupRules");
	for (size_t i = 0; i < jval_count(list); i++)
		fill_add(&f, arena_copy(a, jval_text(jval_item(list, i))));
	fill_set(&f, r, CONTAINER_DEVICES);
}

static void fill_security(struct arena *a, struct record *r, const struct jval *config,
	const struct jval *host)
{
	const struct jval *options = jval_at(host, "SecurityOpt");
	struct span profile = jval_text(jval_at(config, "AppArmorProfile"));
	struct fill f = { .arena = a };

	for (size_t i = 0; i < jval_count(options); i++)
		fill_add(&f, arena_copy(a, jval_text(jval_item(options, i))));
	if (profile.n)
		fill_addf(&f, "apparmor=%.*s", SPAN_ARG(profile));
	if (jval_true(jval_at(config, "NoNewPrivileges")))
		fill_add(&f, span_of("no-new-privileges"));
	fill_set(&f, r, CONTAINER_SECURITY);
}

/* A mode that is not said is the default. */
static void mode_at(struct arena *a, struct record *r, unsigned field, const struct jval *host,
	const char *name, const char *by_default)
{
	struct span mode = arena_copy(a, jval_text(jval_at(host, name)));

	fill_text(r, field, mode.n && !span_is(mode, "default") ? mode : span_of(by_default));
}

static void fill_restart(struct arena *a, struct record *r, const struct jval *policy)
{
	struct span name = jval_text(jval_at(policy, "Name"));
	uint64_t n = 0;

	(void)jval_number(jval_at(policy, "MaximumRetryCount"), &n);
	if (!name.n)
		return;
	fill_text(r, CONTAINER_RESTART,
		span_of(n ? arena_format(a, "%.*s:%llu", SPAN_ARG(name), (unsigned long long)n)
			  : arena_format(a, "%.*s", SPAN_ARG(name))));
}

static void fill_host(struct arena *a, struct record *r, const struct jval *config,
	const struct jval *host)
{
	record_set_number(r, CONTAINER_PRIVILEGED, jval_true(jval_at(host, "Privileged")));
	record_set_number(r, CONTAINER_READ_ONLY, jval_true(jval_at(host, "ReadonlyRootfs")));
	fill_capabilities(a, r, CONTAINER_CAP_ADD, jval_at(host, "CapAdd"));
	fill_capabilities(a, r, CONTAINER_CAP_DROP, jval_at(host, "CapDrop"));
	fill_ports(a, r, jval_at(host, "PortBindings"));
	fill_devices(a, r, host);
	fill_security(a, r, config, host);
	mode_at(a, r, CONTAINER_NETWORK, host, "NetworkMode", "bridge");
	mode_at(a, r, CONTAINER_PID_MODE, host, "PidMode", "private");
	mode_at(a, r, CONTAINER_IPC_MODE, host, "IpcMode", "private");
	text_at(a, r, CONTAINER_USERNS_MODE, host, "UsernsMode");
	text_at(a, r, CONTAINER_OCI_RUNTIME, host, "Runtime");
	fill_restart(a, r, jval_at(host, "RestartPolicy"));
}

static void fill_config(struct arena *a, struct record *r, const struct jval *v)
{
	record_set_number(r, CONTAINER_TYPE, CONTAINER_CONTAINER);
	fill_text(r, CONTAINER_STATE, span_of(state_of(jval_at(v, "State"))));
	text_at(a, r, CONTAINER_IMAGE, v, "Config/Image");
	text_at(a, r, CONTAINER_IMAGE_ID, v, "Image");
	text_at(a, r, CONTAINER_USER, v, "Config/User");
	text_at(a, r, CONTAINER_ID, v, "ID");
	fill_command(a, r, jval_at(v, "Path"), jval_at(v, "Args"));
	fill_mounts(a, r, jval_at(v, "MountPoints"));
	fill_environment(a, r, jval_at(v, "Config/Env"));
	fill_labels(a, r, jval_at(v, "Config/Labels"));
	fill_time(r, CONTAINER_CREATED, jval_text(jval_at(v, "Created")));
	fill_time(r, CONTAINER_STARTED, jval_text(jval_at(v, "State/StartedAt")));
	number_at(r, CONTAINER_PID, v, "State/Pid");
	number_at(r, CONTAINER_EXIT_CODE, v, "State/ExitCode");
	number_at(r, CONTAINER_RESTARTS, v, "RestartCount");
}

int docker_container(struct span config, struct span host, struct arena *a, struct record *ret,
	struct span *ret_name, struct err *e)
{
	AUTO_FREE(jval) v = NULL;
	AUTO_FREE(jval) h = NULL;
	struct span name;

	if (jval_parse(config, &v, e) < 0)
		return e->code;
	if (host.n && jval_parse(host, &h, e) < 0) {
		err_prefix(e, "hostconfig.json beside it: ");
		return e->code;
	}
	name = jval_text(jval_at(v, "Name"));
	if (name.n && name.p[0] == '/')
		name = span_from_offset(name, 1);
	if (!name.n)
		return err_set(e, ERR_FORMAT, "a container without a name");
	fill_config(a, ret, v);
	if (h)
		fill_host(a, ret, v, h);
	*ret_name = arena_copy(a, name);
	return 0;
}

int docker_repositories(struct span text, docker_each *each, void *ctx, struct err *e)
{
	AUTO_FREE(jval) v = NULL;
	const struct jval *names, *id;
	struct span repository, name;
	void *at = NULL;

	if (jval_parse(text, &v, e) < 0)
		return e->code;
	while ((names = jval_member(jval_at(v, "Repositories"), &at, &repository))) {
		void *inner = NULL;

		while ((id = jval_member(names, &inner, &name)))
			each(ctx, name, jval_text(id));
	}
	return 0;
}

int image_config(struct span text, struct arena *a, struct record *ret, struct err *e)
{
	AUTO_FREE(jval) v = NULL;

	if (jval_parse(text, &v, e) < 0)
		return e->code;
	fill_command(a, ret, jval_at(v, "config/Entrypoint"), jval_at(v, "config/Cmd"));
	text_at(a, ret, CONTAINER_USER, v, "config/User");
	fill_environment(a, ret, jval_at(v, "config/Env"));
	fill_labels(a, ret, jval_at(v, "config/Labels"));
	fill_time(ret, CONTAINER_CREATED, jval_text(jval_at(v, "created")));
	return 0;
}
