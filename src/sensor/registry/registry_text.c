#include "sensor/registry/registry_text.h"

#include "core/attr.h"
#include "core/glob.h"
#include "core/hex.h"
#include "core/wtf8.h"

static const char *const names[REGISTRY_TYPE_N] = {
	[REGISTRY_NONE] = "REG_NONE",
	[REGISTRY_SZ] = "REG_SZ",
	[REGISTRY_EXPAND_SZ] = "REG_EXPAND_SZ",
	[REGISTRY_BINARY] = "REG_BINARY",
	[REGISTRY_DWORD] = "REG_DWORD",
	[REGISTRY_DWORD_BIG] = "REG_DWORD_BIG_ENDIAN",
	[REGISTRY_LINK] = "REG_LINK",
	[REGISTRY_MULTI_SZ] = "REG_MULTI_SZ",
	[REGISTRY_RESOURCE_LIST] = "REG_RESOURCE_LIST",
	[REGISTRY_RESOURCE_DESCRIPTOR] = "REG_FULL_RESOURCE_DESCRIPTOR",
	[REGISTRY_RESOURCE_REQUIREMENTS] = "REG_RESOURCE_REQUIREMENTS_LIST",
	[REGISTRY_QWORD] = "REG_QWORD",
};

void registry_type_text(uint32_t type, struct buf *ret)
{
	if (type < REGISTRY_TYPE_N)
		buf_add_text(ret, names[type]);
	else
		buf_addf(ret, "REG_0x%x", (unsigned)type);
}

/* ---- data ---- */

static uint64_t number(struct span data, bool big)
{
	uint64_t n = 0;

	for (size_t i = 0; i < data.n; i++)
		n = n << 8 | (uint8_t)data.p[big ? i : data.n - 1 - i];
	return n;
}

/* Keep what is whole characters, and say that it is not all. from: where the text begins. */
static void cut(struct buf *b, size_t from)
{
	size_t n = from + REGISTRY_TEXT_BYTES;

	if (b->n <= n)
		return;
	while (n > from && ((uint8_t)b->p[n] & 0xc0) == 0x80)
		n--;
	b->n = n;
	buf_add_text(b, "…");
}

/* Units of a row of bytes, which need not be aligned; an odd last byte is none. No more than can be
 * shown. */
static size_t units_of(struct span data, uint16_t *ret)
{
	size_t n = data.n / 2;

	if (n > REGISTRY_TEXT_BYTES + 1)
		n = REGISTRY_TEXT_BYTES + 1;
	if (n)
		memcpy(ret, data.p, n * 2);
	return n;
}

static void add_string(struct span data, struct buf *ret)
{
	uint16_t units[REGISTRY_TEXT_BYTES + 1];
	size_t from = ret->n, n = units_of(data, units);

	if (n && n == data.n / 2 && units[n - 1] == 0)
		n--;
	wtf8_add(ret, units, n);
	cut(ret, from);
}

/* Texts ended by a NUL each, and an empty one behind the last ([MS-RRP] says nothing of what lies
 * behind it: not shown). */
static void add_list(struct span data, struct buf *ret)
{
	uint16_t units[REGISTRY_TEXT_BYTES + 1];
	size_t from = ret->n, n = units_of(data, units);

	for (size_t at = 0, end; at < n && units[at]; at = end + 1) {
		for (end = at; end < n && units[end];)
			end++;
		if (at)
			buf_add_text(ret, ", ");
		wtf8_add(ret, units + at, end - at);
	}
	cut(ret, from);
}

bool registry_data_text(uint32_t type, struct span data, struct buf *ret)
{
	switch (type) {
	case REGISTRY_SZ:
	case REGISTRY_EXPAND_SZ:
	case REGISTRY_LINK:
		add_string(data, ret);
		return true;
	case REGISTRY_MULTI_SZ:
		add_list(data, ret);
		return true;
	case REGISTRY_DWORD:
	case REGISTRY_DWORD_BIG:
	case REGISTRY_QWORD:
		if (data.n != (type == REGISTRY_QWORD ? 8 : 4))
			break;
		buf_addf(ret, "%llu", (unsigned long long)number(data, type == REGISTRY_DWORD_BIG));
		return true;
	default:
		break;
	}
	if (data.n > REGISTRY_HEX_BYTES)
		return false;
	hex_add(ret, data);
	return true;
}

/* ---- secrets ---- */

/* Keys below which everything is one: of accounts, of the local security authority, of wireless and
 * Bluetooth links, of programs that keep passwords. */
static const char *const secret_keys[] = {
	"HKLM\\SAM\\*",
	"HKLM\\SECURITY\\*",
	"HKLM\\*\\LSA\\SECRETS*",
	"*\\CACHEDCREDENTIALS*",
	"*\\PROTECTED STORAGE*",
	"*\\INTELLIFORMS\\*",
	"*\\BTHPORT\\PARAMETERS\\KEYS*",
	"*\\CRYPTOGRAPHY\\RNG*",
	"*\\SYSTEMCERTIFICATES\\*\\KEYS*",
	"*\\SNMP\\PARAMETERS\\*COMMUNITIES*",
	"*SECRET*",
	"*PASSWORD*",
	"*CREDENTIAL*",
};

static const char *const secret_values[] = {
	"*PASSWORD*",
	"*PASSWD*",
	"*PASSPHRASE*",
	"*SECRET*",
	"*CREDENTIAL*",
	"PWD",
	"*_PWD",
	"*TOKEN",
	"*APIKEY*",
	"*API_KEY*",
	"*ACCESSKEY*",
	"*PRIVATEKEY*",
	"*PRIVATE KEY*",
	"*ENCRYPTIONKEY*",
	"*SHAREDKEY*",
	"*PRODUCTKEY*",
	"DIGITALPRODUCTID*",
};

static const char *const secret_classes[] = {
	"HKLM\\SYSTEM\\*\\CONTROL\\LSA\\JD",
	"HKLM\\SYSTEM\\*\\CONTROL\\LSA\\SKEW1",
	"HKLM\\SYSTEM\\*\\CONTROL\\LSA\\GBG",
	"HKLM\\SYSTEM\\*\\CONTROL\\LSA\\DATA",
};

static bool in_list(const char *const *list, size_t n, struct span name)
{
	for (size_t i = 0; i < n; i++)
		if (glob_text_as(span_of(list[i]), name, &glob_registry))
			return true;
	return false;
}

bool registry_is_secret(struct span key, struct span value)
{
	return in_list(secret_values, ARRAY_LEN(secret_values), value) ||
	       in_list(secret_keys, ARRAY_LEN(secret_keys), key);
}

bool registry_is_secret_class(struct span key)
{
	return in_list(secret_classes, ARRAY_LEN(secret_classes), key);
}

/* ---- names ---- */

bool registry_name_is_hidden(struct span name)
{
	for (size_t i = 0; i + 1 < name.n; i++)
		if ((uint8_t)name.p[i] == 0xc0 && (uint8_t)name.p[i + 1] == 0x80)
			return true;
	return false;
}

void registry_name_double(struct span name, struct buf *ret)
{
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '\\')
			buf_add_char(ret, '\\');
		buf_add_char(ret, name.p[i]);
	}
}
