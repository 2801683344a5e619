/* The room of certificates on roots made for it; files in tests/data/certificate were made by
 * openssl, gpg and keytool, and what is expected of them is what those say. */
#include "entity/certificate.h"
#include "room.h"
#include "sensor/certificate/certificate_room.h"

#define ROOT "ca: Root +1#7a5ec00225155d6a"
#define LEAF "ca:leaf.example#a5f20639b86bdae4"
#define KEY "apt-key:6789AE55F433AE36C71CEB3D2C99BBB29241A3F3"

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	return 0;
}

static void put(const char *path, const char *data)
{
	static char bytes[1 << 16];
	char name[256];
	FILE *f;
	size_t n;

	snprintf(name, sizeof name, "tests/data/certificate/%s", data);
	f = fopen(name, "r");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	room_file(root, path, bytes, n, 0644);
}

static void put_link(const char *path, const char *target)
{
	char name[512];

	snprintf(name, sizeof name, "%s/%s", root, path);
	assert_int_equal(symlink(target, name), 0);
}

static const char *run(void)
{
	return room_run(&sensor_certificate, root, field_bit(CERTIFICATE_EXPIRED));
}

/* Is it the beginning of " name=value"? */
static bool begins_field(const char *p)
{
	size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return *p == ' ' && n && p[1 + n] == '=';
}

/* Each " name=value" of what stands in the line, in whatever order the table has them. */
static void has(const char *key, const char *what)
{
	const char *line = room_find(key);

	if (!line)
		fail_msg("no %s", key);
	while (*what) {
		char piece[1024];
		size_t n = 1;

		while (what[n] && !begins_field(what + n))
			n++;
		snprintf(piece, sizeof piece, "%.*s", (int)n, what);
		if (!strstr(line, piece))
			fail_msg("not '%s' in: %s", piece, line);
		what += n;
	}
}

static void hasnt(const char *key, const char *what)
{
	const char *line = room_find(key);

	if (line && strstr(line, what))
		fail_msg("'%s' in: %s", what, line);
}

static void a_host_without_any_has_none(void **state)
{
	(void)state;
	assert_string_equal(run(), "");
}

static void a_certificate_is_told_field_by_field(void **state)
{
	(void)state;
	put("usr/share/ca-certificates/x/root.crt", "root.pem");
	run();
	has(ROOT, " type=x509 subject=CN=\\ Root \\+1,O=Invar\\, \\\"Test\\\",C=JP "
		  "issuer=CN=\\ Root \\+1,O=Invar\\, \\\"Test\\\",C=JP "
		  "serial=0123abcd "
		  "sha256=7a5ec00225155d6a404b7a3d5cf8376bc862a8ea93616fa5778fd6e13bb7e241 "
		  "not_before=2026-11-23T06:46:30.000000000Z "
		  "not_after=2036-11-20T06:46:30.000000000Z key_type=prime256v1 key_bits=256 "
		  "signature=ecdsa-with-SHA256 is_ca=true self_signed=true "
		  "key_usage=cRLSign, keyCertSign "
		  "sources=/usr/share/ca-certificates/x/root.crt only_in_bundle=false "
		  "distrusted=false");
	assert_int_equal(room.n, 1);
	hasnt(ROOT, " package=");
}

/* As Debian has it: a link with the file's name, a link with the hash, a bundle, a Java store. */
static void one_of_many_names_is_one(void **state)
{
	(void)state;
	put("usr/share/ca-certificates/x/root.crt", "root.pem");
	put("etc/ssl/certs/ca-certificates.crt", "root.pem");
	put("etc/ssl/certs/java/cacerts", "store.jks");
	put_link("etc/ssl/certs/root.pem", "/usr/share/ca-certificates/x/root.crt");
	put_link("etc/ssl/certs/5ed36f99.0", "root.pem");
	put_link("etc/ssl/certs/dead.pem", "/nowhere");
	run();
	assert_int_equal(room.n, 1);
	has(ROOT, " stores=bundle, java, openssl sources=/etc/ssl/certs/ca-certificates.crt, "
		  "/etc/ssl/certs/java/cacerts, /usr/share/ca-certificates/x/root.crt "
		  "only_in_bundle=false");
}

static void what_only_the_bundle_has_shows(void **state)
{
	static char both[8192];
	size_t n;
	FILE *f;

	(void)state;
	put("usr/share/ca-certificates/x/root.crt", "root.pem");
	f = popen("cat tests/data/certificate/root.pem tests/data/certificate/leaf.pem", "r");
	assert_non_null(f);
	n = fread(both, 1, sizeof both, f);
	pclose(f);
	room_file(root, "etc/ssl/certs/ca-certificates.crt", both, n, 0644);
	run();
	has(ROOT, " only_in_bundle=false");
	has(LEAF, " is_ca=false self_signed=false key_usage=digitalSignature, serverAuth "
		  "stores=bundle sources=/etc/ssl/certs/ca-certificates.crt only_in_bundle=true");
	has(LEAF, " key_type=ed25519 key_bits=256 signature=ecdsa-with-SHA256");
	put("etc/ssl/certs/leaf.pem", "leaf.pem");
	run();
	has(LEAF, " only_in_bundle=false");
	hasnt(LEAF, "openssl"); /* which finds it by a hash alone */
}

static void distrust_is_not_trust(void **state)
{
	static char text[8192] = "[p11-kit-object-v1]\nx-distrusted: true\n";
	FILE *f = fopen("tests/data/certificate/root.pem", "r");
	size_t n = strlen(text);

	(void)state;
	assert_non_null(f);
	n += fread(text + n, 1, sizeof text - n, f);
	fclose(f);
	text[strlen("[p11-kit-object-v1]\nx-distrusted: tru")] = 'x'; /* "trux" */
	room_file(root, "usr/share/pki/ca-trust-source/x.p11-kit", text, n, 0644);
	run();
	has(ROOT, " distrusted=false");
	text[strlen("[p11-kit-object-v1]\nx-distrusted: tru")] = 'e';
	room_file(root, "usr/share/pki/ca-trust-source/x.p11-kit", text, n, 0644);
	put("etc/pki/ca-trust/source/blocklist/leaf.pem", "leaf.pem");
	run();
	has(ROOT, " distrusted=true");
	has(LEAF, " distrusted=true");
	hasnt(LEAF, "stores=");
}

static void der_without_armour_is_one_too(void **state)
{
	(void)state;
	put("etc/pki/ca-trust/source/anchors/root.der", "root.der");
	run();
	has(ROOT, " type=x509");
}

static void java_stores_of_all_ages(void **state)
{
	(void)state;
	put("usr/lib/jvm/java-21/lib/security/cacerts", "plain.p12");
	run();
	has(ROOT, " stores=java sources=/usr/lib/jvm/java-21/lib/security/cacerts");
	put("usr/lib/jvm/java-21/lib/security/cacerts", "locked.p12");
	run();
	assert_null(room_find(ROOT));
	has("keystore:/usr/lib/jvm/java-21/lib/security/cacerts", " type=opaque sha256=");
	assert_int_equal(room.n, 1);
}

static void keys_of_apt_in_every_form(void **state)
{
	static const char *const data[] = { "key.gpg", "key.asc", "key.kbx" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(data); i++) {
		put("etc/apt/trusted.gpg", data[i]);
		run();
		has(KEY, " type=openpgp subject=Test <t@example.org> sha256=");
		has(KEY, " not_before=2026-11-23T06:46:31.000000000Z key_type=ed25519 "
			 "key_bits=256 subkeys=C07908362CED5636B067C0B66DD4AB57193ABEB8 "
			 "stores=apt sources=/etc/apt/trusted.gpg ");
		assert_int_equal(room.n, 1);
	}
}

static void a_keyring_is_trusted_when_a_source_names_it(void **state)
{
	(void)state;
	put("usr/share/keyrings/x.gpg", "key.gpg");
	run();
	hasnt(KEY, "stores=");
	room_text(root, "etc/apt/sources.list",
		"# deb [signed-by=/usr/share/keyrings/x.gpg] http://x y z\ndeb http://x y z\n");
	run();
	hasnt(KEY, "stores=");
	room_text(root, "etc/apt/sources.list",
		"deb [arch=amd64 signed-by=/none,/usr/share/keyrings/x.gpg lang=en] http://x y z");
	run();
	has(KEY, " stores=apt sources=/usr/share/keyrings/x.gpg");
	room_text(root, "etc/apt/sources.list", "");
	room_text(root, "etc/apt/sources.list.d/x.sources",
		"Types: deb\nSIGNED-BY:\n /none\n /usr/share/keyrings/x.gpg\nURIs: http://x\n");
	run();
	has(KEY, " stores=apt");
}

static void a_source_without_signatures_is_told(void **state)
{
	static const char *const lines[] = { "deb [trusted=yes] http://x y z",
		"deb [ arch=amd64 Trusted = YES ] http://x y z", "Types: deb\nTrusted: yes\n",
		"deb [allow-insecure=yes] http://x y z" };
	static const char *const fine[] = { "# deb [trusted=yes] http://x y z",
		"deb [trusted=no] http://x y z", "deb http://trusted.yes/ y z" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		room_text(root, "etc/apt/sources.list", lines[i]);
		run();
		has("apt-unsigned:/etc/apt/sources.list", " type=unsigned stores=apt "
							  "sources=/etc/apt/sources.list");
	}
	for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
		room_text(root, "etc/apt/sources.list", fine[i]);
		assert_string_equal(run(), "");
	}
}

/* deb822: a line that would be empty is a dot, and each begins with a blank. */
static void a_key_inside_a_source_counts(void **state)
{
	char line[512];

	(void)state;
	room_text(root, "etc/apt/sources.list.d/x.sources", "");
	snprintf(line, sizeof line,
		"(printf 'Types: deb\\nSigned-By:\\n'; sed 's/^$/./;s/^/ /' "
		"tests/data/certificate/key.asc) >%s/etc/apt/sources.list.d/x.sources",
		root);
	assert_int_equal(system(line), 0);
	run();
	has(KEY, " stores=apt sources=/etc/apt/sources.list.d/x.sources");
}

static void what_is_broken_is_told_and_the_rest_seen(void **state)
{
	const char *all;

	(void)state;
	put("usr/share/ca-certificates/root.crt", "root.pem");
	room_text(root, "usr/share/ca-certificates/cut.crt",
		"x\n-----BEGIN CERTIFICATE-----\nAAAA\n-----BEGIN CERTIFICATE-----\n%%%%\n"
		"-----END CERTIFICATE-----\n");
	room_text(root, "usr/share/ca-certificates/odd.crt",
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
	room_text(root, "etc/apt/trusted.gpg.d/x.gpg", "\x99 no key");
	room_text(root, "etc/apt/trusted.gpg.d/y.asc", "no key");
	room_text(root, "etc/apt/trusted.gpg.d/z.txt", "apt does not read this");
	room_text(root, "etc/ssl/certs/java/cacerts", "no store");
	all = run();
	has(ROOT, " type=x509");
	assert_non_null(strstr(all,
		"gap ca:… format: '/usr/share/ca-certificates/cut.crt' line 2: a certificate that "
		"is no base64 or does not end, and 1 more\n"));
	assert_non_null(strstr(all, "gap ca:… format: '/etc/ssl/certs/java/cacerts': neither a "));
	assert_non_null(strstr(all, "\nca:?#"));
	has("apt-key:/etc/apt/trusted.gpg.d/x.gpg", " type=opaque sha256=");
	has("apt-key:/etc/apt/trusted.gpg.d/y.asc", " type=opaque sha256=");
	has("keystore:/etc/ssl/certs/java/cacerts", " type=opaque");
	assert_int_equal(room.n, 7);
}

/* Attributes, then a list of one digest and one of one certificate. */
static void what_the_firmware_starts(void **state)
{
	static const char sha256_list[] =
		"\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28"
		"\x4c\0\0\0\0\0\0\0\x30\0\0\0";
	static const char x509_head[] =
		"\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72";
	static const char *const db =
		"sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
	char bytes[1024] = { 7 };
	size_t n = 4, size;
	FILE *f = fopen("tests/data/certificate/root.der", "r");

	(void)state;
	memcpy(bytes + n, sha256_list, 28);
	n += 0x4c;
	memcpy(bytes + n, x509_head, 16);
	size = fread(bytes + n + 28 + 16, 1, 512, f);
	fclose(f);
	for (unsigned i = 0; i < 2; i++) {
		bytes[n + 16 + i] = (char)((size + 28 + 16) >> (8 * i));
		bytes[n + 24 + i] = (char)((size + 16) >> (8 * i));
	}
	n += 28 + 16 + size;
	room_file(root, db, bytes, n, 0644);
	run();
	has(ROOT, " stores=secure-boot only_in_bundle=false distrusted=false");
	assert_int_equal(room.n, 1);
	room_file(root, db, bytes, n - 1, 0644);
	assert_non_null(strstr(run(), "efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f': no list"));
	room_file(root, "sys/firmware/efi/efivars/dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f", bytes,
		n, 0644);
	room_file(root, db, bytes, 4, 0644);
	run();
	has(ROOT, " distrusted=true");
	hasnt(ROOT, "stores=");
}

static void keys_of_other_package_managers(void **state)
{
	(void)state;
	put("etc/pki/rpm-gpg/RPM-GPG-KEY-x", "key.asc");
	room_text(root, "etc/apk/keys/alpine@example.rsa.pub", "-----BEGIN PUBLIC KEY-----\n");
	run();
	has("rpm-key:6789AE55F433AE36C71CEB3D2C99BBB29241A3F3", " subject=Test");
	has("apk-key:/etc/apk/keys/alpine@example.rsa.pub", " type=opaque");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_host_without_any_has_none),
		TEST(a_certificate_is_told_field_by_field),
		TEST(one_of_many_names_is_one),
		TEST(what_only_the_bundle_has_shows),
		TEST(distrust_is_not_trust),
		TEST(der_without_armour_is_one_too),
		TEST(java_stores_of_all_ages),
		TEST(keys_of_apt_in_every_form),
		TEST(a_keyring_is_trusted_when_a_source_names_it),
		TEST(a_source_without_signatures_is_told),
		TEST(a_key_inside_a_source_counts),
		TEST(what_is_broken_is_told_and_the_rest_seen),
		TEST(what_the_firmware_starts),
		TEST(keys_of_other_package_managers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
