#include "entity/ssh_key.h"
#include "room.h"
#include "sensor/ssh_key/authorized.h"
#include "sensor/ssh_key/ssh_key_room.h"

/* Made by ssh-keygen, which printed the fingerprints. */
#define ED "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOHNL2P5bMUqYULdxq3vNnk4RpC9AUUdc16Ast3YWL+x"
#define ED_PRINT "SHA256:hgqqSPHfdZFgrQS5PHtdQOo7NqTOgkJDO6Ob80T77ZE"
#define EC \
	"ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBIpMHxfNkD8fVWKk" \
	"OTq+Kqcro8vMu63K2PWr60QIPMeWfnDeImvh+qvJ1EEi/gXbmcCeNxR9NzKFR+jEZk6ZN5589ujX3CGJlhFXxPhB" \
	"2X5DGTXhMov7Rwer+jz9virFtQ=="
#define EC_PRINT "SHA256:Wa/JhLd/bvjmT35Vnu97GE3dHOPjQOGApRb0uBMQmuI"
#define RSA \
	"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCYss5xhUjIsZZTEmy7So0Plx1BevDrm1WgAYd04dWwI0LvcFiC" \
	"zUChN1bnjp01oQOP6pJcpwiaZxdk8VcaqkMj0In3uAYF2r8up1TCpS4xetGrO/e1Mq5KzBu02MpNaI5d8v53rXE5" \
	"4D9kGhVVxoIbAIjLazopAl0fK/vaCDd/k/ciX/CU5g+xp1grE518oxjvtVyR0NZQPTOQM+rPkuqLtt8rlaLYCxaX" \
	"3Vz7SpFCj2qGzMXMu9bFwZ65gIOkdbnoH/HUz7bGhmMdODWhHfPwv5EGpQwhp3gcWcuOmg9FmbafCG/lpRbUjWO0" \
	"GYcBxCSl6H/OJ0fOBKOaBgO0onpH"
#define RSA_PRINT "SHA256:KNTtQdag7FhPh/LmLrrrdkwoFQN741AyaaVJBbpF6xg"

static const struct {
	const char *line;
	int rc;
	const char *print;
	unsigned bits;
	size_t options;
	const char *comment;
} lines[] = {
	{ ED, 0, ED_PRINT, 256, 0, "" },
	{ EC " me", 0, EC_PRINT, 384, 0, "me" },
	{ RSA "  two words", 0, RSA_PRINT, 2048, 0, "two words" },
	{ "no-pty " ED " x", 0, ED_PRINT, 256, 1, "x" },
	{ "from=\"a,b c\",no-pty,command=\"x \\\" y\"\t" ED, 0, ED_PRINT, 256, 3, "" },
	{ "no-pty", ERR_FORMAT, NULL, 0, 0, NULL },
	{ "command=\"x " ED, ERR_FORMAT, NULL, 0, 0, NULL },
	{ "ssh-rsa " /* another type inside */
	  "AAAAC3NzaC1lZDI1NTE5AAAAIOHNL2P5bMUqYULdxq3vNnk4RpC9AUUdc16Ast3YWL+x",
		ERR_FORMAT, NULL, 0, 0, NULL },
	{ "ssh-ed25519 AAAA!", ERR_FORMAT, NULL, 0, 0, NULL },
	{ "ssh-ed25519", ERR_FORMAT, NULL, 0, 0, NULL },
	{ "1024 35 1234567", ERR_FORMAT, NULL, 0, 0, NULL },
};

static void lines_of_keys(void **state)
{
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct authorized x;
		struct err e;
		int rc = authorized_from_line(a, span_of(lines[i].line), &x, &e);

		if (rc != lines[i].rc)
			fail_msg("%s: %d", lines[i].line, rc);
		if (rc < 0)
			continue;
		assert_string_equal(x.fingerprint, lines[i].print);
		assert_int_equal(x.bits, lines[i].bits);
		assert_int_equal(x.n_options, lines[i].options);
		assert_true(span_is(x.comment, lines[i].comment));
	}
	assert_int_equal(authorized_expiry(span_of("20300102")), INT64_C(1893542400) * 1000000000);
	assert_int_equal(authorized_expiry(span_of("203001020304Z")),
		INT64_C(1893553440) * 1000000000);
	assert_int_equal(authorized_expiry(span_of("2030")), 0);
}

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	room_text(root, "etc/passwd",
		"root:x:0:0:root:/root:/bin/bash\n"
		"alice:x:1000:1000::/home/alice/:/bin/bash\n"
		"toor::0:0\n"
		"gone:x:1001:1001::/home/gone:/bin/sh\n"
		"+::::::\n");
	room_text(root, "root/.ssh/authorized_keys", "\n# mine\n" RSA " me\n");
	room_text(root, "home/alice/.ssh/authorized_keys",
		"restrict,command=\"/usr/bin/backup\",from=\"10.0.0.0/8\" " EC " backup\n"
		"cert-authority,principals=\"ops\",expiry-time=\"20300102\" " ED "\n"
		"junk\r\nmore junk\n");
	room_file(root, "home/alice/.ssh/authorized_keys2", EC "\n", sizeof EC, 0666);
	room_file(root, ".ssh/authorized_keys", ED "\0 hidden\n", sizeof ED "\0 hidden\n" - 1,
		0644);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	return 0;
}

static void has(const char *key, const char *part)
{
	const char *line = room_find(key);

	if (!line)
		fail_msg("no entity '%s'", key);
	if (!strstr(line, part))
		fail_msg("'%s' wanted in: %s", part, line);
}

static void keys_of_every_home(void **state)
{
	const char *all = room_run(&sensor_ssh_key, root, 0);

	(void)state;
	has("root:" RSA_PRINT, "role=authorized user=root type=ssh-rsa bits=2048");
	has("root:" RSA_PRINT, "comment=me certificate_authority=false "
			       "file=/root/.ssh/authorized_keys");
	has("root:" RSA_PRINT, "writable=false line=3");
	has("alice:" EC_PRINT, "command=/usr/bin/backup from=10.0.0.0/8");
	has("alice:" EC_PRINT, "options=restrict, command=\"/usr/bin/backup\", from=");
	has("alice:" EC_PRINT "#2", "writable=true");
	has("alice:" ED_PRINT, "certificate_authority=true principals=ops "
			       "expires=2030-01-02T00:00:00.000000000Z");
	has("toor:" ED_PRINT, "file=/.ssh/authorized_keys"); /* no home in passwd: sshd takes "/" */
	assert_non_null(strstr(all, "gap alice:… format: /home/alice/.ssh/authorized_keys:3: a "
				    "line without a key; and 1 more like it"));
}

static void what_sshd_config_names_is_followed(void **state)
{
	const char *all;

	(void)state;
	room_text(root, "etc/ssh/sshd_config",
		"Include /etc/ssh/sshd_config.d/*.conf\n"
		"AuthorizedKeysFile .ssh/never_first\n" /* the include said it before */
		"TrustedUserCAKeys /etc/ssh/ca.pub\n"
		"hostkey = /etc/ssh/hk\n"
		"Match User git\n"
		"\tAuthorizedKeysFile \"/srv/git keys/%u\"\n");
	room_text(root, "etc/ssh/sshd_config.d/10-a.conf",
		"AuthorizedKeysFile %h/.ssh/own /etc/ssh/keys/%u\n"
		"AuthorizedKeysCommand /usr/bin/keys %u %f\n"
		"AuthorizedKeysCommandUser nobody\n"
		"AuthorizedPrincipalsFile /etc/ssh/principals/%u\n"
		"Include /etc/ssh/sshd_config\n"); /* a loop */
	room_text(root, "etc/ssh/sshd_config.d/.hidden.conf", "AuthorizedKeysFile /none\n");
	room_text(root, "etc/ssh/ca.pub", ED " ca\n");
	room_text(root, "etc/ssh/hk.pub", RSA " host\n");
	room_text(root, "home/alice/.ssh/own", ED " own\n");
	room_text(root, "home/alice/.ssh/never_first", EC " late\n");
	room_text(root, "etc/ssh/keys/gone", EC " gone\n");
	room_text(root, "srv/git keys/alice", RSA " git\n");
	room_text(root, "etc/ssh/principals/alice", "# who\nops\nfrom=\"10.0.0.1\" dev\n");
	all = room_run(&sensor_ssh_key, root, 0);
	has("alice:" ED_PRINT, "comment=own");
	has("gone:" EC_PRINT, "file=/etc/ssh/keys/gone");
	has("alice:" RSA_PRINT, "comment=git");
	has("user-ca:" ED_PRINT, "role=user-ca type=ssh-ed25519");
	has("host:/etc/ssh/hk.pub", "role=host type=ssh-rsa bits=2048");
	has("sshd:AuthorizedKeysCommand", "role=command user=nobody command=/usr/bin/keys %u %f "
					  "file=/etc/ssh/sshd_config.d/10-a.conf");
	has("alice:principal:ops", "role=principal user=alice");
	has("alice:principal:dev", "from=10.0.0.1");
	assert_null(room_find("alice:" EC_PRINT));
	assert_null(room_find("root:" RSA_PRINT)); /* ~/.ssh/authorized_keys counts no more */
	assert_non_null(strstr(all, "gap … limit: '/etc/ssh/sshd_config"));
}

/* What may be there but cannot be read is not gone. */
static void a_home_that_cannot_be_read_is_a_gap(void **state)
{
	const char *all;
	char name[256];

	(void)state;
	snprintf(name, sizeof name, "%s/etc/ssh/keys/root", root);
	assert_int_equal(mkdir(name, 0755), 0);
	all = room_run(&sensor_ssh_key, root, 0);
	assert_non_null(strstr(all, "gap root:… format: cannot read '/etc/ssh/keys/root'"));
	has("gone:" EC_PRINT, "file=/etc/ssh/keys/gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_keys),
		cmocka_unit_test(keys_of_every_home),
		cmocka_unit_test(what_sshd_config_names_is_followed),
		cmocka_unit_test(a_home_that_cannot_be_read_is_a_gap),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
