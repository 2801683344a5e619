/* A stored key that has a text is the key of that text, and the other way round; the parts of a
 * text lie inside it. */
#include "entity/file.h"
#include "entity/key.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void from_stored(struct span stored)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) key = BUF_INIT(BUF_MAX_DEFAULT);
	const struct kind *k;
	struct err e;

	if (key_to_text(stored, &k, &text, &e) == 0)
		check(key_from_text(k, buf_span(&text), &key, &e) == 0 &&
			span_same(buf_span(&key), stored));
}

static void parts(const struct kind *k, struct span text)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) room = BUF_INIT(BUF_MAX_DEFAULT);
	struct span folder = key_folder(k, text);
	struct glob_section *s;
	size_t count;
	struct err e;

	check(folder.n == 0 || key_is_below(k, text, folder));
	check(folder.n + key_name(k, text).n <= text.n);
	check(key_path(k, text, &room).sections.p || span_is(text, "/"));
	if (key_pattern(k, text, a, &s, &count, &e) == 0)
		(void)key_matches(k, s, text);
}

static void from_text(const struct kind *k, struct span text)
{
	AUTO(buf) key = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) again = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) low = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) high = BUF_INIT(BUF_MAX_DEFAULT);
	const struct kind *found;
	struct err e;

	if (key_from_text(k, text, &key, &e) < 0)
		return;
	check(key_to_text(buf_span(&key), &found, &again, &e) == 0 && found == k &&
		span_same(buf_span(&again), text));
	parts(k, text);
	if (key_folder(k, text).n == 0)
		return;
	key_range_below(k, key_folder(k, text), &low, &high);
	check(span_compare(buf_span(&key), buf_span(&low)) >= 0 &&
		span_compare(buf_span(&key), buf_span(&high)) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct kind *const list[] = { &kind_file, &kind_registry_key,
		&kind_registry_value };

	from_stored(span_from(data, n));
	if (n > 0)
		from_text(list[data[0] % 3], span_from(data + 1, n - 1));
	return 0;
}
