/* The stores of Windows are read where they are kept, in the registry, and not by CertOpenStore:
 * what crypt32 makes of them may be fetched from the network, and hides what it cannot take apart.
 */
#include "entity/certificate.h"

#include <stdlib.h>

#include "core/attr.h"
#include "entity/list.h"
#include "host/windows/hive.h"
#include "os/clock.h"
#include "os/windows/wide.h"
#include "sensor/certificate/cert_blob.h"
#include "sensor/certificate/cert_record.h"
#include "sensor/certificate/certificate_room.h"

#define MACHINE "HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\"
#define GROUP_POLICY "HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\"
#define ENTERPRISE "HKLM\\SOFTWARE\\Microsoft\\EnterpriseCertificates\\"
#define CERTIFICATES_MAX ((size_t)100000)
#define BLOB_MAX ((size_t)1 << 20)

static const char *const places[][2] = {
	{ "machine", MACHINE },
	{ "policy", GROUP_POLICY },
	{ "enterprise", ENTERPRISE },
};
static const char *const stores[] = { "Root", "AuthRoot", "CA", "My", "TrustedPublisher",
	"TrustedPeople", "SmartCardRoot", "NTAuth", "Disallowed" };
/* Of users: what they themselves trust or do not. */
static const char *const user_stores[] = { "Root", "CA", "TrustedPublisher", "TrustedPeople",
	"Disallowed" };

/* One entry of one store. */
struct entry {
	struct record *record; /* shared by all entries of one certificate once they are sorted */
	struct span store;
	struct span friendly;
	bool has_key, distrusts;
	size_t at;
};

struct room {
	struct scan *scan;
	struct arena *arena;
	struct buf list;
	int64_t now;
	const char *owner; /* in front of keys: "", or "user:SID:" of a user's stores */
	bool torn;         /* some store could not be read: where else one is, nobody knows */
};

/* What was in the store that cannot be read may have been any certificate of this owner. */
static void tell(struct room *x, const struct err *why)
{
	x->torn = true;
	scan_gap_err(x->scan, &kind_certificate, span_of(x->owner), true, why);
}

static struct span friendly_of(struct arena *a, struct span utf16)
{
	size_t n = utf16.n / 2;
	wchar_t *w = arena_get(a, (n + 1) * sizeof *w);

	if (n)
		memcpy(w, utf16.p, n * 2);
	return wide_to_span_z(a, w);
}

static struct span key_of(struct room *x, const char *what, struct span name,
	const uint8_t digest[SHA256_SIZE])
{
	return cert_key(x->arena, arena_format(x->arena, "%s%s", x->owner, what), name, digest);
}

static void set_certificate(struct room *x, struct entry *one, struct span der, struct span name)
{
	uint8_t digest[SHA256_SIZE];
	struct record *r = one->record;
	struct x509 c;
	struct err e;

	if (!der.n) { /* distrusted by its digest alone */
		record_set_number(r, CERTIFICATE_TYPE, CERTIFICATE_OPAQUE);
		r->key = span_of(
			arena_format(x->arena, "%sthumbprint:%.*s", x->owner, SPAN_ARG(name)));
		return;
	}
	sha256_once(der.p, der.n, digest);
	record_set_bytes(r, CERTIFICATE_SHA256,
		arena_copy(x->arena, span_from(digest, SHA256_SIZE)));
	if (x509_parse(der, x->arena, &c, &e) < 0) {
		record_set_number(r, CERTIFICATE_TYPE, CERTIFICATE_OPAQUE);
		r->key = key_of(x, "ca", SPAN_NONE, digest);
		return;
	}
	record_set_number(r, CERTIFICATE_TYPE, CERTIFICATE_X509);
	/* By what it is, and not where it is: the key stays when it comes into another store. */
	r->key = key_of(x, c.is_ca || c.self_signed ? "ca" : "cert", c.name, digest);
	cert_fill(x->arena, r, &c, x->now);
}

static void read_entry(struct room *x, const struct hive *store, struct span name,
	struct span place, bool distrusts)
{
	struct entry one = { .store = place, .distrusts = distrusts, .at = x->list.n };
	AUTO_HIVE h = NULL;
	const struct hive_value *v;
	struct hive_values all;
	struct cert_blob blob;
	struct err e;

	if (hive_below(store, name, &h, &e) < 0 || hive_values(h, x->arena, &all, &e) < 0) {
		if (e.code != ERR_MISSING)
			tell(x, &e);
		return;
	}
	v = hive_find(&all, "Blob");
	if (!v)
		return;
	if (v->data.n > BLOB_MAX || cert_blob_parse(v->data, &blob, &e) < 0) {
		if (v->data.n > BLOB_MAX)
			(void)err_set(&e, ERR_LIMIT, "more than %zu bytes", BLOB_MAX);
		(void)err_prefix(&e, "entry '%.*s' of %.*s: ", SPAN_ARG(name), SPAN_ARG(place));
		tell(x, &e);
		return;
	}
	one.record = record_new(x->arena, &kind_certificate);
	set_certificate(x, &one, blob.der, name);
	record_set_bytes(one.record, CERTIFICATE_THUMBPRINT, name);
	one.friendly = friendly_of(x->arena, blob.friendly);
	one.has_key = blob.has_key;
	buf_add(&x->list, &one, sizeof one);
}

static void read_store(struct room *x, const char *path, struct span place, bool distrusts)
{
	const char *full = arena_format(x->arena, "%s\\Certificates", path);
	AUTO_HIVE h = NULL;
	struct span *names;
	struct err e;
	size_t n;

	if (hive_open(full, HIVE_64, &h, &e) < 0 || hive_keys(h, x->arena, &names, &n, &e) < 0) {
		if (e.code != ERR_MISSING)
			tell(x, &e);
		return;
	}
	for (size_t i = 0; i < n && !scan_stopped(x->scan); i++)
		read_entry(x, h, names[i], place, distrusts);
}

static void read_stores(struct room *x, const char *place, const char *base,
	const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *path = arena_format(x->arena, "%s%s", base, names[i]);
		const char *store = arena_format(x->arena, "%s/%s", place, names[i]);

		read_store(x, path, span_of(store), strcmp(names[i], "Disallowed") == 0);
	}
}

static void read_user(struct room *x, struct span sid)
{
	static const char *const below[] = { "SOFTWARE\\Microsoft\\SystemCertificates\\",
		"SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\" };

	for (size_t i = 0; i < ARRAY_LEN(below); i++)
		read_stores(x, i ? "user-policy" : "user",
			arena_format(x->arena, "HKU\\%.*s\\%s", SPAN_ARG(sid), below[i]),
			user_stores, ARRAY_LEN(user_stores));
}

/* The stores of one user are entities of their own: who logs off takes them out of sight, and they
 * are not gone. */
static void read_users(struct room *x)
{
	struct gap gap = { .kind = &kind_certificate,
		.subtree = true,
		.reason = GAP_AWAY,
		.text = "this user is logged off, and the registry of the user not loaded" };
	struct hive_user *users;
	struct err e;
	size_t n;

	if (hive_users(x->arena, &users, &n, &e) < 0) {
		x->owner = "user:";
		tell(x, &e);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		x->owner = arena_format(x->arena, "user:%.*s:", SPAN_ARG(users[i].sid));
		gap.key = span_of(x->owner);
		if (users[i].loaded)
			read_user(x, users[i].sid);
		else
			scan_gap(x->scan, &gap);
	}
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = span_compare(x->record->key, y->record->key);

	return r ? r : (x->at > y->at) - (x->at < y->at);
}

/* All entries of one certificate. */
static void emit(struct room *x, const struct entry *one, size_t n)
{
	const uint64_t of_places =
		field_bit(CERTIFICATE_STORES) | field_bit(CERTIFICATE_DISTRUSTED) |
		field_bit(CERTIFICATE_PRIVATE_KEY) | field_bit(CERTIFICATE_FRIENDLY_NAME);
	struct span *names = arena_get(x->arena, n * sizeof *names);
	struct record *r = one[0].record;
	bool distrusted = false, has_key = false;

	for (size_t i = 0; i < n; i++) {
		names[i] = one[i].store;
		distrusted |= one[i].distrusts;
		has_key |= one[i].has_key;
		if (one[i].friendly.n && !record_has(r, CERTIFICATE_FRIENDLY_NAME))
			record_set_bytes(r, CERTIFICATE_FRIENDLY_NAME, one[i].friendly);
	}
	record_set_set(r, CERTIFICATE_STORES, x->arena, names, n);
	record_set_number(r, CERTIFICATE_DISTRUSTED, distrusted);
	record_set_number(r, CERTIFICATE_PRIVATE_KEY, has_key);
	scan_emit_part(x->scan, r, x->torn ? of_places : 0);
}

static void emit_all(struct room *x)
{
	struct entry *list = (void *)x->list.p;
	size_t n = x->list.n / sizeof *list, end;

	if (n)
		qsort(list, n, sizeof *list, compare);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (!span_same(list[i].record->key, list[end].record->key))
				break;
		emit(x, &list[i], end - i);
	}
}

static int scan(struct scan *s, struct err *e)
{
	struct room x = { .scan = s,
		.arena = scan_arena(s),
		.list = BUF_INIT(CERTIFICATES_MAX * sizeof(struct entry)),
		.owner = "",
		.now = clock_now() };
	bool full;

	if (!scan_asks_kind(s, &kind_certificate))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		read_stores(&x, places[i][0], places[i][1], stores, ARRAY_LEN(stores));
	read_users(&x);
	full = x.list.full;
	if (!full)
		emit_all(&x);
	buf_done(&x.list);
	return full ? err_set(e, ERR_LIMIT, "more than %zu certificates", CERTIFICATES_MAX) : 0;
}

static const struct watch_source watches[] = {
	{ WATCH_REGISTRY, "HKLM\\SOFTWARE\\Microsoft\\SystemCertificates", 0 },
	{ WATCH_REGISTRY, "HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates", 0 },
	{ WATCH_REGISTRY, "HKLM\\SOFTWARE\\Microsoft\\EnterpriseCertificates", 0 },
	{ WATCH_POLL, NULL, 60 }, /* the stores of users */
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_certificate = {
	.kind = &kind_certificate,
	.source = "certificate stores",
	.scan = scan,
	.needs = NEED_LIVE,
	.watches = watches,
};
