#include "../check.h"
#include "core/hex.h"
#include "os/windows/security.h"

#define SYSTEM "010100000000000512000000"
#define ADMINS "01020000000000052000000020020000"

static struct span bytes(const char *hex, uint8_t *ret)
{
	size_t n = strlen(hex) / 2;

	assert_true(hex_parse(span_of(hex), ret, n));
	return span_from(ret, n);
}

static const struct {
	const char *hex, *text; /* NULL: none */
} sids[] = {
	{ SYSTEM, "S-1-5-18" }, { ADMINS, "S-1-5-32-544" },
	{ "010100000000000100000000", "S-1-1-0" },
	{ "0105000000000005150000000100000002000000ffffffffe9030000",
		"S-1-5-21-1-2-4294967295-1001" },
	{ "0100000000000005", "S-1-5" },
	{ "0101010000000000"
	  "01000000",
		"S-1-0x010000000000-1" },
	{ "0101ffffffffffff"
	  "ffffffff",
		"S-1-0xffffffffffff-4294967295" },
	{ "", NULL }, { "01010000000000", NULL }, { "0101000000000005120000", NULL }, /* cut */
	{ SYSTEM "00", NULL },                /* longer than it says */
	{ "020100000000000512000000", NULL }, /* another revision */
	{ "011000000000000512000000", NULL }, /* 16 parts */
};

static void sid_to_text__knows_what_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sids); i++) {
		AUTO(buf) b = BUF_INIT(256);
		uint8_t raw[128];
		bool is = sid_to_text(bytes(sids[i].hex, raw), &b);

		assert_int_equal(is, sids[i].text != NULL);
		assert_string_equal(buf_text(&b), is ? sids[i].text : "");
	}
}

/* Heads of descriptors: revision, 0, control, offsets of owner, group, SACL, DACL. */
#define NO_OFFSETS "00000000000000000000000000000000"
#define ALLOW_SYSTEM "00031400ff011f00" SYSTEM

static const struct {
	const char *hex;
	const char *owner, *dacl, *sacl; /* owner NULL: it is refused */
} descriptors[] = {
	{ "01000080" NO_OFFSETS, "", "none", "none" },
	{ "01000480" NO_OFFSETS, "", "null", "none" },
	{ "01000480"
	  "14000000"
	  "00000000"
	  "00000000"
	  "20000000" SYSTEM "0200080000000000",
		"S-1-5-18", "", "none" },
	{ "01000495"
	  "00000000"
	  "00000000"
	  "00000000"
	  "14000000"
	  "02001c0001000000" ALLOW_SYSTEM,
		"", "P AI AR allow;OICI;0x1f01ff;S-1-5-18", "none" },
	{ "01001480"
	  "00000000"
	  "00000000"
	  "14000000"
	  "00000000"
	  "02001c0001000000"
	  "02c01400"
	  "00000110" SYSTEM,
		"", "null", "audit;SAFA;0x10010000;S-1-5-18" },
	{ "010010a0"
	  "00000000"
	  "00000000"
	  "00000000"
	  "00000000",
		"", "none", "P null" },
	/* an object entry with one GUID, one of an unknown type, a condition */
	{ "01000480"
	  "00000000"
	  "00000000"
	  "00000000"
	  "14000000"
	  "0400500003000000"
	  "0500280001000000"
	  "01000000"
	  "00112233445566778899aabbccddeeff" SYSTEM "77100800deadbeef"
	  "0900180001000000" SYSTEM "61727478",
		"",
		"allow-object;;0x1;33221100-5544-7766-8899-aabbccddeeff;;S-1-5-18 "
		"119;0x10;deadbeef allow-if;;0x1;S-1-5-18;61727478",
		"none" },
	/* more entries than there are; one that is longer than the list; a SID that is cut */
	{ "01000480"
	  "00000000"
	  "00000000"
	  "00000000"
	  "14000000"
	  "02001c0002000000" ALLOW_SYSTEM,
		"", "allow;OICI;0x1f01ff;S-1-5-18 damaged;", "none" },
	{ "01000480"
	  "00000000"
	  "00000000"
	  "00000000"
	  "14000000"
	  "0200100001000000"
	  "0000ffff01000000",
		"", "damaged;0000ffff01000000", "none" },
	{ "01000480"
	  "00000000"
	  "00000000"
	  "00000000"
	  "14000000"
	  "0200140001000000"
	  "00000c000100000001010000",
		"", "0;0x0;0100000001010000", "none" },
	{ "01000480"
	  "00000000"
	  "00000000"
	  "00000000"
	  "14000000"
	  "02000c0001000000"
	  "00000300",
		"", "damaged;00000300", "none" },
	/* refused */
	{ "", NULL, NULL, NULL },
	{ "01000080"
	  "000000000000000000000000000000",
		NULL, NULL, NULL }, /* cut */
	{ "02000080" NO_OFFSETS, NULL, NULL, NULL },
	{ "01000000" NO_OFFSETS, NULL, NULL, NULL }, /* not self-relative */
	{ "01000080"
	  "15000000"
	  "00000000"
	  "00000000"
	  "00000000",
		NULL, NULL, NULL },
	{ "01000080"
	  "ffffffff"
	  "00000000"
	  "00000000"
	  "00000000",
		NULL, NULL, NULL },
	{ "01000080"
	  "00000000"
	  "04000000"
	  "00000000"
	  "00000000",
		NULL, NULL, NULL },
	{ "01000480"
	  "00000000"
	  "00000000"
	  "00000000"
	  "14000000",
		NULL, NULL, NULL },
	{ "01000480"
	  "00000000"
	  "00000000"
	  "00000000"
	  "14000000"
	  "0200090000000000",
		NULL, NULL, NULL }, /* a list longer than the bytes */
	{ "01000480"
	  "00000000"
	  "00000000"
	  "00000000"
	  "14000000"
	  "0200070000000000",
		NULL, NULL, NULL },
};

static void acl_to_text__shows_entries_in_their_order_and_survives_lies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(descriptors); i++) {
		AUTO(buf) owner = BUF_INIT(256);
		AUTO(buf) dacl = BUF_INIT(4096);
		AUTO(buf) sacl = BUF_INIT(4096);
		struct descriptor d;
		uint8_t raw[512];

		if (!descriptors[i].owner) {
			assert_false(descriptor_parse(bytes(descriptors[i].hex, raw), &d));
			continue;
		}
		assert_true(descriptor_parse(bytes(descriptors[i].hex, raw), &d));
		(void)sid_to_text(d.owner, &owner);
		acl_to_text(&d, 'd', &dacl);
		acl_to_text(&d, 's', &sacl);
		assert_string_equal(buf_text(&owner), descriptors[i].owner);
		assert_string_equal(buf_text(&dacl), descriptors[i].dacl);
		assert_string_equal(buf_text(&sacl), descriptors[i].sacl);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sid_to_text__knows_what_is_none),
		cmocka_unit_test(acl_to_text__shows_entries_in_their_order_and_survives_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
