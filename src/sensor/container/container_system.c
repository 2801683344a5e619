/* Containers that look like whole systems: systemd-nspawn and machined, LXC, LXD and Incus. */
#include <dirent.h>

#include "core/time.h"
#include "sensor/container/container_engines.h"
#include "sensor/container/container_text.h"

static void gap_line(struct engines *x, const char *engine, const char *path, size_t line)
{
	struct err e;

	if (!line)
		return;
	err_set(&e, ERR_FORMAT, "line %zu is no setting", line);
	engine_gap(x, engine, path, &e);
}

static bool is_running(struct engines *x, const char *path)
{
	struct stat st;
	struct err e;

	return host_stat(x->host, path, false, &st, &e) == 0;
}

/* ---- systemd-nspawn ---- */

static const char *const nspawn_folders[] = { "etc/systemd/nspawn", "run/systemd/nspawn",
	"var/lib/machines" };

/* The first of its .nspawn files counts, systemd.nspawn(5). */
static void read_nspawn(struct engines *x, struct span name, struct record *r)
{
	for (size_t i = 0; i < ARRAY_LEN(nspawn_folders); i++) {
		const char *path = engine_path(x, nspawn_folders[i], name, ".nspawn");
		struct span text;
		size_t bad;

		if (!engine_read(x, "nspawn", path, &text))
			continue;
		nspawn_config(text, x->arena, r, &bad);
		gap_line(x, "nspawn", path, bad);
		return;
	}
}

static void look_machine(struct engines *x, struct span file)
{
	const char *path = engine_path(x, "run/systemd/machines", file, "");
	struct record *r;
	struct machine m;
	struct span text;
	bool nspawn;

	if (span_starts(file, span_of("unit:")) || !engine_read(x, "machine", path, &text))
		return;
	machine_file(text, &m);
	nspawn = span_is(m.service, "systemd-nspawn");
	r = engine_record(x, nspawn ? "nspawn" : "machine", SPAN_NONE);
	record_set_number(r, CONTAINER_TYPE,
		span_is(m.class, "vm") ? CONTAINER_MACHINE : CONTAINER_CONTAINER);
	if (!nspawn)
		fill_text(r, CONTAINER_ENGINE, m.service);
	fill_text(r, CONTAINER_STATE, span_of("running"));
	fill_text(r, CONTAINER_ROOTFS, m.root);
	if (m.leader)
		record_set_number(r, CONTAINER_PID, m.leader);
	if (m.started && m.started < INT64_MAX / 1000)
		record_set_time(r, CONTAINER_STARTED, (int64_t)m.started * 1000);
	read_nspawn(x, file, r);
	engine_emit(x, r, nspawn ? "nspawn" : "machine", file);
}

/* What has settings, but does not run. */
static void look_settings(struct engines *x, const char *folder)
{
	struct host_entry *entry;
	size_t n;

	if (!engine_list(x, "nspawn", folder, &entry, &n))
		return;
	for (size_t i = 0; i < n && !scan_stopped(x->scan); i++) {
		struct span name = entry[i].name;
		const size_t suffix = sizeof ".nspawn" - 1;
		struct record *r;

		if (name.n <= suffix || memcmp(name.p + name.n - suffix, ".nspawn", suffix) != 0)
			continue;
		name.n -= suffix;
		if (is_running(x, engine_path(x, "run/systemd/machines", name, "")))
			continue;
		r = engine_record(x, "nspawn", SPAN_NONE);
		record_set_number(r, CONTAINER_TYPE, CONTAINER_CONTAINER);
		if (host_is_live(x->host))
			fill_text(r, CONTAINER_STATE, span_of("exited"));
		read_nspawn(x, name, r);
		engine_emit(x, r, "nspawn", name);
	}
}

static void look_machine_images(struct engines *x)
{
	struct host_entry *entry;
	size_t n;

	if (!engine_list(x, "nspawn", "var/lib/machines", &entry, &n))
		return;
	for (size_t i = 0; i < n && !scan_stopped(x->scan); i++) {
		struct span name = entry[i].name;
		bool raw = name.n > 4 && memcmp(name.p + name.n - 4, ".raw", 4) == 0;
		struct record *r;

		if (name.p[0] == '.' || span_is(name, "lost+found") ||
			(entry[i].type != DT_DIR && entry[i].type != DT_LNK && !raw))
			continue;
		r = engine_record(x, "nspawn", SPAN_NONE);
		record_set_number(r, CONTAINER_TYPE, CONTAINER_IMAGE_TYPE);
		fill_text(r, CONTAINER_ROOTFS,
			span_of(engine_path(x, "/var/lib/machines", name, "")));
		if (raw)
			name.n -= 4;
		engine_emit(x, r, "nspawn", name);
	}
}

void look_machines(struct engines *x)
{
	struct host_entry *entry;
	size_t n;

	if (host_is_live(x->host) && engine_list(x, "machine", "run/systemd/machines", &entry, &n))
		for (size_t i = 0; i < n && !scan_stopped(x->scan); i++)
			if (entry[i].type == DT_REG)
				look_machine(x, entry[i].name);
	for (size_t i = 0; i < ARRAY_LEN(nspawn_folders); i++)
		look_settings(x, nspawn_folders[i]);
	look_machine_images(x);
}

/* ---- LXC ---- */

static void look_lxc_one(struct engines *x, const char *root, struct span name, struct span owner)
{
	const char *path = engine_path(x, root, name, "/config");
	struct record *r = engine_record(x, "lxc", owner);
	struct span text;
	size_t bad;

	if (!engine_read(x, "lxc", path, &text))
		return;
	lxc_config(text, x->arena, r, &bad);
	gap_line(x, "lxc", path, bad);
	record_set_number(r, CONTAINER_TYPE, CONTAINER_CONTAINER);
	/* where its processes are, when there are any; a user's are elsewhere */
	if (host_is_live(x->host) && !owner.n && is_running(x, "sys/fs/cgroup/cgroup.controllers"))
		fill_text(r, CONTAINER_STATE,
			span_of(is_running(x, engine_path(x, "sys/fs/cgroup",
						      span_of(arena_format(x->arena,
							      "lxc.payload.%.*s", SPAN_ARG(name))),
						      ""))
					? "running"
					: "exited"));
	engine_emit(x, r, "lxc", name);
}

/* LXD's and Incus' settings are in a database; that one is there shows by its folder. */
static void look_pools(struct engines *x, const char *engine, const char *pools)
{
	static const char *const types[] = { "/containers", "/virtual-machines" };
	struct host_entry *pool, *one;
	size_t n_pools, n;

	if (!engine_list(x, engine, pools, &pool, &n_pools))
		return;
	for (size_t i = 0; i < n_pools * ARRAY_LEN(types); i++) {
		bool machine = i % ARRAY_LEN(types);
		const char *folder = engine_path(x, pools, pool[i / ARRAY_LEN(types)].name,
			types[i % ARRAY_LEN(types)]);

		if (!engine_list(x, engine, folder, &one, &n))
			continue;
		for (size_t k = 0; k < n; k++) {
			struct record *r = engine_record(x, engine, SPAN_NONE);

			record_set_number(r, CONTAINER_TYPE,
				machine ? CONTAINER_MACHINE : CONTAINER_CONTAINER);
			fill_text(r, CONTAINER_ROOTFS,
				span_of(arena_format(x->arena, "/%s",
					engine_path(x, folder, one[k].name, ""))));
			engine_emit(x, r, engine, one[k].name);
		}
	}
}

void look_lxc(struct engines *x, const char *root, struct span owner)
{
	struct host_entry *entry;
	size_t n;

	if (engine_list(x, "lxc", root, &entry, &n))
		for (size_t i = 0; i < n && !scan_stopped(x->scan); i++)
			if (entry[i].type == DT_DIR || entry[i].type == DT_UNKNOWN)
				look_lxc_one(x, root, entry[i].name, owner);
	if (owner.n)
		return;
	look_pools(x, "lxd", "var/lib/lxd/storage-pools");
	look_pools(x, "lxd", "var/snap/lxd/common/lxd/storage-pools");
	look_pools(x, "incus", "var/lib/incus/storage-pools");
}
