#include "../check.h"
#include "entity/file.h"
#include "output/output.h"

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

static struct who somebody(void)
{
	return (struct who){ .pid = 911,
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
}

static bool who_never;

static void expect_text(const struct who *who, const char *unknown, int64_t happened,
	const char *text)
{
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct ledger_record r = { .type = RECORD_CHANGE };

	r.change = (struct change){ .type = CHANGE_DELETED,
		.kind = &kind_file,
		.key = span_of("/f"),
		.who = who,
		.who_unknown = unknown ? span_of(unknown) : SPAN_NONE,
		.happened = happened };
	text_record(&b, &r, &(struct text_style){ .who_never = who_never });
	assert_string_equal(buf_text(&b), text);
}

static void text_record__says_who_did_it(void **state)
{
	struct who who = somebody();

	(void)state;
	expect_text(&who, NULL, 1,
		"- /f\n    by /usr/bin/vim sshd\\x1b[2J (911, alice as root, ssh.service)"
		", from bash < sshd\n");
	who.also = also;
	who.n_also = ARRAY_LEN(also);
	who.others = 3;
	who.also_cut = true;
	expect_text(&who, NULL, 1,
		"- /f\n    by /usr/bin/vim sshd\\x1b[2J (911, alice as root, ssh.service)"
		", from bash < sshd; it ran /tmp/ev\\x0ail sshd\\x1b[2J … until a moment before"
		"; also touched by /bin/sh (912); 912 ran what is not known until a moment before"
		"; and by 2 more; not all are named\n");
	expect_text(&(struct who){ .pid = 9, .user = span_of("root"), .ancestry_cut = true }, NULL,
		1, "- /f\n    by  (9, root), what started it was not kept\n");
	expect_text(NULL, "it was too short", 1,
		"- /f\n    by whom is not known: it was too short\n");
	expect_text(NULL, "it was too short", 0, "- /f\n"); /* scans never know */
	who_never = true;
	expect_text(NULL, "it was too short", 1, "- /f\n");
	expect_text(&(struct who){ .pid = 9 }, NULL, 1, "- /f\n    by  (9, uid 0)\n");
	who_never = false;
}

static void text_record__says_whose_path_it_is_not(void **state)
{
	static const struct who_ancestor masked = { .pid = 8,
		.exe = { "/usr/bin/apt", 12 },
		.place = WHO_APART | WHO_REPLACED };
	static const struct who_also before = { .relation = WHO_BEFORE,
		.pid = 9,
		.uid = WHO_NONE,
		.exe = { "/bin/a", 6 },
		.place = WHO_APART | WHO_REPLACED };
	struct who who = { .pid = 9,
		.exe = span_of("/usr/bin/dpkg"),
		.user = span_of("nobody"),
		.ancestry = &masked,
		.n_ancestry = 1,
		.also = &before,
		.n_also = 1,
		.place = WHO_APART | WHO_REPLACED };

	(void)state;
	expect_text(&who, NULL, 1,
		"- /f\n    by /usr/bin/dpkg (9, nobody, not the host's file of that name: it ran "
		"in "
		"another mount namespace), from apt (not the host's file); it ran /bin/a (not the "
		"host's file) until a moment before\n");
	/* a service with a /tmp of its own */
	expect_text(&(struct who){ .pid = 9,
			    .exe = span_of("/usr/bin/dpkg"),
			    .user = span_of("root"),
			    .place = WHO_APART },
		NULL, 1, "- /f\n    by /usr/bin/dpkg (9, root)\n");
}

static void json_who__says_where_its_program_lies(void **state)
{
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct json j = JSON_INIT(&b);
	const struct who_ancestor masked = { .pid = 8,
		.exe = span_of("/usr/bin/apt"),
		.uid = WHO_NONE,
		.place = WHO_APART | WHO_REPLACED };
	struct who who = { .pid = 9,
		.uid = 1,
		.login_uid = WHO_NONE,
		.session = WHO_NONE,
		.exe = span_of("/usr/bin/dpkg"),
		.unread = span_of("it cannot be opened"),
		.ancestry = &masked,
		.n_ancestry = 1,
		.place = WHO_APART };

	(void)state;
	json_who(&j, &who);
	assert_string_equal(buf_text(&b),
		"{\"pid\":9,\"exe\":\"/usr/bin/dpkg\",\"uid\":1,\"unit\":null,\"container\":null,"
		"\"ancestry\":[{\"pid\":8,\"exe\":\"/usr/bin/apt\",\"replaced\":true,"
		"\"namespaces\":[\"mnt\"]}],\"namespaces\":[\"mnt\"],"
		"\"sha256_unknown\":\"it cannot be opened\"}");
}

static void json_who__holds_all_that_is_known(void **state)
{
	AUTO(buf) b = BUF_INIT(1 << 16);
	struct json j = JSON_INIT(&b);
	struct who who = somebody();

	(void)state;
	json_who(&j, &who);
	assert_string_equal(buf_text(&b),
		"{\"pid\":911,\"exe\":\"/usr/bin/vim\",\"argv\":[\"vim\",\"sshd\\\\x1b[2J\"],"
		"\"argv_b64\":[\"dmlt\",\"c3NoZBtbMko=\"],\"user\":\"root\",\"uid\":0,\"login\":"
		"\"alice\","
		"\"login_uid\":1000,\"session\":\"3\",\"unit\":\"ssh.service\",\"container\":null,"
		"\"ancestry\":[{\"pid\":890,\"exe\":\"/usr/bin/bash\",\"uid\":0},"
		"{\"pid\":811,\"exe\":\"/usr/sbin/sshd\"}],\"means\":\"bpf\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_record__says_who_did_it),
		cmocka_unit_test(text_record__says_whose_path_it_is_not),
		cmocka_unit_test(json_who__says_where_its_program_lies),
		cmocka_unit_test(json_who__holds_all_that_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
