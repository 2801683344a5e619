/* What a webhook is sent, whoever sends it. */
#include "agent/link/link.h"
#include "os/file.h"

#define HEADERS_BYTES 16384
#define HEADERS_MAX 64

static bool is_header(struct span line)
{
	const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;

	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' && line.p[i] != '\t')
			return false;
	return colon && colon > line.p && line.p[0] != ' ';
}

static int read_headers(const char *path, char text[HEADERS_BYTES + 1], size_t *ret_n,
	struct err *e)
{
	int fd = file_open(path);
	int64_t n = 1;

	if (fd < 0)
		return err_sys(e, "cannot open the headers '%s'", path);
	for (*ret_n = 0; n > 0 && *ret_n <= HEADERS_BYTES; *ret_n += n > 0 ? (size_t)n : 0)
		n = file_read(fd, text + *ret_n, HEADERS_BYTES + 1 - *ret_n);
	if (n < 0)
		(void)err_sys(e, "cannot read the headers '%s'", path);
	file_close(fd);
	if (n < 0)
		return e->code;
	return *ret_n > HEADERS_BYTES ? err_set(e, ERR_LIMIT, "the headers '%s' are too long", path)
				      : 0;
}

/* Lines "Name: value": what must not stand in a configuration that many may read. */
static int own_headers(const char *path, struct buf *ret, struct err *e)
{
	char text[HEADERS_BYTES + 1];
	int n_lines = 0;
	struct span rest, line;
	size_t n = 0;

	if (read_headers(path, text, &n, e) < 0)
		return e->code;
	rest = span_from(text, n);
	while (span_cut(&rest, '\n', &line)) {
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (!line.n || line.p[0] == '#')
			continue;
		if (!is_header(line) || ++n_lines > HEADERS_MAX)
			return err_set(e, ERR_FORMAT,
				"the headers '%s' are not lines 'Name: value'", path);
		buf_add_span(ret, line);
		buf_add_text(ret, "\r\n");
	}
	return 0;
}

/* The same batch has the same key, so that who takes it twice can know. */
int hook_headers(const struct lane *l, struct buf *ret, struct err *e)
{
	bool array = l->route->body == BODY_ARRAY;
	bool json = l->route->format == FORMAT_JSON || l->route->format == FORMAT_OCSF ||
		    l->route->format == FORMAT_ECS;
	const char *type = !json   ? "text/plain; charset=utf-8"
			   : array ? "application/json"
				   : "application/x-ndjson";
	struct span host = buf_span(&l->link->host);

	buf_addf(ret, "Content-Type: %s\r\nIdempotency-Key: ", type);
	for (size_t i = 0; i < host.n && i < 255; i++)
		buf_add_char(ret, host.p[i] > ' ' && host.p[i] < 127 ? host.p[i] : '_');
	buf_addf(ret, "/%s/%llu-%llu\r\n", l->route->name, (unsigned long long)l->batch.first,
		(unsigned long long)l->batch.last);
	return l->route->headers ? own_headers(l->route->headers, ret, e) : 0;
}

void hook_body(const struct lane *l, struct buf *ret)
{
	const struct batch *b = &l->batch;

	if (l->route->body == BODY_LINES) {
		buf_add_span(ret, buf_span(&b->text));
		return;
	}
	buf_add_char(ret, '[');
	for (size_t i = 0; i < b->n; i++) {
		size_t from = i ? b->ends[i - 1] : 0;

		if (i)
			buf_add_char(ret, ',');
		buf_add(ret, b->text.p + from, b->ends[i] - from - 1); /* not its newline */
	}
	buf_add_char(ret, ']');
}
