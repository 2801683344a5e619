#include "entity/certificate.h"

#include "core/attr.h"

static const char *const types[] = { "x509", "openpgp", "opaque", "unsigned", NULL };
_Static_assert(ARRAY_LEN(types) == CERTIFICATE_TYPE_N + 1, "every certificate_type needs a name");

#define STD FIELD_STANDARD
#define CNT (FIELD_STANDARD | FIELD_CONTENT)
#define NOW (FIELD_VOLATILE | FIELD_LOCAL)

static const struct field fields[] = {
	[CERTIFICATE_TYPE] = { "type", FIELD_CHOICE, STD | FIELD_SPEAKS,
		"X.509 certificate, OpenPGP key, a file that could not be taken apart, or a source "
		"that needs no signature",
		types },
	[CERTIFICATE_SUBJECT] = { "subject", FIELD_TEXT, STD,
		"whom it names (RFC 4514); of an OpenPGP key the first user id", NULL },
	[CERTIFICATE_STORES] = { "stores", FIELD_LIST, STD,
		"who trusts it: openssl (by a link of its folder), bundle, java, secure-boot, apt, "
		"apk; on Windows machine/Root, user/Root, policy/…, enterprise/…",
		NULL },
	[CERTIFICATE_ONLY_IN_BUNDLE] = { "only_in_bundle", FIELD_FLAG, STD,
		"is in a bundle that is made from single files, but in none of those", NULL },
	[CERTIFICATE_DISTRUSTED] = { "distrusted", FIELD_FLAG, STD,
		"is in a list of what must not be trusted", NULL },
	[CERTIFICATE_SOURCES] = { "sources", FIELD_LIST, STD,
		"the files that hold it; links to one file count once", NULL },
	[CERTIFICATE_ISSUER] = { "issuer", FIELD_TEXT, STD, "who signed it (RFC 4514)", NULL },
	[CERTIFICATE_IS_CA] = { "is_ca", FIELD_FLAG, STD, "may sign other certificates", NULL },
	[CERTIFICATE_SELF_SIGNED] = { "self_signed", FIELD_FLAG, STD, "names itself as its issuer",
		NULL },
	[CERTIFICATE_KEY_TYPE] = { "key_type", FIELD_TEXT, STD,
		"kind of public key: rsa, ed25519, the curve of an EC key, …", NULL },
	[CERTIFICATE_KEY_BITS] = { "key_bits", FIELD_NUMBER, STD, "size of the public key", NULL },
	[CERTIFICATE_SIGNATURE] = { "signature", FIELD_TEXT, STD,
		"algorithm it is signed with: sha256WithRSAEncryption, …", NULL },
	[CERTIFICATE_SERIAL] = { "serial", FIELD_TEXT, STD, "serial number, hexadecimal", NULL },
	[CERTIFICATE_SHA256] = { "sha256", FIELD_DIGEST, CNT,
		"SHA-256 of its DER bytes (of the packets of an OpenPGP key, of an opaque file)",
		NULL },
	[CERTIFICATE_NOT_BEFORE] = { "not_before", FIELD_TIME, STD,
		"valid from; of an OpenPGP key: made", NULL },
	[CERTIFICATE_NOT_AFTER] = { "not_after", FIELD_TIME, STD, "valid until", NULL },
	[CERTIFICATE_KEY_USAGE] = { "key_usage", FIELD_LIST, STD,
		"what the key may be used for, as far as the certificate limits it", NULL },
	[CERTIFICATE_SUBKEYS] = { "subkeys", FIELD_LIST, STD,
		"fingerprints of the subkeys of an OpenPGP key", NULL },
	[CERTIFICATE_PACKAGE] = { "package", FIELD_TEXT, 0,
		"package that delivers a file that holds it", NULL },
	[CERTIFICATE_EXPIRED] = { "expired", FIELD_FLAG, NOW, "its time is over", NULL },
	[CERTIFICATE_THUMBPRINT] = { "thumbprint", FIELD_TEXT, STD,
		"SHA-1 under which a store of Windows has it, as its tools show it", NULL },
	[CERTIFICATE_FRIENDLY_NAME] = { "friendly_name", FIELD_TEXT, STD,
		"name that somebody gave it in a store of Windows", NULL },
	[CERTIFICATE_PRIVATE_KEY] = { "private_key", FIELD_FLAG, STD,
		"a store of Windows says that the host has its private key", NULL },
};
_Static_assert(ARRAY_LEN(fields) == CERTIFICATE_N, "every certificate_field needs a row");

const struct kind kind_certificate = {
	.name = "certificate",
	.text = "certificate authorities the system trusts, keys that packages are signed with",
	.id = 20,
	.fields = fields,
	.n_fields = CERTIFICATE_N,
};
