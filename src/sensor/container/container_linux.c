#include <dirent.h>
#include <stdlib.h>

#include "core/escape.h"
#include "host/host.h"
#include "sensor/container/container_docker.h"
#include "sensor/container/container_engines.h"
#include "sensor/container/container_room.h"

#define FILE_BYTES_MAX ((size_t)4 << 20)
#define NAMES_MAX 10000

/* ---- what the engines share: container_engines.h ---- */

struct record *engine_record(struct engines *x, const char *engine, struct span owner)
{
	struct record *r = record_new(x->arena, &kind_container);

	fill_text(r, CONTAINER_ENGINE, span_of(engine));
	fill_text(r, CONTAINER_OWNER, owner);
	return r;
}

void engine_emit(struct engines *x, struct record *r, const char *engine, struct span name)
{
	struct span owner =
		record_has(r, CONTAINER_OWNER) ? r->v[CONTAINER_OWNER].bytes : SPAN_NONE;
	bool image = record_has(r, CONTAINER_TYPE) &&
		     r->v[CONTAINER_TYPE].number == CONTAINER_IMAGE_TYPE;
	AUTO(buf) key = BUF_INIT(1 << 16);

	buf_addf(&key, "%s%s:", image ? "image:" : "", engine);
	if (owner.n) {
		buf_add_char(&key, '~');
		buf_add_span(&key, owner);
		buf_add_char(&key, '/');
	}
	buf_add_span(&key, name);
	r->key = arena_copy(x->arena, buf_span(&key));
	if (key.full || !r->key.n)
		return;
	scan_emit(x->scan, r);
}

void engine_gap(struct engines *x, const char *engine, const char *path, const struct err *why)
{
	AUTO(buf) shown = BUF_INIT(1 << 16);
	struct err e = *why;

	/* what the host's reader says names the path itself */
	escape_text(&shown, span_of(path));
	if (e.code == ERR_FORMAT || e.code == ERR_LIMIT)
		err_prefix(&e, "'%.300s': ", buf_text(&shown));
	scan_gap_err(x->scan, &kind_container, span_of(engine), true, &e);
	scan_gap_err(x->scan, &kind_container, span_of(arena_format(x->arena, "image:%s", engine)),
		true, &e);
}

bool engine_read(struct engines *x, const char *engine, const char *path, struct span *ret)
{
	struct err e;
	int rc = host_read(x->host, path, FILE_BYTES_MAX, x->arena, ret, &e);

	if (rc < 0 && rc != ERR_MISSING)
		engine_gap(x, engine, path, &e);
	return rc == 0;
}

bool engine_list(struct engines *x, const char *engine, const char *path, struct host_entry **ret,
	size_t *ret_n)
{
	struct err e;
	int rc = host_list(x->host, path, NAMES_MAX, x->arena, ret, ret_n, &e);

	if (rc < 0 && rc != ERR_MISSING && rc != ERR_FORMAT)
		engine_gap(x, engine, path, &e);
	return rc == 0;
}

const char *engine_path(struct engines *x, const char *folder, struct span name, const char *rest)
{
	return arena_format(x->arena, "%s/%.*s%s", folder, SPAN_ARG(name), rest);
}

/* ---- docker ---- */

struct docker {
	struct engines *x;
	const char *root;
	struct span owner;
	struct image {
		struct span name, id;
	} * images;
	size_t n, cap;
};

static void look_docker_container(struct docker *d, struct span folder)
{
	struct engines *x = d->x;
	const char *path;
	struct record *r = engine_record(x, "docker", d->owner);
	struct span config, host = SPAN_NONE, name;
	struct err e;

	path = arena_format(x->arena, "%s/containers/%.*s/config.v2.json", d->root,
		SPAN_ARG(folder));
	if (!engine_read(x, "docker", path, &config))
		return;
	(void)engine_read(x, "docker",
		arena_format(x->arena, "%s/containers/%.*s/hostconfig.json", d->root,
			SPAN_ARG(folder)),
		&host);
	if (docker_container(config, host, x->arena, r, &name, &e) < 0)
		engine_gap(x, "docker", path, &e);
	else
		engine_emit(x, r, "docker", name);
}

static void keep_image(void *ctx, struct span name, struct span id)
{
	struct docker *d = ctx;
	struct image *more;

	if (d->n == NAMES_MAX)
		return;
	if (d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 16;
		more = arena_get(d->x->arena, d->cap * sizeof *more);
		if (d->n)
			memcpy(more, d->images, d->n * sizeof *more);
		d->images = more;
	}
	d->images[d->n++] =
		(struct image){ arena_copy(d->x->arena, name), arena_copy(d->x->arena, id) };
}

static int by_id(const void *va, const void *vb)
{
	const struct image *a = va, *b = vb;
	int r = span_compare(a->id, b->id);

	return r ? r : span_compare(a->name, b->name);
}

/* The names of this image: a run of d->images, which are in order of ids. */
static const struct image *images_of(const struct docker *d, struct span id, size_t *ret_n)
{
	size_t low = 0, high = d->n, n = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (span_compare(d->images[mid].id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + n < d->n && span_same(d->images[low + n].id, id))
		n++;
	*ret_n = n;
	return d->images ? &d->images[low] : NULL;
}

static bool is_digest(struct span name)
{
	return name.n && memmem(name.p, name.n, "@sha256:", 8);
}

/* One entity for each name with a tag; of what has none, one for the image itself. */
static void emit_image(struct docker *d, struct span hex, struct span config)
{
	struct span id = span_of(arena_format(d->x->arena, "sha256:%.*s", SPAN_ARG(hex)));
	struct fill digests = { .arena = d->x->arena };
	struct record *r = engine_record(d->x, "docker", d->owner);
	const struct image *names;
	bool named = false;
	struct err e;
	size_t n;

	names = images_of(d, id, &n);
	for (size_t i = 0; i < n; i++)
		if (is_digest(names[i].name))
			fill_add(&digests, names[i].name);
	record_set_number(r, CONTAINER_TYPE, CONTAINER_IMAGE_TYPE);
	fill_text(r, CONTAINER_IMAGE_ID, id);
	if (image_config(config, d->x->arena, r, &e) < 0)
		engine_gap(d->x, "docker",
			arena_format(d->x->arena, "%s/…/%.*s", d->root, SPAN_ARG(hex)), &e);
	fill_set(&digests, r, CONTAINER_DIGESTS);
	for (size_t i = 0; i < n; i++) {
		if (is_digest(names[i].name))
			continue;
		fill_text(r, CONTAINER_IMAGE, names[i].name);
		engine_emit(d->x, r, "docker", names[i].name);
		named = true;
	}
	if (!named)
		engine_emit(d->x, r, "docker",
			span_of(arena_format(d->x->arena, "@%.*s", SPAN_ARG(id))));
}

static void look_docker_images(struct docker *d, const char *store)
{
	const char *folder = arena_format(d->x->arena, "%s/imagedb/content/sha256", store);
	struct host_entry *entry;
	struct span text;
	struct err e;
	size_t n;

	d->n = 0;
	if (engine_read(d->x, "docker", arena_format(d->x->arena, "%s/repositories.json", store),
		    &text) &&
		text.n && docker_repositories(text, keep_image, d, &e) < 0)
		engine_gap(d->x, "docker", store, &e);
	if (d->n)
		qsort(d->images, d->n, sizeof *d->images, by_id);
	if (!engine_list(d->x, "docker", folder, &entry, &n))
		return;
	for (size_t i = 0; i < n && !scan_stopped(d->x->scan); i++)
		if (engine_read(d->x, "docker", engine_path(d->x, folder, entry[i].name, ""),
			    &text))
			emit_image(d, entry[i].name, text);
}

static void look_docker(struct engines *x, const char *root, struct span owner)
{
	struct docker d = { .x = x, .root = root, .owner = owner };
	const char *path = arena_format(x->arena, "%s/containers", root);
	struct host_entry *entry;
	size_t n;

	if (engine_list(x, "docker", path, &entry, &n))
		for (size_t i = 0; i < n && !scan_stopped(x->scan); i++)
			if (entry[i].type == DT_DIR || entry[i].type == DT_UNKNOWN)
				look_docker_container(&d, entry[i].name);
	path = arena_format(x->arena, "%s/image", root);
	if (engine_list(x, "docker", path, &entry, &n))
		for (size_t i = 0; i < n; i++) /* a folder for each storage driver */
			look_docker_images(&d, engine_path(x, path, entry[i].name, ""));
}

/* Where the administrator put it; "data-root", in old versions "graph". */
static void look_docker_elsewhere(struct engines *x)
{
	static const char *const files[] = { "etc/docker/daemon.json",
		"var/snap/docker/current/config/daemon.json" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_FREE(jval) v = NULL;
		struct span text, root;
		struct err e;

		if (!engine_read(x, "docker", files[i], &text) || !text.n)
			continue;
		if (jval_parse(text, &v, &e) < 0) {
			engine_gap(x, "docker", files[i], &e);
			continue;
		}
		root = jval_text(jval_at(v, "data-root"));
		if (!root.n)
			root = jval_text(jval_at(v, "graph"));
		if (root.n && root.p[0] == '/' && !span_is(root, "/var/lib/docker"))
			look_docker(x, arena_text(x->arena, span_from_offset(root, 1)), SPAN_NONE);
	}
}

/* ---- all ---- */

static void look_home(struct engines *x, const char *home, struct span user)
{
	const char *share = arena_format(x->arena, "%s/.local/share", home);
	struct stat st;
	struct err e;

	if (host_stat(x->host, share, false, &st, &e) < 0)
		return;
	look_docker(x, arena_format(x->arena, "%s/docker", share), user);
	look_storage(x, arena_format(x->arena, "%s/containers/storage", share),
		arena_format(x->arena, "run/user/%u/containers", (unsigned)st.st_uid), user);
	look_lxc(x, arena_format(x->arena, "%s/lxc", share), user);
}

static int scan(struct scan *s, struct err *e)
{
	struct engines x = { .scan = s, .host = scan_host(s), .arena = scan_arena(s) };
	struct host_entry *entry;
	size_t n;

	(void)e;
	look_docker(&x, "var/lib/docker", SPAN_NONE);
	look_docker(&x, "var/snap/docker/common/var-lib-docker", SPAN_NONE);
	look_docker_elsewhere(&x);
	look_storage(&x, "var/lib/containers/storage", "run/containers/storage", SPAN_NONE);
	look_containerd(&x);
	look_machines(&x);
	look_lxc(&x, "var/lib/lxc", SPAN_NONE);
	look_home(&x, "root", span_of("root"));
	if (host_list(x.host, "home", NAMES_MAX * 10, x.arena, &entry, &n, e) == 0)
		for (size_t i = 0; i < n && !scan_stopped(s); i++)
			if (entry[i].type != DT_REG)
				look_home(&x, engine_path(&x, "home", entry[i].name, ""),
					entry[i].name);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/etc/docker/daemon.json", 0 },
	{ WATCH_FILE, "/var/lib/docker/containers/*/*.json", 0 },
	{ WATCH_FILE, "/var/lib/docker/containers/*", 0 },
	{ WATCH_FILE, "/var/lib/docker/image/*/repositories.json", 0 },
	{ WATCH_FILE, "/var/lib/docker/image/*/imagedb/content/sha256/*", 0 },
	{ WATCH_FILE, "/var/snap/docker/**/containers/*/*.json", 0 },
	{ WATCH_FILE, "/var/snap/docker/*/config/daemon.json", 0 },
	{ WATCH_FILE, "/var/lib/containers/storage/*-containers/*.json", 0 },
	{ WATCH_FILE, "/var/lib/containers/storage/*-images/*.json", 0 },
	{ WATCH_FILE, "/run/containers/storage/*-containers/*/userdata/*", 0 },
	{ WATCH_FILE, "/var/lib/containers/storage/*-containers/*/userdata/*", 0 },
	{ WATCH_FILE, "/run/containerd/io.containerd.runtime.v2.task/*/*/*", 0 },
	{ WATCH_FILE, "/run/containerd/io.containerd.runtime.v2.task/*/*", 0 },
	{ WATCH_FILE, "/run/k3s/containerd/io.containerd.runtime.v2.task/*/*/*", 0 },
	{ WATCH_FILE, "/etc/systemd/nspawn/*", 0 },
	{ WATCH_FILE, "/run/systemd/nspawn/*", 0 },
	{ WATCH_FILE, "/run/systemd/machines/*", 0 },
	{ WATCH_FILE, "/var/lib/machines/*", 0 },
	{ WATCH_FILE, "/var/lib/lxc/*/config", 0 },
	{ WATCH_FILE, "/var/lib/lxc/*", 0 },
	{ WATCH_FILE, "/home/*/.local/share/**/containers/*/*.json", 0 },
	{ WATCH_FILE, "/home/*/.local/share/containers/storage/*/*.json", 0 },
	{ WATCH_FILE, "/home/*/.local/share/lxc/*/config", 0 },
	{ WATCH_POLL, NULL, 10 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_container = {
	.kind = &kind_container,
	.source = "container stores",
	.scan = scan,
	.watches = watches,
};
