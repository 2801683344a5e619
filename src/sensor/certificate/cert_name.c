#include "sensor/certificate/cert_name.h"

#include "sensor/certificate/cert_der.h"

#define NAME_MAX ((size_t)64 << 10)
#define PARTS_MAX 64

/* Bytes of the identifier, then its name; all that certificates of our time use. */
#define ROW(bytes, name) \
	{ \
		{ bytes, sizeof(bytes) - 1 }, name \
	}
static const struct {
	struct span oid;
	const char *name;
} known[] = {
	ROW("\x55\x04\x03", "CN"),
	ROW("\x55\x04\x04", "SN"),
	ROW("\x55\x04\x05", "serialNumber"),
	ROW("\x55\x04\x06", "C"),
	ROW("\x55\x04\x07", "L"),
	ROW("\x55\x04\x08", "ST"),
	ROW("\x55\x04\x09", "STREET"),
	ROW("\x55\x04\x0a", "O"),
	ROW("\x55\x04\x0b", "OU"),
	ROW("\x55\x04\x61", "organizationIdentifier"),
	ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"),
	ROW("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"),
	ROW("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"),
	/* keys */
	ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "rsa"),
	ROW("\x2a\x86\x48\xce\x38\x04\x01", "dsa"),
	ROW("\x2a\x86\x48\xce\x3d\x02\x01", "ec"),
	ROW("\x2a\x86\x48\xce\x3d\x03\x01\x07", "prime256v1"),
	ROW("\x2b\x81\x04\x00\x0a", "secp256k1"),
	ROW("\x2b\x81\x04\x00\x22", "secp384r1"),
	ROW("\x2b\x81\x04\x00\x23", "secp521r1"),
	ROW("\x2b\x24\x03\x03\x02\x08\x01\x01\x07", "brainpoolP256r1"),
	ROW("\x2b\x24\x03\x03\x02\x08\x01\x01\x0b", "brainpoolP384r1"),
	ROW("\x2b\x24\x03\x03\x02\x08\x01\x01\x0d", "brainpoolP512r1"),
	ROW("\x2b\x65\x6e", "x25519"),
	ROW("\x2b\x65\x70", "ed25519"),
	ROW("\x2b\x65\x71", "ed448"),
	ROW("\x2b\x06\x01\x04\x01\xda\x47\x0f\x01", "ed25519"), /* as OpenPGP has it */
	/* signatures */
	ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02", "md2WithRSAEncryption"),
	ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", "md5WithRSAEncryption"),
	ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "sha1WithRSAEncryption"),
	ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "rsassaPss"),
	ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "sha256WithRSAEncryption"),
	ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", "sha384WithRSAEncryption"),
	ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", "sha512WithRSAEncryption"),
	ROW("\x2a\x86\x48\xce\x38\x04\x03", "dsaWithSHA1"),
	ROW("\x2a\x86\x48\xce\x3d\x04\x01", "ecdsa-with-SHA1"),
	ROW("\x2a\x86\x48\xce\x3d\x04\x03\x02", "ecdsa-with-SHA256"),
	ROW("\x2a\x86\x48\xce\x3d\x04\x03\x03", "ecdsa-with-SHA384"),
	ROW("\x2a\x86\x48\xce\x3d\x04\x03\x04", "ecdsa-with-SHA512"),
	/* purposes */
	ROW("\x55\x1d\x25\x00", "anyExtendedKeyUsage"),
	ROW("\x2b\x06\x01\x05\x05\x07\x03\x01", "serverAuth"),
	ROW("\x2b\x06\x01\x05\x05\x07\x03\x02", "clientAuth"),
	ROW("\x2b\x06\x01\x05\x05\x07\x03\x03", "codeSigning"),
	ROW("\x2b\x06\x01\x05\x05\x07\x03\x04", "emailProtection"),
	ROW("\x2b\x06\x01\x05\x05\x07\x03\x08", "timeStamping"),
	ROW("\x2b\x06\x01\x05\x05\x07\x03\x09", "OCSPSigning"),
};
#undef ROW

struct span oid_name(struct span oid, struct arena *a)
{
	AUTO(buf) text = BUF_INIT(NAME_MAX);

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (span_same(known[i].oid, oid))
			return span_of(known[i].name);
	der_oid_text(oid, &text);
	return arena_copy(a, buf_span(&text));
}

static void add_utf8(struct buf *ret, uint32_t c)
{
	if (c < 0x80) {
		buf_add_char(ret, (char)c);
	} else if (c < 0x800) {
		buf_add_char(ret, (char)(0xc0 | c >> 6));
		buf_add_char(ret, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_add_char(ret, (char)(0xe0 | c >> 12));
		buf_add_char(ret, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_char(ret, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_add_char(ret, (char)(0xf0 | (c >> 18 & 7)));
		buf_add_char(ret, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_add_char(ret, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_char(ret, (char)(0x80 | (c & 0x3f)));
	}
}

/* A string of any of the types a name may use, as UTF-8 (or as whatever bytes it holds). */
static struct span string_text(const struct der *d, struct arena *a)
{
	size_t width = d->tag == DER_BMP_TEXT ? 2 : d->tag == DER_UNIVERSAL_TEXT ? 4 : 1;
	AUTO(buf) text = BUF_INIT(NAME_MAX);

	if (width == 1 && d->tag != DER_T61)
		return d->value;
	for (size_t i = 0; i + width <= d->value.n; i += width) {
		uint32_t c = 0;

		for (size_t k = 0; k < width; k++)
			c = c << 8 | (uint8_t)d->value.p[i + k];
		add_utf8(&text, c);
	}
	return arena_copy(a, buf_span(&text));
}

/* RFC 4514 §2.4, but that bytes which are no text stay as they are. */
static void add_escaped(struct buf *ret, struct span value)
{
	for (size_t i = 0; i < value.n; i++) {
		bool edge = (i == 0 && (value.p[i] == ' ' || value.p[i] == '#')) ||
			    (i + 1 == value.n && value.p[i] == ' ');

		if (edge || (value.p[i] && strchr(",+\"\\<>;", value.p[i])))
			buf_add_char(ret, '\\');
		buf_add_char(ret, value.p[i]);
	}
}

struct name {
	struct arena *arena;
	struct buf *text;
	struct span common, unit, organization;
};

static void keep(struct name *n, struct span type, struct span value)
{
	if (span_is(type, "CN") && !n->common.n)
		n->common = value;
	else if (span_is(type, "OU") && !n->unit.n)
		n->unit = value;
	else if (span_is(type, "O") && !n->organization.n)
		n->organization = value;
}

/* One RelativeDistinguishedName: a set of type and value. */
static bool add_part(struct name *n, struct span set)
{
	const char *between = "";

	while (set.n) {
		struct der pair, oid, value;
		struct span type, text;

		if (!der_take(&set, DER_SEQUENCE, &pair) || !der_take(&pair.value, DER_OID, &oid) ||
			!der_next(&pair.value, &value))
			return false;
		type = oid_name(oid.value, n->arena);
		text = string_text(&value, n->arena);
		keep(n, type, text);
		buf_add_text(n->text, between);
		buf_add_span(n->text, type);
		buf_add_char(n->text, '=');
		add_escaped(n->text, text);
		between = "+";
	}
	return true;
}

bool name_text(struct span name, struct arena *a, struct span *ret, struct span *ret_short)
{
	AUTO(buf) text = BUF_INIT(NAME_MAX);
	struct name n = { .arena = a, .text = &text };
	struct der part[PARTS_MAX];
	size_t parts = 0;

	while (name.n)
		if (parts == PARTS_MAX || !der_take(&name, DER_SET, &part[parts++]))
			return false;
	while (parts--) {
		if (text.n)
			buf_add_char(&text, ',');
		if (!add_part(&n, part[parts].value))
			return false;
	}
	if (text.full)
		return false;
	*ret = arena_copy(a, buf_span(&text));
	*ret_short = n.common.n ? n.common : n.unit.n ? n.unit : n.organization;
	return true;
}
