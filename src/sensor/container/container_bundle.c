/* Engines that keep OCI bundles: containers/storage (podman, cri-o), and containerd. */
#include <dirent.h>

#include "sensor/container/container_engines.h"
#include "sensor/container/container_oci.h"

/* The process whose number a file holds, when it lives. */
static bool living(struct engines *x, const char *engine, const char *path, uint64_t *ret)
{
	struct span text;
	struct stat st;
	uint64_t pid = 0;
	struct err e;

	if (!engine_read(x, engine, path, &text))
		return false;
	for (size_t i = 0; i < text.n && i < 10 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		pid = pid * 10 + (uint64_t)(text.p[i] - '0');
	if (pid == 0 ||
		host_stat(x->host, arena_format(x->arena, "proc/%llu", (unsigned long long)pid),
			false, &st, &e) < 0)
		return false;
	*ret = pid;
	return true;
}

static void fill_state(struct engines *x, const char *engine, struct record *r, const char *pidfile,
	bool begun)
{
	uint64_t pid;

	if (!host_is_live(x->host))
		return;
	if (living(x, engine, pidfile, &pid)) {
		record_set_number(r, CONTAINER_PID, pid);
		fill_text(r, CONTAINER_STATE, span_of("running"));
		return;
	}
	fill_text(r, CONTAINER_STATE, span_of(begun ? "exited" : "created"));
}

/* "FOLDER/POD/CONTAINER", as Kubernetes names it. */
static struct span kubernetes_name(struct engines *x, const struct oci_names *n)
{
	return span_of(
		arena_format(x->arena, "%.*s/%.*s%s%.*s", SPAN_ARG(n->folder), SPAN_ARG(n->pod),
			n->sandbox ? "" : "/", SPAN_ARG(n->sandbox ? SPAN_NONE : n->name)));
}

/* ---- containers/storage ---- */

struct storage {
	struct engines *x;
	const char *containers, *run; /* folders; run may have nothing */
	struct span owner;
};

static bool read_bundle(struct storage *s, struct span id, struct record *r,
	struct oci_names *ret_names)
{
	const char *const folders[] = { s->run, s->containers };
	struct span text;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		const char *path = engine_path(s->x, folders[i], id, "/userdata/config.json");

		if (!engine_read(s->x, "podman", path, &text) || !text.n)
			continue;
		if (oci_container(text, id, s->x->arena, r, ret_names, &e) == 0)
			return true;
		engine_gap(s->x, "podman", path, &e);
	}
	return false;
}

static void emit_stored(void *ctx, const struct stored *c)
{
	struct storage *s = ctx;
	struct record *r = engine_record(s->x, "podman", s->owner);
	struct span id = arena_copy(s->x->arena, c->id);
	struct oci_names names = { .sandbox = false };
	bool begun = read_bundle(s, id, r, &names);
	const char *engine = begun && names.kubernetes ? "cri-o" : "podman";

	record_set_number(r, CONTAINER_TYPE, CONTAINER_CONTAINER);
	fill_text(r, CONTAINER_ENGINE, span_of(engine));
	fill_text(r, CONTAINER_ID, id);
	if (c->image_id.n)
		fill_text(r, CONTAINER_IMAGE_ID,
			span_of(arena_format(s->x->arena, "sha256:%.*s", SPAN_ARG(c->image_id))));
	if (c->image.n)
		fill_text(r, CONTAINER_IMAGE, arena_copy(s->x->arena, c->image));
	fill_time(r, CONTAINER_CREATED, c->created);
	fill_state(s->x, "podman", r, engine_path(s->x, s->run, id, "/userdata/pidfile"), begun);
	engine_emit(s->x, r, engine,
		begun && names.kubernetes ? kubernetes_name(s->x, &names)
		: c->name.n               ? c->name
					  : id);
}

static void emit_stored_image(void *ctx, const struct stored *c)
{
	struct storage *s = ctx;
	struct record *r = engine_record(s->x, "podman", s->owner);
	struct fill digests = { .arena = s->x->arena };
	struct span id = span_of(arena_format(s->x->arena, "sha256:%.*s", SPAN_ARG(c->id)));

	record_set_number(r, CONTAINER_TYPE, CONTAINER_IMAGE_TYPE);
	fill_text(r, CONTAINER_IMAGE_ID, id);
	fill_time(r, CONTAINER_CREATED, c->created);
	fill_add(&digests, c->digest);
	fill_set(&digests, r, CONTAINER_DIGESTS);
	for (size_t i = 0; i < jval_count(c->names); i++) {
		struct span name = arena_copy(s->x->arena, jval_text(jval_item(c->names, i)));

		fill_text(r, CONTAINER_IMAGE, name);
		engine_emit(s->x, r, "podman", name);
	}
	if (jval_count(c->names) == 0)
		engine_emit(s->x, r, "podman",
			span_of(arena_format(s->x->arena, "@%.*s", SPAN_ARG(id))));
}

static bool ends(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.n > n && memcmp(s.p + s.n - n, with, n) == 0;
}

static void read_list(struct storage *s, const char *path,
	int (*parse)(struct span, stored_each *, void *, struct err *), stored_each *each)
{
	struct span text;
	struct err e;

	if (engine_read(s->x, "podman", path, &text) && text.n && parse(text, each, s, &e) < 0)
		engine_gap(s->x, "podman", path, &e);
}

void look_storage(struct engines *x, const char *root, const char *run, struct span owner)
{
	struct host_entry *entry;
	size_t n;

	if (!engine_list(x, "podman", root, &entry, &n))
		return;
	for (size_t i = 0; i < n && !scan_stopped(x->scan); i++) {
		const char *folder = engine_path(x, root, entry[i].name, "");
		struct storage s = { .x = x, .containers = folder, .owner = owner };

		s.run = engine_path(x, run, entry[i].name, "");
		if (ends(entry[i].name, "-containers")) {
			read_list(&s, arena_format(x->arena, "%s/containers.json", folder),
				stored_containers, emit_stored);
			read_list(&s, arena_format(x->arena, "%s/volatile-containers.json", s.run),
				stored_containers, emit_stored);
		} else if (ends(entry[i].name, "-images")) {
			read_list(&s, arena_format(x->arena, "%s/images.json", folder),
				stored_images, emit_stored_image);
		}
	}
}

/* ---- containerd: what has a task ---- */

/* What dockerd runs is in its own files; what only pretends to be is not. */
static bool is_dockers(struct engines *x, struct span space, struct span id)
{
	struct stat st;
	struct err e;

	return span_is(space, "moby") &&
	       host_stat(x->host,
		       engine_path(x, "var/lib/docker/containers", id, "/config.v2.json"), false,
		       &st, &e) == 0;
}

static void look_task(struct engines *x, const char *folder, struct span space, struct span id)
{
	const char *path = engine_path(x, folder, id, "/config.json");
	struct record *r = engine_record(x, "containerd", SPAN_NONE);
	struct oci_names names;
	struct span text, name;
	struct err e;

	if (is_dockers(x, space, id) || !engine_read(x, "containerd", path, &text))
		return;
	if (oci_container(text, id, x->arena, r, &names, &e) < 0) {
		engine_gap(x, "containerd", path, &e);
		return;
	}
	fill_state(x, "containerd", r, engine_path(x, folder, id, "/init.pid"), true);
	name = names.kubernetes ? kubernetes_name(x, &names) : names.name.n ? names.name : id;
	engine_emit(x, r, "containerd",
		span_of(arena_format(x->arena, "%.*s/%.*s", SPAN_ARG(space), SPAN_ARG(name))));
}

void look_containerd(struct engines *x)
{
	static const char *const tasks[] = { "run/containerd/io.containerd.runtime.v2.task",
		"run/k3s/containerd/io.containerd.runtime.v2.task" };
	struct host_entry *space, *task;
	size_t n_spaces, n;

	for (size_t t = 0; t < ARRAY_LEN(tasks); t++) {
		if (!engine_list(x, "containerd", tasks[t], &space, &n_spaces))
			continue;
		for (size_t i = 0; i < n_spaces; i++) {
			const char *folder = engine_path(x, tasks[t], space[i].name, "");

			if (!engine_list(x, "containerd", folder, &task, &n))
				continue;
			for (size_t k = 0; k < n && !scan_stopped(x->scan); k++)
				look_task(x, folder, space[i].name, task[k].name);
		}
	}
}
