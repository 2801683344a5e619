/* Every place sshd looks for keys: what sshd_config names, for every account of passwd. */
#include "entity/ssh_key.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "entity/list.h"
#include "host/host.h"
#include "sensor/ssh_key/authorized.h"
#include "sensor/ssh_key/server.h"
#include "sensor/ssh_key/ssh_key_room.h"

#define FILE_BYTES_MAX ((size_t)4 << 20)
#define PASSWD_BYTES_MAX ((size_t)64 << 20)
#define FOLDER_MAX 1000000
#define FOLDERS_MAX 32 /* whose listings are kept */
#define KEYS_MAX 1000000

/* A folder that many paths are in: one listing tells which of them are there. A home that is not
 * listed (an automounter would mount it) is not touched. */
struct folder {
	struct span path;
	struct host_entry *list;
	size_t n;
	bool known; /* else any name may be there */
};

struct one_user {
	struct span name, uid, home;
};

struct keys {
	struct scan *scan;
	struct server server;
	struct folder folder[FOLDERS_MAX];
	size_t n_folders;
	struct key_set seen;
	struct arena *scratch; /* cleared behind each user */
	struct record *record;
};

/* ---- where ---- */

static struct folder *folder_of(struct keys *k, struct span path)
{
	struct folder *f = k->folder;
	struct err e;
	int r;

	for (size_t i = 0; i < k->n_folders; i++)
		if (span_same(k->folder[i].path, path))
			return &k->folder[i];
	if (k->n_folders == FOLDERS_MAX)
		return NULL;
	f = &k->folder[k->n_folders++];
	f->path = arena_copy(scan_arena(k->scan), path);
	r = host_list(scan_host(k->scan), f->path.p, FOLDER_MAX, scan_arena(k->scan), &f->list,
		&f->n, &e);
	f->known = r == 0 || r == ERR_MISSING;
	return f;
}

/* Does the folder a path is in list it? True where that cannot be told. */
static bool may_exist(struct keys *k, struct span path)
{
	struct folder *f;
	size_t cut, low = 0, high;
	struct span name;

	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	for (cut = path.n; cut && path.p[cut - 1] != '/';)
		cut--;
	name = span_from_offset(path, cut);
	if (name.n == 0 || span_is(name, ".") || span_is(name, ".."))
		return true;
	f = folder_of(k, span_from(path.p, cut));
	if (!f || !f->known)
		return true;
	for (high = f->n; low < high;) {
		size_t at = low + (high - low) / 2;
		int r = span_compare(name, f->list[at].name);

		if (r == 0)
			return true;
		if (r < 0)
			high = at;
		else
			low = at + 1;
	}
	return false;
}

/* ---- one entity ---- */

static void set_text(struct record *r, unsigned field, struct span s)
{
	if (s.n)
		record_set_bytes(r, field, s);
}

/* The same key in two files, or twice with other options: "#2" behind it. */
static void emit(struct keys *k, const char *key)
{
	k->record->key = key_set_add(&k->seen, scan_arena(k->scan), span_of(key));
	if (k->record->key.n)
		scan_emit(k->scan, k->record);
}

static struct record *begin(struct keys *k, enum ssh_key_role role)
{
	k->record->has = 0;
	record_set_number(k->record, SSH_KEY_ROLE, role);
	return k->record;
}

static void set_options(struct keys *k, const struct authorized *x)
{
	struct record *r = k->record;
	struct span v;

	if (x->n_options)
		record_set_list(r, SSH_KEY_OPTIONS, k->scratch, x->option, x->n_options);
	if (authorized_option(x, k->scratch, "command", &v))
		set_text(r, SSH_KEY_COMMAND, v);
	if (authorized_option(x, k->scratch, "from", &v))
		set_text(r, SSH_KEY_FROM, v);
	if (authorized_option(x, k->scratch, "principals", &v))
		set_text(r, SSH_KEY_PRINCIPALS, v);
	if (authorized_option(x, k->scratch, "expiry-time", &v) && authorized_expiry(v))
		record_set_time(r, SSH_KEY_EXPIRES, authorized_expiry(v));
}

static void set_key(struct keys *k, const struct authorized *x)
{
	struct record *r = k->record;

	set_text(r, SSH_KEY_TYPE, x->type);
	if (x->bits)
		record_set_number(r, SSH_KEY_BITS, x->bits);
	set_text(r, SSH_KEY_FINGERPRINT, span_of(x->fingerprint));
	set_text(r, SSH_KEY_COMMENT, x->comment);
}

/* ---- a file of lines ---- */

struct key_file {
	enum ssh_key_role role;
	const char *owner; /* what the keys of its entities begin with: a user, or "user-ca" */
	const char *path;
	struct stat st;
	struct span text;
	size_t number, bad, first_bad;
	struct err why;
};

static void set_file(struct keys *k, const struct key_file *f)
{
	struct record *r = k->record;

	if (f->role != SSH_USER_CA && f->role != SSH_HOST_KEY)
		set_text(r, SSH_KEY_USER, span_of(f->owner));
	set_text(r, SSH_KEY_FILE, span_of(f->path));
	record_set_number(r, SSH_KEY_FILE_UID, f->st.st_uid);
	record_set_number(r, SSH_KEY_WRITABLE, (f->st.st_mode & 022) != 0);
	record_set_number(r, SSH_KEY_LINE, f->number);
}

static int take_line(struct keys *k, const struct key_file *f, struct span line, struct err *e)
{
	struct authorized x;
	struct span name, v;
	struct record *r;

	if (f->role == SSH_PRINCIPAL) {
		if (principal_from_line(line, &x, &name, e) < 0)
			return e->code;
		begin(k, f->role);
		set_options(k, &x);
		set_file(k, f);
		emit(k, arena_format(k->scratch, "%s:principal:%.*s", f->owner, SPAN_ARG(name)));
		return 0;
	}
	if (authorized_from_line(k->scratch, line, &x, e) < 0)
		return e->code;
	r = begin(k, f->role);
	set_options(k, &x);
	set_key(k, &x);
	set_file(k, f);
	if (f->role == SSH_AUTHORIZED)
		record_set_number(r, SSH_KEY_CERTIFICATE_AUTHORITY,
			authorized_option(&x, k->scratch, "cert-authority", &v));
	emit(k, f->role == SSH_HOST_KEY
			? arena_format(k->scratch, "host:%s", f->path)
			: arena_format(k->scratch, "%s:%s", f->owner, x.fingerprint));
	return 0;
}

static const char *covered(struct keys *k, const struct key_file *f)
{
	return arena_format(k->scratch, "%s:%s", f->owner, f->role == SSH_HOST_KEY ? f->path : "");
}

static void gap(struct keys *k, const struct key_file *f, const struct err *why)
{
	scan_gap_err(k->scan, &kind_ssh_key, span_of(covered(k, f)), true, why);
}

static void tell_bad(struct keys *k, struct key_file *f)
{
	struct err e;

	if (f->bad == 1)
		err_set(&e, (enum err_code)f->why.code, "%s:%zu: %s", f->path, f->first_bad,
			f->why.text);
	else if (f->bad > 1)
		err_set(&e, (enum err_code)f->why.code, "%s:%zu: %s; and %zu more like it", f->path,
			f->first_bad, f->why.text, f->bad - 1);
	if (f->bad)
		gap(k, f, &e);
}

static void read_file(struct keys *k, enum ssh_key_role role, const char *owner, const char *path)
{
	struct key_file f = { .role = role, .owner = owner, .path = path };
	struct host *h = scan_host(k->scan);
	struct span line;
	struct err e;
	int r = host_read(h, path, FILE_BYTES_MAX, k->scratch, &f.text, &e);

	if (r == 0)
		r = host_stat(h, path, false, &f.st, &e);
	if (r < 0) {
		if (r != ERR_MISSING && e.sys != ENAMETOOLONG) /* sshd cannot open it, either */
			gap(k, &f, &e);
		return;
	}
	while (span_cut(&f.text, '\n', &line)) {
		f.number++;
		line = ssh_line(line);
		if (line.n == 0 || take_line(k, &f, line, &e) == 0)
			continue;
		if (f.bad++ == 0) {
			f.first_bad = f.number;
			f.why = e;
		}
	}
	tell_bad(k, &f);
}

/* ---- per user ---- */

static void read_patterns(struct keys *k, const struct one_user *u, const struct setting_list *list,
	enum ssh_key_role role)
{
	const char *name = arena_text(k->scratch, u->name);

	for (size_t i = 0; i < list->n; i++) {
		const char *path =
			server_expand(k->scratch, list->item[i].value, u->name, u->uid, u->home);

		if (path && may_exist(k, span_of(path)))
			read_file(k, role, name, path);
	}
}

/* sshd finds a home only where passwd says, so this is what counts, not what /home holds. Lines
 * that glibc takes for no account are kind user's to complain of. */
static bool user_from_passwd(struct span line, struct one_user *ret)
{
	struct span field[6] = { { NULL, 0 } };

	if (line.n && memchr(line.p, '\0', line.n)) /* glibc sees no more of it */
		line.n = strlen(line.p);
	while (line.n && (*line.p == ' ' || *line.p == '\t'))
		line = span_from_offset(line, 1);
	for (size_t i = 0; i < ARRAY_LEN(field); i++)
		if (!span_cut(&line, ':', &field[i]))
			field[i] = span_of("");
	*ret = (struct one_user){ field[0], field[2], field[5] };
	return field[0].n && field[2].n && *field[0].p != '#' && *field[0].p != '+' &&
	       *field[0].p != '-';
}

static void scan_accounts(struct keys *k)
{
	const struct server *s = &k->server;
	struct span text, line;
	struct one_user u;
	struct err e;
	size_t n = 0;

	if (host_read(scan_host(k->scan), "etc/passwd", PASSWD_BYTES_MAX, scan_arena(k->scan),
		    &text, &e) < 0) {
		if (e.code != ERR_MISSING)
			scan_gap_err(k->scan, &kind_ssh_key, SPAN_NONE, true, &e);
		return;
	}
	while (span_cut(&text, '\n', &line) && !((++n & 255) == 0 && scan_stopped(k->scan))) {
		if (!user_from_passwd(line, &u))
			continue;
		if (u.home.n <= 1 || (*u.home.p == '/' && may_exist(k, u.home))) {
			read_patterns(k, &u, &s->home_keys, SSH_AUTHORIZED);
			read_patterns(k, &u, &s->home_principals, SSH_PRINCIPAL);
		}
		read_patterns(k, &u, &s->system_keys, SSH_AUTHORIZED);
		read_patterns(k, &u, &s->system_principals, SSH_PRINCIPAL);
		arena_clear(k->scratch);
	}
}

/* ---- of the server ---- */

static void emit_commands(struct keys *k)
{
	for (size_t i = 0; i < k->server.commands.n; i++) {
		const struct setting *x = &k->server.commands.item[i];
		struct record *r = begin(k, SSH_COMMAND);

		set_text(r, SSH_KEY_COMMAND, x->value);
		set_text(r, SSH_KEY_USER, x->user);
		set_text(r, SSH_KEY_FILE, x->file);
		record_set_number(r, SSH_KEY_LINE, x->line);
		emit(k, arena_format(k->scratch, "sshd:%s", x->keyword));
	}
}

static void scan_server(struct keys *k)
{
	struct server *s = &k->server;

	emit_commands(k);
	for (size_t i = 0; i < s->user_cas.n; i++)
		read_file(k, SSH_USER_CA, "user-ca",
			arena_text(k->scratch, s->user_cas.item[i].value));
	for (size_t i = 0; i < s->host_keys.n; i++)
		read_file(k, SSH_HOST_KEY, "host",
			arena_format(k->scratch, "%.*s.pub", SPAN_ARG(s->host_keys.item[i].value)));
	arena_clear(k->scratch);
}

static int scan(struct scan *s, struct err *e)
{
	AUTO_FREE(arena) scratch = arena_new();
	struct keys *k = arena_get(scan_arena(s), sizeof *k);

	(void)e;
	if (!scan_asks_kind(s, &kind_ssh_key))
		return 0;
	k->scan = s;
	k->scratch = scratch;
	k->record = record_new(scan_arena(s), &kind_ssh_key);
	key_set_init(&k->seen, KEYS_MAX);
	server_read(&k->server, s, &kind_ssh_key);
	scan_server(k);
	scan_accounts(k);
	key_set_done(&k->seen);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/etc/ssh/**", 0 },
	{ WATCH_FILE, "/usr/etc/ssh/**", 0 },
	{ WATCH_FILE, "/root/.ssh/*", 0 },
	{ WATCH_FILE, "/home/*/.ssh/*", 0 },
	{ WATCH_FILE, "/home/*/*/.ssh/*", 0 },
	{ WATCH_FILE, "/srv/*/.ssh/*", 0 },
	{ WATCH_FILE, "/var/lib/*/.ssh/*", 0 },
	{ WATCH_FILE, "/var/*/.ssh/*", 0 },
	{ WATCH_FILE, "/etc/passwd", 0 },
	{ WATCH_POLL, NULL, 60 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_ssh_key = {
	.kind = &kind_ssh_key,
	.source = "authorized_keys",
	.scan = scan,
	.watches = watches,
};
