#include "change/packaged.h"

#include <stdlib.h>

#include "change/below.h"
#include "change/found.h"
#include "change/keys.h"
#include "change/scan.h"
#include "core/cbor.h"
#include "core/mem.h"
#include "entity/file.h"
#include "entity/package.h"
#include "host/host.h"
#include "os/clock.h"
#include "store/stage.h"

#define KEY_BYTES ((size_t)1 << 20)
#define FOLDERS_MAX ((size_t)1 << 20) /* of nobody; of more the entries are told one by one */

/* ---- what to look at ---- */

/* Nothing that packages deliver is looked for elsewhere: not in homes, below /mnt, or where other
 * systems are stored whole. */
#define FIELDS "type, mode, uid, gid, owner, group, size, target, caps, mtime, package"
static const char rules[] =
	"version: 1\n"
	"rules:\n"
	"  - id: packaged-file\n"
	"    title: Files that are not what their package delivered\n"
	"    severity: high\n"
	"    kind: file\n"
	"    base: [/bin, /boot, /etc, /lib, /lib32, /lib64, /libx32, /opt, /sbin, /srv, /usr]\n"
	"    include: [{ key: \"**\", package: true }]\n"
	"    fields: [" FIELDS ", %s]\n"
	"  - id: packaged-data\n"
	"    title: Files in /var that are not what their package delivered\n"
	"    severity: medium\n"
	"    kind: file\n"
	"    base: /var\n"
	"    include: [{ key: \"**\", package: true }]\n"
	"    exclude: [\"tmp/**\", \"lib/docker/**\", \"lib/containers/**\", "
	"\"lib/containerd/**\", \"lib/machines/**\", \"lib/lxc/**\", \"lib/flatpak/**\", "
	"\"lib/snapd/**\"]\n"
	"    fields: [" FIELDS ", %s]\n"
	"  - id: packaged-config\n"
	"    title: Settings that differ from what the package delivered\n"
	"    severity: low\n"
	"    kind: file\n"
	"    base: /etc\n"
	"    include: [{ key: \"**\", package: true }]\n"
	"    fields: [type, package]\n"
	"  - id: unpackaged-bytecode\n"
	"    title: Python bytecode that was compiled after the installation\n"
	"    severity: info\n"
	"    kind: file\n"
	"    base: /usr\n"
	"    include: [\"**/__pycache__/**\"]\n"
	"    fields: [type, package]\n"
	"  - id: unpackaged-file\n"
	"    title: Files in the system's folders that belong to no package\n"
	"    severity: medium\n"
	"    kind: file\n"
	"    base: [/usr, /bin, /sbin, /lib, /lib32, /lib64, /libx32, /boot, /opt]\n"
	"    exclude: [\"local/**\", \"src/**\", { key: \"**\", target: \"/etc/alternatives/*\" "
	"}]\n"
	"    fields: [" FIELDS "]\n";

static bool is_there(struct host *h, const char *path)
{
	struct stat st;
	struct err e;

	return host_stat(h, path, false, &st, &e) == 0;
}

/* Only digests that some database here has. */
static const char *digests(const struct scan_options *o)
{
	struct host_options options = { .root = o->root };
	AUTO_FREE(host) h = NULL;
	struct err e;

	if (host_open(&h, &options, &e) < 0)
		return "sha256";
	if (is_there(h, "var/lib/dpkg/status"))
		return is_there(h, "var/lib/rpm") ? "md5, sha256" : "md5";
	return is_there(h, "lib/apk/db/installed") ? "sha1" : "sha256, md5";
}

int packaged_policy(struct policy **ret, const struct scan_options *o, struct err *e)
{
	AUTO(problems) problems = { 0 };
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	buf_addf(&text, rules, digests(o), digests(o));
	return policy_load_text(ret, "packages", buf_span(&text), false, &problems, e);
}

/* ---- what there is: on scratch paper, in key order ---- */

struct check {
	struct store *store;
	const struct policy *policy;
	struct scan_options options;
	const struct check_listener *listener;
	struct check_summary summary;
	struct gaps *gaps;
	struct stage *seen; /* stored key → CBOR array [shared, local] */
	struct below below;
	/* the merge: what was seen and is not compared yet */
	bool more;
	struct buf key, shared, local;
	struct folder *folders; /* of nobody, in key order */
	size_t n_folders, cap_folders;
	struct arena *arena; /* of one finding */
	struct arena *keep;  /* of the folders */
	int64_t time;
};

struct folder {
	struct span key; /* stored */
	size_t root;     /* the topmost of nobody it is in; itself: it is that */
	uint64_t below;
	struct side is;
};

static void check_done(struct check *c)
{
	gaps_free(c->gaps);
	stage_close(c->seen);
	below_done(&c->below);
	buf_done(&c->key);
	buf_done(&c->shared);
	buf_done(&c->local);
	free(c->folders);
	arena_freep(&c->arena);
	arena_freep(&c->keep);
}

static int begin(void *ctx, const struct kind *k, struct err *e)
{
	(void)ctx, (void)k, (void)e;
	return 0;
}

static int see(void *ctx, const struct observation *o, struct err *e)
{
	AUTO(buf) value = BUF_INIT(BUF_MAX_DEFAULT);
	struct check *c = ctx;

	c->summary.entities[kind_file.id]++;
	cbor_put_array(&value, 2);
	cbor_put_bytes(&value, o->shared);
	cbor_put_bytes(&value, o->local);
	return stage_put(c->seen, o->key, buf_span(&value), e);
}

static int never_same(void *ctx, struct span key, const struct record *stamp, struct err *e)
{
	(void)ctx, (void)key, (void)stamp, (void)e;
	return 0;
}

static int never_gone(void *ctx, struct span key, struct err *e)
{
	(void)ctx, (void)key, (void)e;
	return 0;
}

static int observe(struct check *c, const struct observer *observer,
	const struct sensor *const *from, struct err *e)
{
	struct scan scan = { .store = c->store,
		.options = &c->options,
		.policy = c->policy,
		.observer = observer,
		.ctx = c,
		.listener = c->listener,
		.summary = &c->summary,
		.gaps = c->gaps,
		.sensors = from };
	int rc;

	scan_init(&scan);
	rc = scan_run(&scan, e);
	scan_done(&scan);
	return rc;
}

/* ---- telling ---- */

static int read_side(struct check *c, const struct side *side, struct span key, struct record **ret,
	struct err *e)
{
	struct record *r = record_new(c->arena, &kind_file);

	if (!side->known)
		return 0;
	r->key = key;
	if (record_decode(arena_copy(c->arena, side->shared), arena_copy(c->arena, side->local), r,
		    e) < 0)
		return e->code;
	*ret = r;
	return 0;
}

static int tell_one(struct check *c, const char *rule_id, struct change *x, struct err *e)
{
	const struct rule *rule = policy_rule(c->policy, span_of(rule_id));
	struct ledger_record r = { .type = RECORD_CHANGE, .time = c->time };

	x->kind = &kind_file;
	x->observed = OBSERVED_SCAN;
	x->rule = span_of(rule->id);
	x->severity = rule->severity;
	x->who_unknown = span_of("compared with the package, not seen as it happened");
	c->summary.changes[x->type]++;
	r.change = *x;
	return c->listener && c->listener->record ? c->listener->record(c->listener->ctx, &r, e)
						  : 0;
}

static const char *rule_for(struct span path)
{
	return span_starts(path, span_of("/etc/"))   ? "packaged-config"
	       : span_starts(path, span_of("/var/")) ? "packaged-data"
						     : "packaged-file";
}

/* ---- comparing ---- */

/* A folder may be reached by a link (merged /usr); and what could not be read is a gap's word. */
static uint64_t differing(const struct record *says, const struct record *is)
{
	uint64_t all = says->has & ~field_bit(FILE_PACKAGE);
	uint64_t digest = field_bit(FILE_MD5) | field_bit(FILE_SHA1) | field_bit(FILE_SHA256);
	uint64_t type = field_bit(FILE_TYPE);

	if (record_has(is, FILE_TYPE) && is->v[FILE_TYPE].number == FILE_SYMLINK &&
		record_has(says, FILE_TYPE) && says->v[FILE_TYPE].number == FILE_DIRECTORY)
		return 0;
	if (record_has(says, FILE_TYPE) && record_has(is, FILE_TYPE) &&
		says->v[FILE_TYPE].number != is->v[FILE_TYPE].number)
		return type;
	all &= ~(digest & ~is->has);
	return record_diff(says, is) & all;
}

static int compare_one(struct check *c, const struct side *says, struct err *e)
{
	struct side is = { true, buf_span(&c->shared), buf_span(&c->local) };
	AUTO(buf) text = BUF_INIT(KEY_BYTES);
	struct change x = { .type = CHANGE_UPDATED };
	const struct kind *k;

	arena_clear(c->arena);
	if (stored_key_text(buf_span(&c->key), &k, &text, e) < 0)
		return e->code;
	x.key = buf_span(&text);
	if (read_side(c, says, x.key, &x.was, e) < 0 || read_side(c, &is, x.key, &x.is, e) < 0)
		return e->code;
	x.fields = differing(x.was, x.is);
	return x.fields ? tell_one(c, rule_for(x.key), &x, e) : 0;
}

static int tell_missing(struct check *c, const struct observation *o, struct err *e)
{
	struct side says = { true, o->shared, o->local };
	AUTO(buf) text = BUF_INIT(KEY_BYTES);
	struct change x = { .type = CHANGE_DELETED };
	struct selection sel;
	const struct kind *k;
	int covered = gaps_cover(c->gaps, o->key, e);

	if (covered != 0)
		return covered < 0 ? covered : 0;
	arena_clear(c->arena);
	if (stored_key_text(o->key, &k, &text, e) < 0)
		return e->code;
	x.key = buf_span(&text);
	if (!policy_select(c->policy, k, x.key, NULL, &sel))
		return 0; /* not looked for */
	if (read_side(c, &says, x.key, &x.was, e) < 0)
		return e->code;
	return tell_one(c, rule_for(x.key), &x, e);
}

/* ---- what is nobody's ---- */

static bool find_folder(const struct check *c, struct span key, size_t *ret)
{
	size_t low = 0, high = c->n_folders;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = span_compare(c->folders[middle].key, key);

		if (order == 0) {
			*ret = middle;
			return true;
		}
		*(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
	}
	return false;
}

static void add_folder(struct check *c, size_t root, const struct side *is)
{
	if (c->n_folders == c->cap_folders) {
		c->cap_folders = c->cap_folders ? 2 * c->cap_folders : 64;
		c->folders = mem_grow(c->folders, c->cap_folders, sizeof *c->folders);
	}
	c->folders[c->n_folders++] = (struct folder){ .key = arena_copy(c->keep, buf_span(&c->key)),
		.root = root,
		.is = { is->known, arena_copy(c->keep, is->shared),
			arena_copy(c->keep, is->local) } };
}

static bool is_bytecode(struct span path)
{
	const struct span folder = span_of("/__pycache__");
	const char *hit = span_find(path, folder);

	return hit && (hit + folder.n == path.p + path.n || hit[folder.n] == '/');
}

static int tell_nobodys(struct check *c, struct span key, const struct side *is, uint64_t below,
	struct err *e)
{
	AUTO(buf) text = BUF_INIT(KEY_BYTES);
	struct change x = { .type = CHANGE_CREATED, .subtree = below };
	const struct kind *k;

	arena_clear(c->arena);
	if (stored_key_text(key, &k, &text, e) < 0)
		return e->code;
	x.key = buf_span(&text);
	if (read_side(c, is, x.key, &x.is, e) < 0)
		return e->code;
	return tell_one(c, is_bytecode(x.key) ? "unpackaged-bytecode" : "unpackaged-file", &x, e);
}

/* Is what was seen under this key selected as a system file, and nobody's? */
static int is_nobodys(struct check *c, const struct side *is, bool *ret_folder, struct err *e)
{
	AUTO(buf) text = BUF_INIT(KEY_BYTES);
	struct selection sel;
	struct record r = { 0 };

	if (stored_key_text(buf_span(&c->key), &r.kind, &text, e) < 0 ||
		record_decode(is->shared, is->local, &r, e) < 0)
		return e->code;
	r.key = buf_span(&text);
	*ret_folder = record_has(&r, FILE_TYPE) && r.v[FILE_TYPE].number == FILE_DIRECTORY;
	return !record_has(&r, FILE_PACKAGE) && policy_select(c->policy, r.kind, r.key, &r, &sel);
}

/* Entries come behind their folder: a folder of nobody's is known before what is in it. */
static int pass_nobodys(struct check *c, struct err *e)
{
	struct side is = { true, buf_span(&c->shared), buf_span(&c->local) };
	AUTO(buf) parent = BUF_INIT(KEY_BYTES);
	bool folder, inside;
	size_t at = 0;
	int rc = is_nobodys(c, &is, &folder, e);

	if (rc <= 0)
		return rc;
	inside = stored_key_parent(buf_span(&c->key), &parent) &&
		 find_folder(c, buf_span(&parent), &at);
	if (inside)
		c->folders[c->folders[at].root].below++;
	if (folder && c->n_folders < FOLDERS_MAX) {
		add_folder(c, inside ? c->folders[at].root : c->n_folders, &is);
		return 0;
	}
	return inside ? 0 : tell_nobodys(c, buf_span(&c->key), &is, 0, e);
}

/* ---- the merge ---- */

static int next_seen(struct check *c, struct err *e)
{
	struct span key, value, shared, local;
	struct cbor at;
	uint64_t n;
	int rc = stage_next(c->seen, &key, &value, e);

	c->more = rc > 0;
	if (rc <= 0)
		return rc;
	at = cbor_of(value);
	if (cbor_get_array(&at, &n, e) < 0 || cbor_get_bytes(&at, &shared, e) < 0 ||
		cbor_get_bytes(&at, &local, e) < 0)
		return e->code;
	buf_clear(&c->key);
	buf_clear(&c->shared);
	buf_clear(&c->local);
	buf_add_span(&c->key, key);
	buf_add_span(&c->shared, shared);
	buf_add_span(&c->local, local);
	return 0;
}

/* One file as delivered, in key order. */
static int deliver(void *ctx, const struct observation *o, struct err *e)
{
	struct check *c = ctx;
	struct side says = { true, o->shared, o->local };
	int order = 1;

	c->summary.entities[kind_package.id]++;
	if (!below_holds(&c->below, o->key))
		return 0;
	while (c->more && (order = span_compare(buf_span(&c->key), o->key)) < 0)
		if (pass_nobodys(c, e) < 0 || next_seen(c, e) < 0)
			return e->code;
	if (!c->more || order != 0)
		return tell_missing(c, o, e);
	if (compare_one(c, &says, e) < 0)
		return e->code;
	return next_seen(c, e);
}

static int tell_folders(struct check *c, struct err *e)
{
	for (size_t i = 0; i < c->n_folders; i++) {
		const struct folder *f = &c->folders[i];

		if (f->root == i && tell_nobodys(c, f->key, &f->is, f->below, e) < 0)
			return e->code;
	}
	return 0;
}

static int tell_gap(void *ctx, const struct gap *gap, struct err *e)
{
	struct check *c = ctx;
	struct ledger_record r = { .type = RECORD_GAP, .time = c->time };

	r.gap = (struct gap_note){ gap->kind, gap->key, gap->subtree,
		span_of(gap_reason_names[gap->reason]), span_of(gap->text) };
	return c->listener && c->listener->record ? c->listener->record(c->listener->ctx, &r, e)
						  : 0;
}

static const struct observer seeing = {
	.begin = begin,
	.put = see,
	.same = never_same,
	.put_late = see,
	.gone_late = never_gone,
	.end = begin,
};
static const struct observer delivering = {
	.begin = begin,
	.put = deliver,
	.same = never_same,
	.put_late = deliver,
	.gone_late = never_gone,
	.end = begin,
};

static int run(struct check *c, struct err *e)
{
	if (stage_open(&c->seen, c->store, e) < 0 ||
		below_init(&c->below, &c->options, &kind_file, e) < 0 ||
		observe(c, &seeing, sensors, e) < 0)
		return e->code;
	stage_rewind(c->seen);
	if (next_seen(c, e) < 0 || observe(c, &delivering, sensors_delivered, e) < 0)
		return e->code;
	while (c->more)
		if (pass_nobodys(c, e) < 0 || next_seen(c, e) < 0)
			return e->code;
	c->summary.ended = clock_end(c->summary.started);
	c->summary.gaps = gaps_count(c->gaps);
	return tell_folders(c, e) < 0 ? e->code : gaps_each(c->gaps, tell_gap, c, e);
}

int packaged_check(struct store *s, const struct policy *p, const struct scan_options *o,
	const struct check_listener *l, struct check_summary *ret, struct err *e)
{
	AUTO(check) c = { .store = s, .policy = p, .options = *o, .listener = l };

	c.options.kind = &kind_file;
	c.options.trust_stamps = false;
	c.gaps = gaps_new(s);
	c.arena = arena_new();
	c.keep = arena_new();
	c.key = c.shared = c.local = BUF_INIT(BUF_MAX_DEFAULT);
	c.time = c.summary.started = clock_now();
	if (run(&c, e) < 0)
		return e->code;
	*ret = c.summary;
	return 0;
}
