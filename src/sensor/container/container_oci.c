#include "sensor/container/container_oci.h"

#define ALL_CAPABILITIES 38 /* as many as Linux 5.8 had */

/* What docker, podman and containerd give when nothing is asked for; podman gives fewer. */
static const char *const usual[] = { "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE",
	"CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",
	"CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT" };

static bool contains(struct span s, struct span what)
{
	return what.n >= 12 && s.n >= what.n && memmem(s.p, s.n, what.p, what.n);
}

static bool has_item(const struct jval *list, const char *text)
{
	for (size_t i = 0; i < jval_count(list); i++)
		if (span_is(jval_text(jval_item(list, i)), text))
			return true;
	return false;
}

static bool is_usual(struct span capability)
{
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (span_is(capability, usual[i]))
			return true;
	return false;
}

/* Folders and files of the host. What the engine makes for each container (hostname, resolv.conf)
 * has the container's or the pod's number in its path and is no news. */
static void fill_mounts(struct arena *a, struct record *r, const struct jval *v, struct span id,
	struct span pod_id)
{
	const struct jval *list = jval_at(v, "mounts");
	struct fill f = { .arena = a };

	for (size_t i = 0; i < jval_count(list); i++) {
		const struct jval *m = jval_item(list, i), *options = jval_at(m, "options");
		struct span source = jval_text(jval_at(m, "source"));
		struct span target = jval_text(jval_at(m, "destination"));

		if (!span_is(jval_text(jval_at(m, "type")), "bind") && !has_item(options, "bind") &&
			!has_item(options, "rbind"))
			continue;
		if (contains(source, id) || contains(source, pod_id))
			continue;
		fill_addf(&f, "%.*s:%.*s:%s", SPAN_ARG(source), SPAN_ARG(target),
			has_item(options, "ro") ? "ro" : "rw");
	}
	fill_set(&f, r, CONTAINER_MOUNTS);
}

/* A namespace that the bundle does not name is the host's. */
static const char *namespace_of(const struct jval *list, const char *type)
{
	for (size_t i = 0; i < jval_count(list); i++) {
		const struct jval *n = jval_item(list, i);
		struct span path = jval_text(jval_at(n, "path"));

		if (!span_is(jval_text(jval_at(n, "type")), type))
			continue;
		if (span_starts(path, span_of("/proc/")))
			return span_starts(path, span_of("/proc/1/")) ? "host" : "shared";
		return "private";
	}
	return "host";
}

static void fill_namespaces(struct record *r, const struct jval *v)
{
	static const struct {
		unsigned field;
		const char *type;
	} rows[] = { { CONTAINER_NETWORK, "network" }, { CONTAINER_PID_MODE, "pid" },
		{ CONTAINER_IPC_MODE, "ipc" }, { CONTAINER_USERNS_MODE, "user" } };
	const struct jval *list = jval_at(v, "linux/namespaces");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		fill_text(r, rows[i].field, span_of(namespace_of(list, rows[i].type)));
}

static void fill_rights(struct arena *a, struct record *r, const struct jval *v)
{
	const struct jval *caps = jval_at(v, "process/capabilities/bounding");
	struct span profile = jval_text(jval_at(v, "process/apparmorProfile"));
	struct span label = jval_text(jval_at(v, "process/selinuxLabel"));
	bool filtered = jval_is_object(jval_at(v, "linux/seccomp"));
	struct fill added = { .arena = a }, security = { .arena = a };

	for (size_t i = 0; i < jval_count(caps) && jval_count(caps) < ALL_CAPABILITIES; i++) {
		struct span cap = jval_text(jval_item(caps, i));

		if (!is_usual(cap))
			fill_add(&added, arena_copy(a, cap));
	}
	if (jval_count(caps) >= ALL_CAPABILITIES)
		fill_add(&added, span_of("ALL"));
	fill_set(&added, r, CONTAINER_CAP_ADD);
	fill_add(&security, span_of(filtered ? "seccomp" : "seccomp=unconfined"));
	if (profile.n)
		fill_addf(&security, "apparmor=%.*s", SPAN_ARG(profile));
	if (label.n)
		fill_addf(&security, "label=%.*s", SPAN_ARG(label));
	if (jval_true(jval_at(v, "process/noNewPrivileges")))
		fill_add(&security, span_of("no-new-privileges"));
	fill_set(&security, r, CONTAINER_SECURITY);
	/* what `--privileged` does, whichever engine it was said to */
	record_set_number(r, CONTAINER_PRIVILEGED,
		has_item(caps, "CAP_SYS_ADMIN") && !filtered &&
			jval_count(jval_at(v, "linux/maskedPaths")) == 0);
	record_set_number(r, CONTAINER_READ_ONLY, jval_true(jval_at(v, "root/readonly")));
}

static void fill_process(struct arena *a, struct record *r, const struct jval *v)
{
	const struct jval *args = jval_at(v, "process/args");
	const struct jval *devices = jval_at(v, "linux/devices");
	struct fill command = { .arena = a }, paths = { .arena = a };
	bool all = r->v[CONTAINER_PRIVILEGED].number; /* every device there was when it was made */
	uint64_t uid, gid = 0;

	for (size_t i = 0; i < jval_count(args); i++)
		fill_add(&command, arena_copy(a, jval_text(jval_item(args, i))));
	fill_list(&command, r, CONTAINER_COMMAND);
	if (jval_number(jval_at(v, "process/user/uid"), &uid)) {
		(void)jval_number(jval_at(v, "process/user/gid"), &gid);
		fill_text(r, CONTAINER_USER,
			span_of(arena_format(a, "%llu:%llu", (unsigned long long)uid,
				(unsigned long long)gid)));
	}
	fill_environment(a, r, jval_at(v, "process/env"));
	if (all)
		fill_add(&paths, span_of("ALL"));
	for (size_t i = 0; i < jval_count(devices) && !all; i++)
		fill_add(&paths, arena_copy(a, jval_text(jval_at(jval_item(devices, i), "path"))));
	fill_set(&paths, r, CONTAINER_DEVICES);
}

/* The first of these annotations that is there. Their names hold slashes, so no path reaches them.
 */
static struct span annotation(struct arena *a, const struct jval *v, const char *const names[])
{
	const struct jval *all = jval_at(v, "annotations"), *one;
	struct span name;

	for (size_t i = 0; names[i]; i++)
		for (void *at = NULL; (one = jval_member(all, &at, &name));)
			if (span_is(name, names[i]))
				return arena_copy(a, jval_text(one));
	return SPAN_NONE;
}

static struct span find_names(struct arena *a, const struct jval *v, struct oci_names *ret)
{
	static const char *const name[] = { "io.kubernetes.cri.container-name",
		"io.kubernetes.container.name", "nerdctl/name", NULL };
	static const char *const pod[] = { "io.kubernetes.cri.sandbox-name",
		"io.kubernetes.pod.name", NULL };
	static const char *const folder[] = { "io.kubernetes.cri.sandbox-namespace",
		"io.kubernetes.pod.namespace", NULL };
	static const char *const type[] = { "io.kubernetes.cri.container-type",
		"io.kubernetes.cri-o.ContainerType", NULL };
	static const char *const pod_id[] = { "io.kubernetes.cri.sandbox-id",
		"io.kubernetes.cri-o.SandboxID", NULL };

	*ret = (struct oci_names){ .name = annotation(a, v, name),
		.pod = annotation(a, v, pod),
		.folder = annotation(a, v, folder),
		.sandbox = span_is(annotation(a, v, type), "sandbox") };
	ret->kubernetes = ret->pod.n > 0;
	return annotation(a, v, pod_id);
}

int oci_container(struct span text, struct span id, struct arena *a, struct record *ret,
	struct oci_names *ret_names, struct err *e)
{
	static const char *const image[] = { "io.kubernetes.cri.image-name",
		"io.kubernetes.cri-o.ImageName", "org.opencontainers.image.ref.name",
		"nerdctl/image-name", NULL };
	AUTO_FREE(jval) v = NULL;
	struct span pod_id;

	if (jval_parse(text, &v, e) < 0)
		return e->code;
	if (!jval_is_object(v))
		return err_set(e, ERR_FORMAT, "no bundle of a container");
	pod_id = find_names(a, v, ret_names);
	record_set_number(ret, CONTAINER_TYPE, CONTAINER_CONTAINER);
	fill_rights(a, ret, v);
	fill_process(a, ret, v);
	fill_namespaces(ret, v);
	fill_mounts(a, ret, v, id, pod_id);
	fill_text(ret, CONTAINER_IMAGE, annotation(a, v, image));
	fill_labels(a, ret, jval_at(v, "annotations"));
	fill_text(ret, CONTAINER_ID, id);
	return 0;
}

/* ---- containers/storage ---- */

int stored_containers(struct span text, stored_each *each, void *ctx, struct err *e)
{
	AUTO_FREE(jval) v = NULL;

	if (jval_parse(text, &v, e) < 0)
		return e->code;
	for (size_t i = 0; i < jval_count(v); i++) {
		const struct jval *c = jval_item(v, i);
		struct span metadata = jval_text(jval_at(c, "metadata"));
		AUTO_FREE(jval) m = NULL;
		struct stored s = { .id = jval_text(jval_at(c, "id")),
			.name = jval_text(jval_item(jval_at(c, "names"), 0)),
			.image_id = jval_text(jval_at(c, "image")),
			.created = jval_text(jval_at(c, "created")) };

		if (metadata.n && jval_parse(metadata, &m, e) == 0)
			s.image = jval_text(jval_at(m, "image-name"));
		if (s.id.n)
			each(ctx, &s);
	}
	return 0;
}

int stored_images(struct span text, stored_each *each, void *ctx, struct err *e)
{
	AUTO_FREE(jval) v = NULL;

	if (jval_parse(text, &v, e) < 0)
		return e->code;
	for (size_t i = 0; i < jval_count(v); i++) {
		const struct jval *c = jval_item(v, i);
		struct stored s = { .id = jval_text(jval_at(c, "id")),
			.names = jval_at(c, "names"),
			.digest = jval_text(jval_at(c, "digest")),
			.created = jval_text(jval_at(c, "created")) };

		if (s.id.n)
			each(ctx, &s);
	}
	return 0;
}
