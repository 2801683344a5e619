#include "output/ocsf_object.h"

#include "core/hex.h"
#include "entity/file.h"

#define TYPE_REGULAR 1
#define TYPE_FOLDER 2
#define TYPE_OTHER 99
#define ANCESTORS 8 /* objects in objects: a reader need not go deeper */

void ocsf_text(struct json *j, const char *name, struct span s)
{
	if (!s.n)
		return;
	json_name(j, name);
	(void)json_text(j, s);
}

void ocsf_value(struct json *j, const char *name, const struct record *r, const char *field)
{
	AUTO(buf) value = BUF_INIT(BUF_MAX_DEFAULT);

	/* shown already: not once more */
	if (facts_value(&value, r, field))
		ocsf_text(j, name, buf_span(&value));
}

void ocsf_ms(struct json *j, const char *name, int64_t ns)
{
	json_name(j, name);
	buf_addf(j->out, "%lld", (long long)facts_ms(ns));
	j->comma = true;
}

static void add_user(struct json *j, const char *name, struct span user, uint32_t uid)
{
	if (!user.n && uid == WHO_NONE)
		return;
	json_name(j, name);
	json_object(j);
	ocsf_text(j, "name", user);
	if (uid != WHO_NONE) {
		json_name(j, "uid"); /* a text in OCSF */
		buf_addf(j->out, "\"%u\"", uid);
		j->comma = true;
	}
	json_object_end(j);
}

static void add_hash(struct json *j, unsigned id, const char *algorithm, struct span digest)
{
	json_object(j);
	json_number_member(j, "algorithm_id", id);
	json_text_member(j, "algorithm", algorithm);
	json_hex_member(j, "value", digest);
	json_object_end(j);
}

static void add_hashes(struct json *j, const struct record *r)
{
	static const struct {
		const char *field, *algorithm;
		unsigned id;
	} known[] = { { "sha256", "SHA-256", 3 }, { "sha512", "SHA-512", 4 },
		{ "sha1", "SHA-1", 2 }, { "md5", "MD5", 1 } };
	bool any = false;

	for (size_t i = 0; r && i < ARRAY_LEN(known); i++) {
		int field = kind_field(r->kind, span_of(known[i].field));

		if (field < 0 || !record_has(r, (unsigned)field))
			continue;
		if (!any) {
			json_name(j, "hashes");
			json_array(j);
			any = true;
		}
		add_hash(j, known[i].id, known[i].algorithm, r->v[field].bytes);
	}
	if (any)
		json_array_end(j);
}

static void begin_file(struct json *j, const char *name, struct span path, unsigned type)
{
	json_name(j, name);
	json_object(j);
	json_name(j, "name");
	(void)json_text(j, facts_base(path));
	json_name(j, "path");
	(void)json_text(j, path); /* exactly: unmapped.key_b64 */
	ocsf_text(j, "parent_folder", facts_folder(path));
	json_number_member(j, "type_id", type);
}

static void add_path(struct json *j, const char *name, struct span path)
{
	begin_file(j, name, path, TYPE_REGULAR);
	json_object_end(j);
}

static unsigned file_type(const struct record *r)
{
	static const unsigned types[FILE_TYPE_N] = {
		[FILE_REGULAR] = TYPE_REGULAR,
		[FILE_DIRECTORY] = TYPE_FOLDER,
		[FILE_SYMLINK] = 7,
		[FILE_FIFO] = 6,
		[FILE_SOCKET] = 5,
		[FILE_BLOCK] = 4,
		[FILE_CHAR] = 3,
	};
	uint64_t type;

	return facts_number(r, "type", &type) && type < FILE_TYPE_N ? types[type] : 0;
}

void ocsf_file(struct json *j, const char *name, struct span key, const struct record *r)
{
	uint64_t n, uid;
	int64_t time;
	struct span owner = SPAN_NONE;

	begin_file(j, name, key, file_type(r));
	if (facts_number(r, "size", &n))
		json_number_member(j, "size", n);
	if (facts_time(r, "mtime", &time))
		ocsf_ms(j, "modified_time", time);
	if (facts_time(r, "btime", &time))
		ocsf_ms(j, "created_time", time);
	(void)facts_bytes(r, "owner", &owner);
	add_user(j, "owner", owner, facts_number(r, "uid", &uid) ? (uint32_t)uid : WHO_NONE);
	ocsf_value(j, "security_descriptor", r, "mode");
	add_hashes(j, r);
	json_object_end(j);
}

void ocsf_folder(struct json *j, const char *name, struct span key, const struct record *r)
{
	(void)r;
	begin_file(j, name, key, TYPE_FOLDER);
	json_object_end(j);
}

void ocsf_user(struct json *j, const char *name, struct span key, const struct record *r)
{
	json_name(j, name);
	json_object(j);
	json_name(j, "name");
	(void)json_text(j, key);
	ocsf_value(j, "uid", r, "uid");
	ocsf_value(j, "full_name", r, "gecos");
	json_object_end(j);
}

void ocsf_group(struct json *j, const char *name, struct span key, const struct record *r)
{
	json_name(j, name);
	json_object(j);
	json_name(j, "name");
	(void)json_text(j, key);
	ocsf_value(j, "uid", r, "gid");
	json_object_end(j);
}

void ocsf_driver(struct json *j, const char *name, struct span key, const struct record *r)
{
	struct span path = key;

	(void)facts_bytes(r, "file", &path);
	json_name(j, name);
	json_object(j);
	begin_file(j, "file", path.n ? path : key, TYPE_REGULAR);
	add_hashes(j, r);
	json_object_end(j);
	json_object_end(j);
}

void ocsf_job(struct json *j, const char *name, struct span key, const struct record *r)
{
	struct span path = key;

	if (!facts_bytes(r, "source", &path) || !path.n)
		(void)facts_bytes(r, "fragment", &path);
	json_name(j, name);
	json_object(j);
	json_name(j, "name");
	(void)json_text(j, key);
	add_path(j, "file", path.n ? path : key);
	ocsf_value(j, "cmd_line", r, "command");
	ocsf_value(j, "desc", r, "description");
	json_object_end(j);
}

void ocsf_process(struct json *j, const char *name, struct span key, const struct record *r)
{
	struct span text = SPAN_NONE;
	int64_t time;

	json_name(j, name);
	json_object(j);
	/* a program that runs, not one process of it */
	json_name(j, "uid");
	(void)json_text(j, key);
	if (facts_bytes(r, "exe", &text) && text.n) {
		json_name(j, "name");
		(void)json_text(j, facts_base(text));
		begin_file(j, "file", text, TYPE_REGULAR);
		add_hashes(j, r);
		json_object_end(j);
	}
	if (facts_list_first(r, "commands", &text))
		ocsf_text(j, "cmd_line", text);
	if (facts_time(r, "started", &time))
		ocsf_ms(j, "created_time", time);
	if (facts_bytes(r, "user", &text))
		add_user(j, "user", text, WHO_NONE);
	json_object_end(j);
}

void ocsf_app(struct json *j, const char *name, struct span key, const struct record *r)
{
	json_name(j, name);
	json_object(j);
	json_name(j, "name");
	(void)json_text(j, key);
	json_name(j, "uid");
	(void)json_text(j, key);
	ocsf_value(j, "vendor_name", r, "manager");
	ocsf_value(j, "version", r, "version");
	ocsf_value(j, "path", r, "fragment");
	json_object_end(j);
}

/* "tcp/0.0.0.0/22"; what is no address (a unix socket) is the name of a service. */
void ocsf_endpoint(struct json *j, const char *name, struct span key, const struct record *r)
{
	struct span rest = key, part[3] = { SPAN_NONE };
	size_t n = 0;
	bool ip;

	(void)r;
	while (n < ARRAY_LEN(part) && span_cut(&rest, '/', &part[n]))
		n++;
	ip = n == 3 && !rest.p && part[2].n > 0 && part[2].n <= 5 &&
	     (span_starts(part[0], span_of("tcp")) || span_starts(part[0], span_of("udp")) ||
		     span_starts(part[0], span_of("sctp")));
	for (size_t i = 0; ip && i < part[2].n; i++)
		ip = part[2].p[i] >= '0' && part[2].p[i] <= '9';
	json_name(j, name);
	json_object(j);
	if (ip) {
		ocsf_text(j, "ip", part[1]);
		json_name(j, "port");
		buf_add_span(j->out, part[2]);
		j->comma = true;
	}
	json_name(j, "svc_name");
	(void)json_text(j, key);
	json_object_end(j);
	json_name(j, "connection_info");
	json_object(j);
	ocsf_text(j, "protocol_name", part[0]);
	json_number_member(j, "direction_id", 1);
	json_object_end(j);
}

static void add_command_line(struct json *j, const struct who *w)
{
	AUTO(buf) line = BUF_INIT(FACTS_TEXT);

	for (size_t i = 0; i < w->n_argv; i++) {
		if (i)
			buf_add_char(&line, ' ');
		buf_add_span(&line, w->argv[i]);
	}
	if (w->argv_cut)
		buf_add_text(&line, " …");
	ocsf_text(j, "cmd_line", buf_span(&line));
}

static void add_ancestors(struct json *j, const struct who *w)
{
	size_t n = w->n_ancestry < ANCESTORS ? w->n_ancestry : ANCESTORS;

	for (size_t i = 0; i < n; i++) {
		const struct who_ancestor *a = &w->ancestry[i];

		json_name(j, "parent_process");
		json_object(j);
		json_number_member(j, "pid", a->pid);
		if (a->started)
			ocsf_ms(j, "created_time", a->started);
		if (a->exe.n) {
			ocsf_text(j, "name", facts_base(a->exe));
			add_path(j, "file", a->exe);
		}
		add_user(j, "user", SPAN_NONE, a->uid);
	}
	for (size_t i = 0; i < n; i++)
		json_object_end(j);
}

static void add_process(struct json *j, const struct who *w)
{
	json_name(j, "process");
	json_object(j);
	json_number_member(j, "pid", w->pid);
	ocsf_text(j, "name", w->exe.n ? facts_base(w->exe) : w->comm);
	if (w->exe.n) {
		begin_file(j, "file", w->exe, TYPE_REGULAR);
		if (w->sha256.n) {
			json_name(j, "hashes");
			json_array(j);
			add_hash(j, 3, "SHA-256", w->sha256);
			json_array_end(j);
		}
		json_object_end(j);
	}
	add_command_line(j, w);
	if (w->started)
		ocsf_ms(j, "created_time", w->started);
	add_user(j, "user", w->user, w->uid);
	add_ancestors(j, w);
	json_object_end(j);
}

void ocsf_actor(struct json *j, const struct who *w)
{
	json_name(j, "actor");
	json_object(j);
	if (!w) {
		json_text_member(j, "app_name", FACTS_VENDOR);
		json_object_end(j);
		return;
	}
	add_process(j, w);
	if (w->login.n || w->login_uid != WHO_NONE)
		add_user(j, "user", w->login, w->login_uid);
	else
		add_user(j, "user", w->user, w->uid);
	if (w->session != WHO_NONE) {
		json_name(j, "session");
		json_object(j);
		json_name(j, "uid");
		buf_addf(j->out, "\"%u\"", w->session);
		j->comma = true;
		ocsf_text(j, "terminal", w->tty);
		json_object_end(j);
	}
	json_object_end(j);
}

void ocsf_device(struct json *j, struct span host)
{
	json_name(j, "device");
	json_object(j);
	json_name(j, "hostname");
	(void)json_text(j, host);
	json_number_member(j, "type_id", 1);
	json_name(j, "os");
	json_object(j);
	json_text_member(j, "name", "Linux");
	json_number_member(j, "type_id", 200);
	json_object_end(j);
	json_object_end(j);
}
