#include "entity/certificate.h"

#include <dirent.h>

#include "core/escape.h"
#include "core/hex.h"
#include "host/host.h"
#include "sensor/certificate/cert_apt.h"
#include "sensor/certificate/cert_efi.h"
#include "sensor/certificate/cert_pem.h"
#include "sensor/certificate/cert_pgp.h"
#include "sensor/certificate/cert_set.h"
#include "sensor/certificate/cert_store.h"
#include "sensor/certificate/certificate_room.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)
#define NAMES_MAX 20000
#define DEPTH_MAX 4
#define FILE_BUCKETS 1024
#define KEY_PREFIX_MAX 16

enum format { FORMAT_X509, FORMAT_STORE, FORMAT_EFI, FORMAT_PGP, FORMAT_FILE };

/* How what lies at a place is to be understood. */
struct place {
	const char *path;
	enum format format;
	unsigned stores; /* who trusts what is there */
	bool input;      /* bundles are made from it, be it one certificate or many */
	bool distrusted;
	const char *prefix; /* of keys of what is no X.509 */
};

/* A file is read once, whichever and however many names lead to it. */
struct file {
	struct file *next;
	dev_t dev;
	ino_t ino;
	struct cert **held;
	size_t n, cap;
};

struct trust {
	struct scan *scan;
	struct host *host;
	struct cert_set set;
	struct file *files[FILE_BUCKETS];
	/* the file being read */
	const struct place *place;
	struct span path; /* absolute */
	struct file *file;
};

/* ---- gaps ---- */

static const char *prefix_of(const struct place *p)
{
	return p->format == FORMAT_PGP || p->format == FORMAT_FILE ? p->prefix : "ca:";
}

static void gap(struct trust *t, const struct err *why)
{
	t->set.torn = true;
	scan_gap_err(t->scan, &kind_certificate, span_of(prefix_of(t->place)), true, why);
}

static const char *shown_path(struct trust *t)
{
	AUTO(buf) shown = BUF_INIT(1 << 16);

	escape_text(&shown, t->path);
	return arena_text(t->set.arena, buf_span(&shown));
}

/* ---- what a file holds ---- */

static void hold(struct trust *t, struct cert *c)
{
	struct file *f = t->file;

	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 4;
		struct cert **more = arena_get(t->set.arena, cap * sizeof(struct cert *));

		if (f->n)
			memcpy(more, f->held, f->n * sizeof(struct cert *));
		f->held = more;
		f->cap = cap;
	}
	f->held[f->n++] = c;
	cert_add_source(&t->set, c, t->path);
}

static bool is_certificate(struct span label)
{
	return span_is(label, "CERTIFICATE") || span_is(label, "TRUSTED CERTIFICATE") ||
	       span_is(label, "X509 CERTIFICATE");
}

/* Is there a line "NAME: true" in what p11-kit says above a certificate? */
static bool says_true(struct span text, const char *name)
{
	struct span line, want = span_of(name);

	while (text.n && span_cut(&text, '\n', &line)) {
		if (!span_starts(line, want))
			continue;
		line = span_from_offset(line, want.n);
		while (line.n && (line.p[0] == ':' || line.p[0] == ' ' || line.p[0] == '\t'))
			line = span_from_offset(line, 1);
		if (span_starts(line, span_of("true")))
			return true;
	}
	return false;
}

/* Behind a TRUSTED CERTIFICATE stands what OpenSSL trusts it for. */
static struct span first_der(struct span bytes, struct span label)
{
	size_t n = bytes.n;

	if (!span_starts(label, span_of("TRUSTED")) || bytes.n < 4 || (uint8_t)bytes.p[0] != 0x30 ||
		(uint8_t)bytes.p[1] != 0x82)
		return bytes;
	n = ((size_t)(uint8_t)bytes.p[2] << 8 | (uint8_t)bytes.p[3]) + 4;
	return n < bytes.n ? span_from(bytes.p, n) : bytes;
}

static void read_x509(struct trust *t, struct span text)
{
	struct pem pem = pem_of(text);
	struct pem_block b;
	size_t bad = 0, line = 0, good = 0;
	struct cert *c;
	struct err e;

	while (pem_next(&pem, t->set.arena, &b)) {
		if (!is_certificate(b.label))
			continue;
		if (b.bad && bad++ == 0)
			line = b.line;
		if (b.bad)
			continue;
		c = cert_of_der(&t->set, first_der(b.bytes, b.label));
		c->distrusted |= says_true(b.before, "x-distrusted");
		hold(t, c);
		good++;
	}
	if (!good && !bad && text.n && (uint8_t)text.p[0] == 0x30)
		hold(t, cert_of_der(&t->set, text));
	if (!bad)
		return;
	err_set(&e, ERR_FORMAT,
		"'%.300s' line %zu: a certificate that is no base64 or does not "
		"end%s",
		shown_path(t), line,
		bad > 1 ? arena_format(t->set.arena, ", and %zu more", bad - 1) : "");
	gap(t, &e);
}

static void hold_der(void *ctx, struct span alias, struct span der)
{
	struct trust *t = ctx;

	(void)alias;
	hold(t, cert_of_der(&t->set, der));
}

static void read_store(struct trust *t, struct span bytes)
{
	struct err e;
	int rc = bytes.n ? store_read(bytes, hold_der, t, &e) : 0;

	if (rc == 0)
		return;
	/* What is encrypted never was known: a gap would only hide what comes and goes elsewhere.
	 */
	if (rc != ERR_DENIED) {
		err_prefix(&e, "'%.300s': ", shown_path(t));
		gap(t, &e);
	}
	hold(t, cert_of_file(&t->set, "keystore", t->path, bytes));
}

static void read_efi(struct trust *t, struct span variable)
{
	struct efi_lists lists = efi_lists_of(variable);
	struct span der;
	struct err e;

	while (efi_lists_next(&lists, &der))
		hold(t, cert_of_der(&t->set, der));
	if (!lists.bad)
		return;
	err_set(&e, ERR_FORMAT, "'%.300s': no list of signatures", shown_path(t));
	gap(t, &e);
}

static int read_packets(struct trust *t, struct span packets, struct err *e)
{
	struct pgp_key k;
	int rc;

	while ((rc = pgp_next(&packets, t->set.arena, &k, e)) > 0)
		hold(t, cert_of_key(&t->set, t->place->prefix, &k));
	return rc;
}

static int read_armour(struct trust *t, struct span text, struct err *e)
{
	struct pem pem = pem_of(text);
	struct pem_block b;
	int rc = 0;

	while (pem_next(&pem, t->set.arena, &b)) {
		if (!span_is(b.label, "PGP PUBLIC KEY BLOCK"))
			continue;
		if (b.bad)
			rc = err_set(e, ERR_FORMAT, "line %zu: no base64, or no end", b.line);
		else if (read_packets(t, b.bytes, e) < 0)
			rc = e->code;
	}
	return rc;
}

static int read_keybox(struct trust *t, struct span file, struct err *e)
{
	struct span packets;
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && pgp_keybox_next(file, &at, &packets))
		rc = read_packets(t, packets, e);
	return rc;
}

/* What cannot be taken apart is still known by its digest. */
static void read_pgp(struct trust *t, struct span bytes)
{
	size_t before = t->file->n;
	struct err e;
	int rc;

	if (!bytes.n)
		return;
	if (pgp_is_keybox(bytes))
		rc = read_keybox(t, bytes, &e);
	else if ((uint8_t)bytes.p[0] & 0x80)
		rc = read_packets(t, bytes, &e);
	else
		rc = read_armour(t, bytes, &e);
	if (rc < 0 || t->file->n == before)
		hold(t, cert_of_file(&t->set, t->place->prefix, t->path, bytes));
}

/* ---- files ---- */

static struct file *find_file(struct trust *t, const struct stat *st, bool *ret_new)
{
	struct file **bucket = &t->files[(st->st_ino ^ st->st_dev) % FILE_BUCKETS], *f;

	for (f = *bucket; f; f = f->next)
		if (f->ino == st->st_ino && f->dev == st->st_dev)
			break;
	*ret_new = !f;
	if (f)
		return f;
	f = arena_get(t->set.arena, sizeof *f);
	*f = (struct file){ .next = *bucket, .dev = st->st_dev, .ino = st->st_ino };
	*bucket = f;
	return f;
}

static void read_file(struct trust *t, const char *path)
{
	struct span bytes;
	struct err e;
	int rc = host_read(t->host, path, FILE_BYTES_MAX, t->set.arena, &bytes, &e);

	if (rc == ERR_MISSING)
		return;
	if (rc < 0) {
		gap(t, &e);
		return;
	}
	if (t->place->format == FORMAT_X509)
		read_x509(t, bytes);
	else if (t->place->format == FORMAT_STORE)
		read_store(t, bytes);
	else if (t->place->format == FORMAT_EFI)
		read_efi(t, bytes);
	else if (t->place->format == FORMAT_PGP)
		read_pgp(t, bytes);
	else
		hold(t, cert_of_file(&t->set, t->place->prefix, t->path, bytes));
}

/* path: relative to the root. A dangling link and what is no file hold nothing. */
static void look(struct trust *t, const struct place *p, const char *path, unsigned stores)
{
	struct stat st;
	struct err e;
	bool is_new;
	int rc;

	t->place = p;
	t->path = span_of(arena_format(t->set.arena, "/%s", path));
	rc = host_stat(t->host, path, false, &st, &e);
	if (rc < 0 && rc != ERR_MISSING)
		gap(t, &e);
	if (rc < 0 || !S_ISREG(st.st_mode))
		return;
	t->file = find_file(t, &st, &is_new);
	if (is_new)
		read_file(t, path);
	for (size_t i = 0; i < t->file->n; i++) {
		struct cert *c = t->file->held[i];

		c->stores |= stores;
		c->distrusted |= p->distrusted;
		c->alone |= p->input || t->file->n == 1;
	}
}

/* OpenSSL finds a certificate in a folder by the hash of its subject: "5ed36f99.0". */
static bool is_hash_name(struct span name)
{
	for (size_t i = 0; i < 8; i++)
		if (i >= name.n || hex_digit(name.p[i]) < 0)
			return false;
	return name.n > 9 && name.p[8] == '.' && name.p[9] >= '0' && name.p[9] <= '9';
}

static const char *join(struct trust *t, const char *folder, struct span name)
{
	return arena_format(t->set.arena, "%s/%.*s", folder, SPAN_ARG(name));
}

static bool list(struct trust *t, const struct place *p, const char *path, struct host_entry **ret,
	size_t *ret_n)
{
	struct err e;
	int rc = host_list(t->host, path, NAMES_MAX, t->set.arena, ret, ret_n, &e);

	t->place = p;
	if (rc < 0 && rc != ERR_MISSING && rc != ERR_FORMAT)
		gap(t, &e);
	return rc == 0;
}

static void look_below(struct trust *t, const struct place *p, const char *path, unsigned depth)
{
	struct host_entry *entry;
	size_t n;

	if (!list(t, p, path, &entry, &n))
		return;
	for (size_t i = 0; i < n && !scan_stopped(t->scan); i++) {
		const char *name = join(t, path, entry[i].name);

		if (entry[i].type == DT_DIR && depth)
			look_below(t, p, name, depth - 1);
		else if (entry[i].type != DT_DIR)
			look(t, p, name, p->stores);
	}
}

/* ---- where things are ---- */

#define INPUT(place) \
	{ \
		.path = place, .format = FORMAT_X509, .input = true \
	}
#define DISTRUST(place) \
	{ \
		.path = place, .format = FORMAT_X509, .input = true, .distrusted = true \
	}

/* What bundles are made from: Debian and Alpine, the administrator, RHEL, SUSE, Arch. */
static const struct place inputs[] = {
	DISTRUST("etc/pki/ca-trust/source/blacklist"),
	DISTRUST("etc/pki/ca-trust/source/blocklist"),
	DISTRUST("usr/share/pki/ca-trust-source/blacklist"),
	DISTRUST("usr/share/pki/ca-trust-source/blocklist"),
	DISTRUST("etc/pki/trust/blacklist"),
	DISTRUST("etc/pki/trust/blocklist"),
	DISTRUST("usr/share/pki/trust/blacklist"),
	DISTRUST("usr/share/pki/trust/blocklist"),
	DISTRUST("etc/ca-certificates/trust-source/blocklist"),
	INPUT("usr/share/ca-certificates"),
	INPUT("usr/local/share/ca-certificates"),
	INPUT("usr/share/pki/ca-trust-source"),
	INPUT("etc/pki/ca-trust/source"),
	INPUT("usr/share/pki/trust"),
	INPUT("etc/pki/trust"),
	INPUT("etc/ca-certificates/trust-source"),
};

static const struct place folder = { .format = FORMAT_X509, .stores = STORE_OPENSSL };
static const char *const folders[] = { "etc/ssl/certs",
	"etc/pki/ca-trust/extracted/pem/directory-hash", "var/lib/ca-certificates/openssl",
	"var/lib/ca-certificates/pem" };

static const struct place bundle = { .format = FORMAT_X509, .stores = STORE_BUNDLE };
static const char *const bundles[] = { "etc/ssl/certs/ca-certificates.crt", "etc/ssl/cert.pem",
	"usr/lib/ssl/cert.pem", "etc/ssl/ca-bundle.pem", "etc/pki/tls/cert.pem",
	"etc/pki/tls/certs/ca-bundle.crt", "etc/pki/tls/certs/ca-bundle.trust.crt",
	"etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"etc/pki/ca-trust/extracted/openssl/ca-bundle.trust.crt",
	"var/lib/ca-certificates/ca-bundle.pem" };

static const struct place store = { .format = FORMAT_STORE, .stores = STORE_JAVA };
static const char *const stores[] = { "etc/ssl/certs/java/cacerts",
	"etc/pki/ca-trust/extracted/java/cacerts", "etc/pki/java/cacerts",
	"var/lib/ca-certificates/java-cacerts" };
static const char *const below_jvm[] = { "lib/security/cacerts", "jre/lib/security/cacerts" };

/* What the firmware starts, and what shim adds to that; dbx and MokListX are what neither may. */
static const struct place efi = { .format = FORMAT_EFI,
	.stores = STORE_SECURE_BOOT,
	.input = true };
static const struct place efi_bad = { .format = FORMAT_EFI, .input = true, .distrusted = true };
#define EFI "sys/firmware/efi/efivars/"
static const char *const efi_lists[] = { EFI "PK-8be4df61-93ca-11d2-aa0d-00e098032b8c",
	EFI "KEK-8be4df61-93ca-11d2-aa0d-00e098032b8c",
	EFI "db-d719b2cb-3d3a-4596-a3bc-dad00e67656f",
	EFI "MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23" };
static const char *const efi_bad_lists[] = { EFI "dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f",
	EFI "MokListXRT-605dab50-e046-4300-abb6-3dd810dd8b23" };
#undef EFI

static const struct place apt = { .format = FORMAT_PGP, .stores = STORE_APT, .prefix = "apt-key" };
static const struct place keyring = { .format = FORMAT_PGP, .prefix = "apt-key" };
static const struct place rpm = { .format = FORMAT_PGP, .prefix = "rpm-key" };
static const struct place apk = { .format = FORMAT_FILE, .stores = STORE_APK, .prefix = "apk-key" };

/* A folder whose names have a meaning: a hash name is what OpenSSL looks for. */
static void look_hashed(struct trust *t, const char *path)
{
	struct host_entry *entry;
	size_t n;

	if (!list(t, &folder, path, &entry, &n))
		return;
	for (size_t i = 0; i < n && !scan_stopped(t->scan); i++)
		if (entry[i].type != DT_DIR)
			look(t, &folder, join(t, path, entry[i].name),
				is_hash_name(entry[i].name) ? folder.stores : 0);
}

static void look_java(struct trust *t)
{
	struct host_entry *entry;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(stores); i++)
		look(t, &store, stores[i], store.stores);
	if (!list(t, &store, "usr/lib/jvm", &entry, &n))
		return;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < ARRAY_LEN(below_jvm); k++)
			look(t, &store,
				join(t, join(t, "usr/lib/jvm", entry[i].name),
					span_of(below_jvm[k])),
				store.stores);
}

static bool ends(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p + s.n - n, with, n) == 0;
}

/* A source that needs no key is as good as a key that everybody has. */
static void note_unsigned(struct trust *t, const char *path, struct span line)
{
	struct cert *c;

	t->path = span_of(arena_format(t->set.arena, "/%s", path));
	c = cert_of_file(&t->set, "apt-unsigned", t->path, line);
	record_set_number(c->record, CERTIFICATE_TYPE, CERTIFICATE_UNSIGNED);
	record_set_bytes(c->record, CERTIFICATE_SUBJECT, line);
	c->stores = apt.stores;
	cert_add_source(&t->set, c, t->path);
}

static void look_signers(struct trust *t, const char *path)
{
	struct apt_signers signers;
	struct span text, keyring_path, line;
	struct err e;
	int rc = host_read(t->host, path, FILE_BYTES_MAX, t->set.arena, &text, &e);

	t->place = &apt;
	if (rc < 0 && rc != ERR_MISSING)
		gap(t, &e);
	if (rc < 0)
		return;
	if (apt_unsigned(text, &line))
		note_unsigned(t, path, line);
	signers = apt_signers_of(text);
	while (apt_signers_next(&signers, &keyring_path))
		look(t, &apt, arena_text(t->set.arena, span_from_offset(keyring_path, 1)),
			apt.stores);
	/* a key may stand in the source itself; other files hold none and are not held by one */
	if (ends(span_of(path), ".sources") && memmem(text.p, text.n, "-----BEGIN PGP", 14))
		look(t, &apt, path, apt.stores);
}

static void look_apt(struct trust *t)
{
	struct host_entry *entry;
	size_t n;

	look(t, &apt, "etc/apt/trusted.gpg", apt.stores);
	if (list(t, &apt, "etc/apt/trusted.gpg.d", &entry, &n))
		for (size_t i = 0; i < n; i++)
			if (ends(entry[i].name, ".gpg") || ends(entry[i].name, ".asc"))
				look(t, &apt, join(t, "etc/apt/trusted.gpg.d", entry[i].name),
					apt.stores);
	look_below(t, &keyring, "usr/share/keyrings", 0);
	look_below(t, &keyring, "etc/apt/keyrings", 0);
	look_signers(t, "etc/apt/sources.list");
	if (list(t, &apt, "etc/apt/sources.list.d", &entry, &n))
		for (size_t i = 0; i < n; i++)
			if (ends(entry[i].name, ".list") || ends(entry[i].name, ".sources"))
				look_signers(t, join(t, "etc/apt/sources.list.d", entry[i].name));
}

static int scan(struct scan *s, struct err *e)
{
	struct trust *t = arena_get(scan_arena(s), sizeof *t);

	(void)e;
	t->scan = s;
	t->host = scan_host(s);
	cert_set_init(&t->set, s);
	for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
		look_below(t, &inputs[i], inputs[i].path, DEPTH_MAX);
	for (size_t i = 0; i < ARRAY_LEN(bundles); i++)
		look(t, &bundle, bundles[i], bundle.stores);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		look_hashed(t, folders[i]);
	look_java(t);
	for (size_t i = 0; i < ARRAY_LEN(efi_lists); i++)
		look(t, &efi, efi_lists[i], efi.stores);
	for (size_t i = 0; i < ARRAY_LEN(efi_bad_lists); i++)
		look(t, &efi_bad, efi_bad_lists[i], 0);
	look_apt(t);
	look_below(t, &rpm, "etc/pki/rpm-gpg", 0);
	look_below(t, &apk, "etc/apk/keys", 0);
	cert_set_emit(&t->set);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/etc/ssl/**", 0 },
	{ WATCH_FILE, "/usr/lib/ssl/*", 0 },
	{ WATCH_FILE, "/usr/share/ca-certificates/**", 0 },
	{ WATCH_FILE, "/usr/local/share/ca-certificates/**", 0 },
	{ WATCH_FILE, "/etc/ca-certificates/**", 0 },
	{ WATCH_FILE, "/etc/pki/**", 0 },
	{ WATCH_FILE, "/usr/share/pki/**", 0 },
	{ WATCH_FILE, "/var/lib/ca-certificates/**", 0 },
	{ WATCH_FILE, "/usr/lib/jvm/**/security/cacerts", 0 },
	{ WATCH_FILE, "/sys/firmware/efi/efivars/*", 0 },
	{ WATCH_FILE, "/etc/apt/trusted.gpg", 0 },
	{ WATCH_FILE, "/etc/apt/trusted.gpg.d/*", 0 },
	{ WATCH_FILE, "/etc/apt/keyrings/*", 0 },
	{ WATCH_FILE, "/usr/share/keyrings/*", 0 },
	{ WATCH_FILE, "/etc/apt/sources.list", 0 },
	{ WATCH_FILE, "/etc/apt/sources.list.d/*", 0 },
	{ WATCH_FILE, "/etc/apk/keys/*", 0 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_certificate = {
	.kind = &kind_certificate,
	.source = "trust stores",
	.scan = scan,
	.watches = watches,
};
