/* The fields of one module. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/cbor.h"
#include "core/hex.h"
#include "entity/list.h"
#include "host/package.h"
#include "sensor/module/module_look.h"
#include "sensor/module/module_sign.h"
#include "sensor/module/module_text.h"

#define WORD_BYTES 4096
#define PARAMETERS_MAX 1024
#define USERS_MAX 256

bool module_word(struct module_look *l, const char *path, struct span *ret)
{
	struct err e;

	if (host_read(l->host, path, WORD_BYTES, l->a, ret, &e) < 0)
		return false;
	while (ret->n && (ret->p[ret->n - 1] == '\n' || ret->p[ret->n - 1] == ' '))
		ret->n--;
	return true;
}

static void put_word(struct module_look *l, struct span name, const char *what, unsigned field)
{
	struct span s;

	if (module_word(l, arena_format(l->a, "sys/module/%s/%s", name.p, what), &s) && s.n)
		record_set_bytes(l->r, field, s);
}

void module_facts_taint(struct module_look *l, struct span letters)
{
	static const struct {
		char letter;
		enum module_field field;
	} flags[] = {
		{ 'O', MODULE_OUT_OF_TREE },
		{ 'E', MODULE_UNSIGNED },
		{ 'F', MODULE_FORCED },
		{ 'P', MODULE_PROPRIETARY },
	};
	struct span words[32];
	size_t n = 0;

	for (size_t i = 0; i < letters.n && n < ARRAY_LEN(words); i++) {
		const char *word = module_taint_word(letters.p[i]);

		words[n++] = span_of(word ? word : "unknown");
	}
	if (n) {
		record_set_bytes(l->r, MODULE_TAINT, letters);
		record_set_list(l->r, MODULE_TAINT_WORDS, l->a, words, n);
	}
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		record_set_number(l->r, flags[i].field,
			letters.n && memchr(letters.p, flags[i].letter, letters.n));
}

/* ---- parameters ---- */

struct parameter {
	struct span name, value;
};

/* Bytewise order of encoded keys: the head has the length first. */
static int compare(const void *x, const void *y)
{
	const struct parameter *a = x, *b = y;

	if (a->name.n != b->name.n)
		return a->name.n < b->name.n ? -1 : 1;
	return span_compare(a->name, b->name);
}

/* Counters among the parameters: statistics of DAMON. */
static bool is_restless(struct span name)
{
	return span_starts(name, span_of("nr_")) || span_starts(name, span_of("bytes_")) ||
	       span_is(name, "kdamond_pid");
}

static void put_map(struct module_look *l, struct parameter *p, size_t n)
{
	AUTO(buf) b = BUF_INIT((size_t)8 << 20);

	qsort(p, n, sizeof *p, compare);
	cbor_put_map(&b, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_bytes(&b, p[i].name);
		cbor_put_bytes(&b, p[i].value);
	}
	if (!b.full)
		record_set_bytes(l->r, MODULE_PARAMETERS, arena_copy(l->a, buf_span(&b)));
}

void module_parameters(struct module_look *l, struct span name)
{
	const char *folder = arena_format(l->a, "sys/module/%s/parameters", name.p);
	struct host_entry *list;
	struct parameter *p;
	struct err e;
	size_t n, n_read = 0;

	if (host_list(l->host, folder, PARAMETERS_MAX, l->a, &list, &n, &e) < 0)
		return;
	p = arena_get(l->a, (n + 1) * sizeof *p);
	for (size_t i = 0; i < n; i++) {
		struct span value;

		if (is_restless(list[i].name) ||
			!module_word(l, arena_format(l->a, "%s/%s", folder, list[i].name.p),
				&value))
			continue; /* only for writing, or it has none now */
		p[n_read++] = (struct parameter){ list[i].name, value };
	}
	if (n_read)
		put_map(l, p, n_read);
}

/* ---- its file ---- */

/* The last bytes; false: nobody can tell. */
static bool read_tail(struct module_look *l, const char *path, struct span *ret)
{
	struct err e;
	struct stat st;
	ssize_t n = -1;
	char *tail;
	int fd;

	if (host_open_file(l->host, path, O_RDONLY, &fd, &e) < 0)
		return false;
	tail = arena_get(l->a, MODULE_SIGN_TAIL);
	if (fstat(fd, &st) == 0) {
		off_t from = st.st_size - (off_t)MODULE_SIGN_TAIL;

		n = pread(fd, tail, MODULE_SIGN_TAIL, from > 0 ? from : 0);
	}
	close(fd);
	if (n < 0)
		return false;
	*ret = span_from(tail, (size_t)n);
	return true;
}

static void put_signature(struct module_look *l, const char *path)
{
	struct span tail, signer = SPAN_NONE;
	size_t n = strlen(path);
	bool is_signed;

	if (n < 3 || strcmp(path + n - 3, ".ko") != 0 || !read_tail(l, path, &tail))
		return; /* compressed: the signature is inside */
	is_signed = module_signature(tail, l->a, &signer);
	record_set_number(l->r, MODULE_SIGNED, is_signed);
	if (signer.n)
		record_set_bytes(l->r, MODULE_SIGNER, signer);
}

static void put_file(struct module_look *l, const struct module_seen *m, uint64_t asks)
{
	const char *path =
		arena_format(l->a, "/lib/modules/%s/%s", l->release.p, arena_text(l->a, m->file));
	const struct package *owner;
	uint8_t digest[SHA256_SIZE];
	struct err e = { 0 };

	record_set_bytes(l->r, MODULE_FILE, span_of(path));
	if (asks & (field_bit(MODULE_SIGNED) | field_bit(MODULE_SIGNER)))
		put_signature(l, path);
	if (asks & field_bit(MODULE_PACKAGE)) {
		owner = host_path_owner(l->host, span_of(path));
		if (owner)
			record_set_bytes(l->r, MODULE_PACKAGE, owner->key);
	}
	if (!(asks & field_bit(MODULE_SHA256)))
		return;
	if (host_digest(l->host, path, digest, &e) == 0)
		record_set_bytes(l->r, MODULE_SHA256,
			arena_copy(l->a, span_from(digest, sizeof digest)));
	else if (e.code != ERR_MISSING)
		scan_gap_err(l->scan, &kind_module, m->name, false, &e);
}

/* ---- all of it ---- */

static void put_line(struct module_look *l, const struct module_seen *m)
{
	struct span users[USERS_MAX], rest, one;
	struct module_line line;
	struct err e;
	size_t n = 0;

	if (!m->proc || module_line_parse(m->line, &line, &e) < 0)
		return;
	record_set_bytes(l->r, MODULE_STATE, line.state);
	record_set_number(l->r, MODULE_SIZE, line.size);
	if (line.counted)
		record_set_number(l->r, MODULE_REFCNT, line.refcnt);
	rest = line.used_by;
	while (n < USERS_MAX && span_cut(&rest, ',', &one))
		if (one.n)
			users[n++] = one;
	if (n)
		record_set_set(l->r, MODULE_USED_BY, l->a, users, n);
	module_facts_taint(l, line.taint);
}

static void put_hidden_taint(struct module_look *l, struct span name)
{
	struct span letters;

	if (module_word(l, arena_format(l->a, "sys/module/%s/taint", name.p), &letters))
		module_facts_taint(l, letters);
}

static void put_build_id(struct module_look *l, struct span name)
{
	AUTO(buf) hex = BUF_INIT(256);
	struct span notes, id;
	struct err e;

	if (host_read(l->host, arena_format(l->a, "sys/module/%s/notes/.note.gnu.build-id", name.p),
		    WORD_BYTES, l->a, &notes, &e) < 0)
		return;
	id = module_build_id(notes);
	hex_add(&hex, id);
	if (id.n && !hex.full)
		record_set_bytes(l->r, MODULE_BUILD_ID, arena_copy(l->a, buf_span(&hex)));
}

static void put_views(struct module_look *l, const struct module_seen *m)
{
	struct span views[2];
	size_t n = 0;

	if (m->proc)
		views[n++] = span_of("proc");
	if (m->sys)
		views[n++] = span_of("sys");
	record_set_set(l->r, MODULE_VIEWS, l->a, views, n);
	if (l->asks & field_bit(MODULE_SYMBOLS))
		record_set_number(l->r, MODULE_SYMBOLS, m->symbols);
	record_set_number(l->r, MODULE_HIDDEN, module_is_hidden(m));
}

void module_facts(struct module_look *l, const struct module_seen *m)
{
	bool builtin = !m->proc && !m->sys && !m->symbols;
	struct span name = span_of(arena_text(l->a, m->name));
	uint64_t asks = scan_asks(l->scan, &kind_module, name);

	l->r->has = 0;
	l->r->key = name;
	if (!asks)
		return;
	record_set_number(l->r, MODULE_BUILTIN, builtin);
	if (asks & field_bit(MODULE_PARAMETERS))
		module_parameters(l, name);
	if (builtin)
		return;
	put_views(l, m);
	if (m->proc)
		put_line(l, m);
	else
		put_hidden_taint(l, name);
	put_word(l, name, "version", MODULE_VERSION);
	put_word(l, name, "srcversion", MODULE_SRCVERSION);
	if (asks & field_bit(MODULE_BUILD_ID))
		put_build_id(l, name);
	if (m->file.n)
		put_file(l, m, asks);
}
