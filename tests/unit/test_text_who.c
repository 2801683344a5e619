#include "../check.h"
#include "entity/file.h"
#include "output/output.h"

static const struct text_style plain = { 0 };

static const struct span argv[] = { { "vim", 3 }, { "sshd\x1b[2J", 8 } };
static const struct who_also also[] = {
	{ .relation = WHO_TOO, .pid = 912, .uid = WHO_NONE, .exe = { "/bin/sh", 7 } },
	{ .relation = WHO_BEFORE, .pid = 912, .uid = WHO_NONE },
	{ .relation = WHO_BEFORE,
		.pid = 911,
		.uid = WHO_NONE,
		.exe = { "/tmp/ev\nil", 10 },
		.argv = argv,
		.n_argv = 2,
		.argv_cut = true },
};
static const struct who_ancestor from[] = {
	{ .pid = 890, .uid = 0, .exe = { "/usr/bin/bash", 13 } },
	{ .pid = 811, .uid = WHO_NONE, .exe = { "/usr/sbin/sshd", 14 } },
};

static void text_record__says_who_did_it(void **state)
{
	struct who who = { .pid = 911,
		.uid = 0,
		.login_uid = 1000,
		.session = 3,
		.exe = span_of("/usr/bin/vim"),
		.argv = argv,
		.n_argv = ARRAY_LEN(argv),
		.user = span_of("root"),
		.login = span_of("alice"),
		.unit = span_of("ssh.service"),
		.ancestry = from,
		.n_ancestry = ARRAY_LEN(from),
		.means = span_of("bpf") };
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct json j = JSON_INIT(&b);
	struct ledger_record r = { .type = RECORD_CHANGE };

	(void)state;
	r.change = (struct change){ .type = CHANGE_DELETED,
		.kind = &kind_file,
		.key = span_of("/f"),
		.who = &who,
		.happened = 1 };
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b),
		"- /f\n    by /usr/bin/vim sshd\\x1b[2J (911, alice as root, ssh.service)"
		", from bash < sshd\n");
	buf_clear(&b);
	json_who(&j, &who);
	assert_string_equal(buf_text(&b),
		"{\"pid\":911,\"exe\":\"/usr/bin/vim\",\"argv\":[\"vim\",\"sshd\\\\x1b[2J\"],"
		"\"argv_b64\":[\"dmlt\",\"c3NoZBtbMko=\"],\"user\":\"root\",\"uid\":0,\"login\":"
		"\"alice\","
		"\"login_uid\":1000,\"session\":\"3\",\"unit\":\"ssh.service\",\"container\":null,"
		"\"ancestry\":[{\"pid\":890,\"exe\":\"/usr/bin/bash\",\"uid\":0},"
		"{\"pid\":811,\"exe\":\"/usr/sbin/sshd\"}],\"means\":\"bpf\"}");
	buf_clear(&b);
	who.also = also;
	who.n_also = ARRAY_LEN(also);
	who.others = 3;
	who.also_cut = true;
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b),
		"- /f\n    by /usr/bin/vim sshd\\x1b[2J (911, alice as root, ssh.service)"
		", from bash < sshd; it ran /tmp/ev\\x0ail sshd\\x1b[2J … until a moment before"
		"; also touched by /bin/sh (912); 912 ran what is not known until a moment before"
		"; and by 2 more; not all are named\n");
	r.change.who = NULL;
	r.change.who_unknown = span_of("it was too short");
	buf_clear(&b);
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b), "- /f\n    by whom is not known: it was too short\n");
	r.change.happened = 0; /* scans never know */
	buf_clear(&b);
	text_record(&b, &r, &plain);
	assert_string_equal(buf_text(&b), "- /f\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_record__says_who_did_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
