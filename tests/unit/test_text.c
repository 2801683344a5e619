#include "../check.h"
#include "core/cbor.h"
#include "core/time.h"
#include "entity/certificate.h"
#include "entity/file.h"
#include "entity/list.h"
#include "entity/process.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "entity/service.h"
#include "entity/user.h"
#include "output/report.h"

static const struct text_style plain;

/* Two states of one file that differ in all a reader may meet. */
static struct ledger_record updated(struct arena *a)
{
	struct record *was = record_new(a, &kind_file), *is = record_new(a, &kind_file);
	struct ledger_record r = { .type = RECORD_CHANGE };
	struct buf map = BUF_INIT(4096);

	record_set_number(was, FILE_MODE, 0644);
	record_set_number(is, FILE_MODE, 0600);
	record_set_number(was, FILE_SIZE, 3289);
	record_set_number(is, FILE_SIZE, 1);
	record_set_bytes(was, FILE_SHA256,
		arena_copy(a, span_from("\x01\x02\x03\x04\x05\x06\x07\x08", 8)));
	record_set_bytes(is, FILE_SHA256,
		arena_copy(a, span_from("\xab\x02\x03\x04\x05\x06\x07\x08", 8)));
	record_set_time(was, FILE_MTIME, 1);
	record_set_time(is, FILE_MTIME, 2);
	record_set_bytes(is, FILE_TARGET, span_of("x\x1b[2J"));
	cbor_put_map(&map, 1);
	cbor_put_bytes(&map, span_of("user.a"));
	cbor_put_bytes(&map, span_of("yes"));
	record_set_bytes(is, FILE_XATTR, arena_copy(a, buf_span(&map)));
	buf_done(&map);
	r.change = (struct change){ .type = CHANGE_UPDATED,
		.kind = &kind_file,
		.key = span_of("/etc/a\nb"),
		.fields = record_diff(was, is),
		.was = was,
		.is = is,
		.rule = span_of("etc"),
		.severity = SEVERITY_HIGH };
	return r;
}

static void text_record__shows_before_and_after(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct ledger_record r = updated(a);

	(void)state;
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b), "~ /etc/a\\x0ab\n"
					  "    mode    0644 → 0600\n"
					  "    size    3,289 bytes → 1 byte\n"
					  "    sha256  010203040506… → ab0203040506…\n"
					  "    mtime   1970-01-01T00:00:00.000000001Z → "
					  "1970-01-01T00:00:00.000000002Z\n"
					  "    target  none → x\\x1b[2J\n"
					  "    xattr user.a  none → \"yes\"\n");
}

static void text_record__breaks_lines_that_are_too_wide(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct ledger_record r = updated(a);

	(void)state;
	r.change.fields = field_bit(FILE_SHA256);
	text_record(&b, &r, &(struct text_style){ .full = true, .width = 40 });
	assert_string_equal(buf_text(&b), "~ /etc/a\\x0ab\n"
					  "    sha256  0102030405060708\n"
					  "           → ab02030405060708\n");
}

static void text_record__never_lets_an_escape_through(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct ledger_record r = updated(a);

	(void)state;
	text_record(&b, &r, &plain);
	assert_null(memchr(b.p, '\x1b', b.n));
	buf_clear(&b);
	text_record(&b, &r, &(struct text_style){ .colour = true });
	assert_non_null(memchr(b.p, '\x1b', b.n));
}

static void text_record__has_a_sign_for_every_kind_of_change(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct record *one = record_new(a, &kind_file);
	struct change c = { .kind = &kind_file, .key = span_of("/b"), .old_key = span_of("/a") };
	static const struct {
		enum change_type type;
		uint64_t subtree;
		const char *text;
	} cases[] = { { CHANGE_CREATED, 0, "+ /b  regular, mode 0644\n" },
		{ CHANGE_DELETED, 0, "- /b  was regular, mode 0644\n" },
		{ CHANGE_UPDATED, 0, "~ /b\n" }, { CHANGE_RENAMED, 0, "> /a → /b\n" },
		{ CHANGE_RENAMED, 312, "> /a → /b (and 312 entries below)\n" } };

	(void)state;
	record_set_number(one, FILE_TYPE, FILE_REGULAR);
	record_set_number(one, FILE_MODE, 0644);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) b = BUF_INIT(4096);
		struct ledger_record r = { .type = RECORD_CHANGE, .change = c };

		r.change.type = cases[i].type;
		r.change.subtree = cases[i].subtree;
		r.change.was = cases[i].type == CHANGE_CREATED ? NULL : one;
		r.change.is = cases[i].type == CHANGE_DELETED ? NULL : one;
		text_record(&b, &r, &plain);
		assert_string_equal(buf_text(&b), cases[i].text);
	}
}

static struct record *authority(struct arena *a, const char *const *sources, size_t n)
{
	struct record *r = record_new(a, &kind_certificate);
	struct span items[64];

	r->key = span_of("ca:A b#01");
	for (size_t i = 0; i < n; i++)
		items[i] = span_of(sources[i]);
	record_set_list(r, CERTIFICATE_SOURCES, a, items, n);
	return r;
}

static void text_record__shows_what_a_list_gained_and_lost(void **state)
{
	static const char *const was[] = { "a", "b", "c" }, *const is[] = { "b", "d\n", "e" },
				 *const turned[] = { "c", "b", "a" };
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct ledger_record r = { .type = RECORD_CHANGE };

	(void)state;
	r.change = (struct change){ .type = CHANGE_UPDATED,
		.kind = &kind_certificate,
		.key = span_of("ca:A b#01"),
		.was = authority(a, was, 3),
		.is = authority(a, is, 3) };
	record_set_number((struct record *)r.change.was, CERTIFICATE_IS_CA, 0);
	record_set_number((struct record *)r.change.is, CERTIFICATE_IS_CA, 1);
	r.change.fields = record_diff(r.change.was, r.change.is);
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b), "~ certificate ca:A b#01\n"
					  "    sources  +d\\x0a, +e, -a, -c\n"
					  "    is_ca    false → true\n");
	buf_clear(&b);
	r.change.is = authority(a, turned, 3); /* the order alone */
	r.change.fields = field_bit(CERTIFICATE_SOURCES);
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b), "~ certificate ca:A b#01\n"
					  "    sources  a, b, c → c, b, a\n");
	buf_clear(&b);
	r.change.is = record_new(a, &kind_certificate);
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b), "~ certificate ca:A b#01\n"
					  "    sources  -a, -b, -c\n");
}

/* A sign in front of a sign, or behind a comma that is the item's own, would be read wrong. */
static void text_record__does_not_mix_signs_with_items(void **state)
{
	static const struct {
		const char *was, *is, *text;
	} cases[] = {
		{ "-cap_kill", "all", "added ['all'], removed ['-cap_kill']" },
		{ "a", "-b", "added ['-b'], removed ['a']" },
		{ "a", "+b", "added ['+b'], removed ['a']" },
		{ "a", "b, -c", "added ['b, -c'], removed ['a']" },
		{ "a", "b-c", "+b-c, -a" },
		{ NULL, "-b", "added ['-b']" },
		{ "-b", NULL, "removed ['-b']" },
	};
	AUTO_FREE(arena) a = arena_new();
	const char *many[30];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) b = BUF_INIT(1 << 16);

		text_difference(&b, authority(a, &cases[i].was, cases[i].was != NULL),
			authority(a, &cases[i].is, cases[i].is != NULL),
			field_bit(CERTIFICATE_SOURCES), &plain);
		assert_string_equal(buf_text(&b),
			arena_format(a, "    sources  %s\n", cases[i].text));
	}
	for (unsigned i = 0; i < ARRAY_LEN(many); i++)
		many[i] = arena_format(a, "-%02u", i);
	for (int full = 0; full < 2; full++) {
		AUTO(buf) b = BUF_INIT(1 << 16);

		text_difference(&b, authority(a, many, 0), authority(a, many, 30),
			field_bit(CERTIFICATE_SOURCES), &(struct text_style){ .full = full });
		assert_non_null(
			strstr(buf_text(&b), full ? ", '-28', '-29']\n" : ", '-19', … 10 more]\n"));
	}
}

static void text_entity__says_that_content_is_not_watched(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct record *r = record_new(a, &kind_file);

	(void)state;
	record_set_number(r, FILE_TYPE, FILE_REGULAR);
	record_set_number(r, FILE_SIZE, UINT64_C(1) << 43);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const texts[] = { "", ", content not watched: too large",
			", content watched in part: too large" };
		AUTO(buf) b = BUF_INIT(4096);

		record_set_number(r, FILE_CONTENT, i ? CONTENT_TOO_LARGE : CONTENT_HASHED);
		if (i == 2)
			record_set_bytes(r, FILE_EXTENTS, span_of("0123456789abcdef"));
		text_entity(&b, r, &plain);
		assert_string_equal(buf_text(&b),
			arena_format(a, "regular, 8,796,093,022,208 bytes%s", texts[i]));
	}
}

static void text_record__does_not_drown_in_a_list(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct ledger_record r = { .type = RECORD_CHANGE };
	const char *many[50];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(many); i++)
		many[i] = arena_format(a, "%02u", i);
	r.change = (struct change){ .type = CHANGE_UPDATED,
		.kind = &kind_certificate,
		.key = span_of("x"),
		.was = authority(a, many, 0),
		.is = authority(a, many, 50),
		.fields = field_bit(CERTIFICATE_SOURCES) };
	text_record(&b, &r, &plain);
	assert_non_null(strstr(buf_text(&b), ", +19, +… 30 more\n"));
	buf_clear(&b);
	text_record(&b, &r, &(struct text_style){ .full = true });
	assert_non_null(strstr(buf_text(&b), ", +48, +49\n"));
	buf_clear(&b);
	text_value_styled(&b, &kind_certificate.fields[CERTIFICATE_SOURCES],
		r.change.is->v[CERTIFICATE_SOURCES], &plain);
	assert_non_null(strstr(buf_text(&b), ", 19, … and 30 more"));
}

static void text_record__tells_what_came(void **state)
{
	static const char *const sources[] = { "/etc/x" };
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct record *one = authority(a, sources, 1);
	struct ledger_record r = { .type = RECORD_CHANGE };

	(void)state;
	record_set_number(one, CERTIFICATE_TYPE, CERTIFICATE_X509);
	record_set_number(one, CERTIFICATE_KEY_BITS, 2048);
	record_set_number(one, CERTIFICATE_IS_CA, 1);
	record_set_number(one, CERTIFICATE_ONLY_IN_BUNDLE, 0);
	record_set_bytes(one, CERTIFICATE_ISSUER, span_of(""));
	r.change = (struct change){ .type = CHANGE_CREATED,
		.kind = &kind_certificate,
		.key = one->key,
		.is = one };
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b), "+ certificate ca:A b#01  x509, sources /etc/x, is_ca, "
					  "key_bits 2048\n");
}

/* One line of an entity of this kind, as it is told when it came. */
static void came(struct buf *ret, struct record *one)
{
	struct ledger_record r = { .type = RECORD_CHANGE };

	r.change = (struct change){ .type = CHANGE_CREATED,
		.kind = one->kind,
		.key = one->key,
		.is = one };
	buf_clear(ret);
	text_record(ret, &r, &plain);
}

static void text_record__names_what_does_not_speak_for_itself(void **state)
{
	struct span capabilities[] = { span_of("all"), span_of("-cap_sys_resource") };
	struct span namespaces[] = { span_of("cgroup") };
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct record *user = record_new(a, &kind_user), *process = record_new(a, &kind_process);

	(void)state;
	user->key = span_of("toor");
	record_set_number(user, USER_UID, 0);
	record_set_bytes(user, USER_GROUP, span_of("root"));
	record_set_bytes(user, USER_GECOS, span_of("a \"\\o/\", locked \\x41"));
	record_set_number(user, USER_CAN_LOGIN, 1);
	record_set_number(user, USER_PASSWORD, PASSWORD_EMPTY);
	record_set_number(user, USER_LOCKED, 0);
	record_set_number(user, USER_SUPERUSER, 1);
	came(&b, user);
	assert_string_equal(buf_text(&b),
		"+ user toor  uid 0, group root, gecos \"a \"\\o/\", locked \\x41\", "
		"can_login, password empty, superuser\n");

	process->key = span_of("/tmp/x@root");
	record_set_bytes(process, PROCESS_EXE, span_of("/tmp/x"));
	record_set_bytes(process, PROCESS_USER, span_of("root"));
	record_set_list(process, PROCESS_CAPABILITIES, a, capabilities, 2);
	record_set_number(process, PROCESS_SECCOMP, SECCOMP_NONE);
	record_set_list(process, PROCESS_NAMESPACES, a, namespaces, 1);
	came(&b, process);
	assert_string_equal(buf_text(&b), "+ process /tmp/x@root  capabilities [all, "
					  "-cap_sys_resource], seccomp none, namespaces cgroup\n");
	/* as it stands in the key, but not as a part of its own */
	record_set_bytes(process, PROCESS_UNIT, span_of("tmp"));
	process->has &= ~field_bit(PROCESS_CAPABILITIES);
	came(&b, process);
	assert_string_equal(buf_text(&b), "+ process /tmp/x@root  unit tmp, seccomp none, "
					  "namespaces cgroup\n");
}

static void text_record__gives_the_number_of_an_owner_without_a_name(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(4096);
	struct record *one = record_new(a, &kind_file);

	(void)state;
	one->key = span_of("/n");
	record_set_number(one, FILE_TYPE, FILE_REGULAR);
	record_set_number(one, FILE_UID, 4242);
	record_set_number(one, FILE_GID, 0);
	record_set_bytes(one, FILE_GROUP, span_of("root"));
	came(&b, one);
	assert_string_equal(buf_text(&b), "+ /n  regular, uid 4242, group root\n");
}

static void text_record__cuts_what_is_long_and_says_so(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(1 << 20);
	AUTO(buf) expect = BUF_INIT(1 << 20);
	char was[300140], is[300140];
	struct record *one = record_new(a, &kind_user), *other = record_new(a, &kind_user);
	struct ledger_record r = { .type = RECORD_CHANGE };

	(void)state;
	memset(was, 'x', 300140);
	memcpy(was + 399, "é", 2); /* the cut would go through it */
	memcpy(is, was, 300140);
	is[200000] = 'y';
	one->key = other->key = span_of("u");
	record_set_bytes(one, USER_GECOS, span_from(was, 300140));
	record_set_bytes(other, USER_GECOS, span_from(is, 300140));
	came(&b, one);
	buf_addf(&expect, "+ user u  gecos %.399s… (300,140 bytes)\n", was);
	assert_string_equal(buf_text(&b), buf_text(&expect));

	r.change = (struct change){ .type = CHANGE_UPDATED,
		.kind = &kind_user,
		.key = one->key,
		.fields = field_bit(USER_GECOS),
		.was = one,
		.is = other };
	buf_clear(&b);
	text_record(&b, &r, &plain); /* where they differ */
	assert_true(b.n < 2000);
	assert_non_null(strstr(buf_text(&b), "gecos  …xxxx"));
	assert_non_null(strstr(buf_text(&b), "→ …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxyxx"));
	buf_clear(&b);
	text_record(&b, &r, &(struct text_style){ .full = true });
	assert_true(b.n > 600000);
}

static void text_record__gives_the_reason_below_the_change(void **state)
{
	struct span lines[] = { span_of("about to die"), span_of("killed\x1b[2J") };
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct record *was = record_new(a, &kind_service), *is = record_new(a, &kind_service);
	struct ledger_record r = { .type = RECORD_CHANGE };

	(void)state;
	record_set_number(was, SERVICE_STATE, SERVICE_RUNNING);
	record_set_number(is, SERVICE_STATE, SERVICE_FAILED);
	record_set_list(is, SERVICE_JOURNAL, a, lines, ARRAY_LEN(lines));
	r.change = (struct change){ .type = CHANGE_UPDATED,
		.kind = &kind_service,
		.key = span_of("d.service"),
		.was = was,
		.is = is,
		.fields = field_bit(SERVICE_STATE) };
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b), "~ service d.service\n"
					  "    state  running → failed\n"
					  "    | about to die\n"
					  "    | killed\\x1b[2J\n");
}

static void text_record__says_what_a_gap_covers(void **state)
{
	static const struct {
		const struct kind *kind;
		const char *key;
		bool subtree;
		const char *text;
	} cases[] = { { &kind_file, "/a", false, "! /a: denied\n" },
		{ &kind_file, "/a", true, "! /a and everything below: denied\n" },
		{ &kind_registry_key, "HKLM\\A", true,
			"! registry-key HKLM\\A and everything below: denied\n" },
		{ &kind_registry_value, "HKLM\\A\\b", false,
			"! registry-value HKLM\\A\\b: denied\n" },
		{ &kind_certificate, "", true, "! all of kind certificate: denied\n" },
		{ &kind_certificate, "ca:", true,
			"! every certificate whose key begins with 'ca:': denied\n" },
		{ &kind_certificate, "", false, "! some fields of kind certificate: denied\n" },
		{ &kind_certificate, "ca:A", false, "! certificate ca:A: denied\n" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ledger_record r = { .type = RECORD_GAP };
		AUTO(buf) b = BUF_INIT(4096);

		r.gap = (struct gap_note){ cases[i].kind, span_of(cases[i].key), cases[i].subtree,
			span_of("denied"), SPAN_NONE };
		text_record(&b, &r, &plain);
		assert_string_equal(buf_text(&b), cases[i].text);
	}
}

static void text_record__tells_a_loss_and_its_repair(void **state)
{
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct ledger_record r = { .type = RECORD_LOSS };

	(void)state;
	r.loss = (struct loss_note){ span_of("fanotify"), &kind_file, span_of("/srv\n"), 0,
		2000000000, 7, span_of("the queue was full") };
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b),
		"* loss fanotify, kind file /srv\\x0a, 7 events: the queue was full (for 2 s)\n");
	buf_clear(&b);
	r = (struct ledger_record){ .type = RECORD_REPAIR };
	r.repair = (struct repair_note){ 9, 0, 2000000000, 4000, 1, span_of("after a loss") };
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b),
		"* repair of loss 9, 4,000 entities looked at again, 1 change: after a loss "
		"(in 2 s)\n");
}

static void json_fields__gives_the_bytes_of_a_list(void **state)
{
	static const char *const clean[] = { "a", "b\"" }, *const not [] = { "a", "\n" };
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) b = BUF_INIT(4096);

	(void)state;
	json_fields(&b, authority(a, clean, 2));
	assert_string_equal(buf_text(&b), "{\"sources\":[\"a\",\"b\\\"\"]}");
	buf_clear(&b);
	json_fields(&b, authority(a, not, 2));
	assert_string_equal(buf_text(&b), "{\"sources\":[\"a\",\"\\\\x0a\"],"
					  "\"sources_b64\":[\"YQ==\",\"Cg==\"]}");
}

/* A path or key of Windows, and sentences with one, read as they are typed; bytes that are none of
 * theirs do not. */
static void text_record__leaves_backslashes_of_windows_alone(void **state)
{
	AUTO(buf) b = BUF_INIT(4096);
	struct ledger_record r = { .type = RECORD_DECISION };

	(void)state;
	r.decision = (struct decision){ .what = span_of("approve"),
		.selection = span_of("C:\\Windows\\x\x1b"),
		.items = 1,
		.by = span_of("HOST\\alice"),
		.reason = span_of("see D:\\why") };
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b),
		"= decision approve C:\\Windows\\x\\x1b, 1 entity, by HOST\\alice: see D:\\why\n");
	buf_clear(&b);
	r.decision.selection = span_of("/srv/a\\b");
	text_record(&b, &r, &plain);
	assert_non_null(strstr(buf_text(&b), "approve /srv/a\\x5cb,"));
}

static void report__groups_by_severity_and_rule(void **state)
{
	AUTO_FREE(report) p = report_new(NULL, &plain, 2);
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct record one = { .kind = &kind_file };
	struct ledger_record r = { .type = RECORD_CHANGE }, gap = { .type = RECORD_GAP };
	struct ledger_record note = { .type = RECORD_NOTE };

	(void)state;
	note.note = (struct note){ span_of("interrupted"), span_of("no finding") };
	report_add(p, &note);
	note.note = (struct note){ span_of(NOTE_MISSING), span_of("there is no \033 key") };
	report_add(p, &note);
	gap.gap = (struct gap_note){ &kind_file, span_of("/fuse"), true, span_of("timeout"),
		span_of("no answer") };
	report_add(p, &gap);
	r.change = (struct change){ .type = CHANGE_DELETED,
		.kind = &kind_file,
		.key = span_of("/1"),
		.was = &one,
		.rule = span_of("web"),
		.severity = SEVERITY_LOW };
	report_add(p, &r);
	r.change.rule = span_of("etc");
	r.change.severity = SEVERITY_CRITICAL;
	for (int i = 0; i < 3; i++)
		report_add(p, &r);
	report_print(p, &b);
	assert_string_equal(buf_text(&b), "CRITICAL  etc (3 changes)\n"
					  "  - /1  was \n  - /1  was \n"
					  "  … and 1 more (--full shows all)\n\n"
					  "LOW  web (1 change)\n  - /1  was \n\n"
					  "MISSING  what the policy expects to be present\n"
					  "  ! there is no \\x1b key\n\n"
					  "NOT SEEN  what is known there stays as it was (1 gap)\n"
					  "  ! /fuse and everything below: timeout, no answer\n\n");
	assert_int_equal(report_counts(p)->changes, 4);
	assert_int_equal(report_counts(p)->types[CHANGE_DELETED], 4);
	assert_int_equal(report_counts(p)->severities[SEVERITY_CRITICAL], 3);
	assert_int_equal(report_counts(p)->gaps, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_record__shows_before_and_after),
		cmocka_unit_test(text_record__breaks_lines_that_are_too_wide),
		cmocka_unit_test(text_record__never_lets_an_escape_through),
		cmocka_unit_test(text_record__has_a_sign_for_every_kind_of_change),
		cmocka_unit_test(text_record__shows_what_a_list_gained_and_lost),
		cmocka_unit_test(text_record__does_not_drown_in_a_list),
		cmocka_unit_test(text_record__does_not_mix_signs_with_items),
		cmocka_unit_test(text_entity__says_that_content_is_not_watched),
		cmocka_unit_test(text_record__tells_what_came),
		cmocka_unit_test(text_record__names_what_does_not_speak_for_itself),
		cmocka_unit_test(text_record__gives_the_number_of_an_owner_without_a_name),
		cmocka_unit_test(text_record__cuts_what_is_long_and_says_so),
		cmocka_unit_test(text_record__gives_the_reason_below_the_change),
		cmocka_unit_test(text_record__says_what_a_gap_covers),
		cmocka_unit_test(json_fields__gives_the_bytes_of_a_list),
		cmocka_unit_test(text_record__leaves_backslashes_of_windows_alone),
		cmocka_unit_test(report__groups_by_severity_and_rule),
		cmocka_unit_test(text_record__tells_a_loss_and_its_repair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
