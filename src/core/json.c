#include "core/json.h"

#include "core/escape.h"
#include "core/hex.h"
#include "core/time.h"

static void separate(struct json *j)
{
	if (j->comma)
		buf_add_char(j->out, ',');
	j->comma = true;
}

static void open(struct json *j, char c)
{
	separate(j);
	buf_add_char(j->out, c);
	j->comma = false;
}

static void close(struct json *j, char c)
{
	buf_add_char(j->out, c);
	j->comma = true;
}

void json_object(struct json *j)
{
	open(j, '{');
}

void json_object_end(struct json *j)
{
	close(j, '}');
}

void json_array(struct json *j)
{
	open(j, '[');
}

void json_array_end(struct json *j)
{
	close(j, ']');
}

void json_name(struct json *j, const char *name)
{
	separate(j);
	buf_add_char(j->out, '"');
	buf_add_text(j->out, name);
	buf_add(j->out, "\":", 2);
	j->comma = false;
}

/* s needs no escape but for what JSON itself reserves. */
static void add_string(struct json *j, struct span s)
{
	size_t from = 0;

	separate(j);
	buf_add_char(j->out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '"' && s.p[i] != '\\')
			continue;
		buf_add(j->out, s.p + from, i - from);
		buf_add_char(j->out, '\\');
		from = i;
	}
	buf_add_span(j->out, span_from_offset(s, from));
	buf_add_char(j->out, '"');
}

bool json_text(struct json *j, struct span s)
{
	AUTO(buf) escaped = BUF_INIT(j->out->max);

	if (!escape_needed(s)) {
		add_string(j, s);
		return false;
	}
	escape_text(&escaped, s);
	j->out->full |= escaped.full;
	add_string(j, buf_span(&escaped));
	return true;
}

void json_foreign_name(struct json *j, struct span name)
{
	AUTO(buf) escaped = BUF_INIT(j->out->max);

	escape_text(&escaped, name);
	j->out->full |= escaped.full;
	add_string(j, buf_span(&escaped));
	buf_add_char(j->out, ':');
	j->comma = false;
}

void json_exact(struct json *j, const char *name, struct span s)
{
	json_name(j, name);
	if (!json_text(j, s))
		return;
	json_name_b64(j, name);
	json_base64(j, s);
}

void json_name_b64(struct json *j, const char *name)
{
	separate(j);
	buf_addf(j->out, "\"%s_b64\":", name);
	j->comma = false;
}

void json_base64(struct json *j, struct span s)
{
	separate(j);
	buf_add_char(j->out, '"');
	base64_add(j->out, s);
	buf_add_char(j->out, '"');
}

void json_number(struct json *j, uint64_t n)
{
	separate(j);
	buf_addf(j->out, "%llu", (unsigned long long)n);
}

void json_bool(struct json *j, bool value)
{
	separate(j);
	buf_add_text(j->out, value ? "true" : "false");
}

void json_null(struct json *j)
{
	separate(j);
	buf_add_text(j->out, "null");
}

void json_time(struct json *j, int64_t ns)
{
	char text[TIME_TEXT];

	time_format(ns, text);
	add_string(j, span_of(text));
}

void json_hex(struct json *j, struct span bytes)
{
	separate(j);
	buf_add_char(j->out, '"');
	hex_add(j->out, bytes);
	buf_add_char(j->out, '"');
}

void json_text_member(struct json *j, const char *name, const char *text)
{
	json_name(j, name);
	(void)json_text(j, span_of(text)); /* a name of ours: being exact is not at stake */
}

void json_number_member(struct json *j, const char *name, uint64_t n)
{
	json_name(j, name);
	json_number(j, n);
}

void json_bool_member(struct json *j, const char *name, bool value)
{
	json_name(j, name);
	json_bool(j, value);
}

void json_time_member(struct json *j, const char *name, int64_t ns)
{
	json_name(j, name);
	json_time(j, ns);
}

void json_hex_member(struct json *j, const char *name, struct span bytes)
{
	json_name(j, name);
	json_hex(j, bytes);
}
