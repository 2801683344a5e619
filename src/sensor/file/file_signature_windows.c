/* Whether Windows trusts who signed a program: by a signature in the file, or by a catalog that has
 * its digest. Nothing is fetched from a network for it: what cannot be told here is "unknown". */
/* The order matters: windows.h before what needs it. */
/* clang-format off */
#include <windows.h>
#include <wintrust.h>
#include <softpub.h>
#include <mscat.h>
/* clang-format on */

#include "os/windows/optional.h"
#include "os/windows/wide.h"
#include "sensor/file/file_reader_windows.h"

#define TAG_CHARS (DIGEST_MAX * 2 + 1)
#define DIGEST_MAX 64

static const struct {
	LONG code;
	const char *text;
} verdicts[] = {
	{ (LONG)0x800b0100, "unsigned" },               /* TRUST_E_NOSIGNATURE */
	{ (LONG)0x800b0003, "unknown" },                /* TRUST_E_SUBJECT_FORM_UNKNOWN */
	{ (LONG)0x800b0001, "unknown" },                /* TRUST_E_PROVIDER_UNKNOWN */
	{ (LONG)0x80070057, "unknown" },                /* E_INVALIDARG, of Wine */
	{ 0x57, "unknown" },                            /* the same, older */
	{ (LONG)0x80096010, "invalid:digest" },         /* TRUST_E_BAD_DIGEST */
	{ (LONG)0x800b0101, "invalid:expired" },        /* CERT_E_EXPIRED */
	{ (LONG)0x800b0109, "invalid:untrusted-root" }, /* CERT_E_UNTRUSTEDROOT */
	{ (LONG)0x800b010a, "invalid:chain" },          /* CERT_E_CHAINING */
	{ (LONG)0x800b010c, "invalid:revoked" },        /* CERT_E_REVOKED */
	{ (LONG)0x800b0111, "invalid:distrusted" },     /* TRUST_E_EXPLICIT_DISTRUST */
	{ (LONG)0x800b0004, "invalid:not-trusted" },    /* TRUST_E_SUBJECT_NOT_TRUSTED */
};

static void add_signer(HANDLE state, struct buf *ret)
{
	CRYPT_PROVIDER_DATA *data = WTHelperProvDataFromStateData(state);
	CRYPT_PROVIDER_SGNR *signer =
		data ? WTHelperGetProvSignerFromChain(data, 0, FALSE, 0) : NULL;
	wchar_t name[256];
	DWORD n;

	if (!signer || signer->csCertChain == 0)
		return;
	n = CertGetNameStringW(signer->pasCertChain[0].pCert, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0,
		NULL, name, ARRAY_LEN(name));
	if (n > 1) {
		buf_add_char(ret, ':');
		wide_to_text(name, n - 1, ret);
	}
}

static void add_verdict(LONG code, HANDLE state, struct buf *ret)
{
	if (code == 0) {
		buf_add_text(ret, "valid");
		add_signer(state, ret);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++)
		if (verdicts[i].code == code) {
			buf_add_text(ret, verdicts[i].text);
			return;
		}
	buf_addf(ret, "invalid:0x%08lx", (unsigned long)code);
}

static LONG ask(WINTRUST_DATA *d, struct buf *ret)
{
	GUID action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
	LONG code;

	d->cbStruct = sizeof *d;
	d->dwUIChoice = WTD_UI_NONE;
	d->fdwRevocationChecks = WTD_REVOKE_NONE;
	d->dwStateAction = WTD_STATEACTION_VERIFY;
	d->dwProvFlags = WTD_CACHE_ONLY_URL_RETRIEVAL | WTD_REVOCATION_CHECK_NONE;
	code = WinVerifyTrust(INVALID_HANDLE_VALUE, &action, d);
	if (code != TRUST_E_NOSIGNATURE)
		add_verdict(code, d->hWVTStateData, ret);
	d->dwStateAction = WTD_STATEACTION_CLOSE;
	(void)WinVerifyTrust(INVALID_HANDLE_VALUE, &action, d);
	return code;
}

/* ---- catalogs ---- */

/* The member of a catalog is named by its digest in hex, in capitals. */
static void name_member(const BYTE *md, DWORD n, wchar_t *ret)
{
	static const wchar_t digits[] = L"0123456789ABCDEF";

	for (DWORD i = 0; i < n; i++) {
		*ret++ = digits[md[i] >> 4];
		*ret++ = digits[md[i] & 15];
	}
	*ret = 0;
}

/* Members of catalogs are named by SHA-256 on every Windows we run on, and by SHA-1 as well in
 * older catalogs; who is not told which looks for SHA-1 alone. */
typedef BOOL WINAPI acquire_function(HCATADMIN *, const GUID *, const wchar_t *, const void *,
	DWORD);
typedef BOOL WINAPI hash_function(HCATADMIN, HANDLE, DWORD *, BYTE *, DWORD);

static bool acquire(HCATADMIN *ret, bool sha256)
{
	acquire_function *new =
		sha256 ? (acquire_function *)optional_get(OPTIONAL_CATALOG_CONTEXT_2) : NULL;

	if (sha256)
		return new &&new (ret, NULL, L"SHA256", NULL, 0);
	return CryptCATAdminAcquireContext(ret, NULL, 0);
}

static bool hash(HCATADMIN admin, HANDLE file, bool sha256, DWORD *n, BYTE *md)
{
	hash_function *new = sha256 ? (hash_function *)optional_get(OPTIONAL_CATALOG_HASH_2) : NULL;

	if (sha256)
		return new &&new (admin, file, n, md, 0);
	return CryptCATAdminCalcHashFromFileHandle(file, n, md, 0);
}

static bool ask_catalog(HCATADMIN admin, bool sha256, HANDLE file, const wchar_t *path,
	struct buf *ret)
{
	CATALOG_INFO info = { .cbStruct = sizeof info };
	wchar_t member[TAG_CHARS];
	BYTE md[DIGEST_MAX];
	DWORD n = sizeof md;
	HCATINFO catalog;
	WINTRUST_CATALOG_INFO x = { .cbStruct = sizeof x,
		.pcwszCatalogFilePath = info.wszCatalogFile,
		.pcwszMemberTag = member,
		.pcwszMemberFilePath = path,
		.hMemberFile = file,
		.pbCalculatedFileHash = md,
		.hCatAdmin = admin };
	WINTRUST_DATA d = { .dwUnionChoice = WTD_CHOICE_CATALOG, .pCatalog = &x };
	bool found = false;

	if (!hash(admin, file, sha256, &n, md))
		return false;
	catalog = CryptCATAdminEnumCatalogFromHash(admin, md, n, 0, NULL);
	if (!catalog)
		return false;
	if (CryptCATCatalogInfoFromContext(catalog, &info, 0)) {
		name_member(md, n, member);
		x.cbCalculatedFileHash = n;
		found = ask(&d, ret) != TRUST_E_NOSIGNATURE;
	}
	CryptCATAdminReleaseCatalogContext(admin, catalog, 0);
	return found;
}

static bool in_catalogs(bool sha256, HANDLE file, const wchar_t *path, struct buf *ret)
{
	HCATADMIN admin;
	bool found;

	(void)SetFilePointerEx(file, (LARGE_INTEGER){ 0 }, NULL, FILE_BEGIN);
	if (!acquire(&admin, sha256))
		return false;
	found = ask_catalog(admin, sha256, file, path, ret);
	CryptCATAdminReleaseContext(admin, 0);
	return found;
}

static bool in_catalog(HANDLE file, const wchar_t *path, struct buf *ret)
{
	/* Wine's are empty */
	return !on_wine() &&
	       (in_catalogs(true, file, path, ret) || in_catalogs(false, file, path, ret));
}

void signature_set(struct job *j)
{
	struct reader *r = j->reader;
	WINTRUST_FILE_INFO x = { .cbStruct = sizeof x, .hFile = j->handle };
	WINTRUST_DATA d = { .dwUnionChoice = WTD_CHOICE_FILE, .pFile = &x };
	struct buf *text = &r->text;

	if (j->type != FILE_REGULAR || j->stream || (j->unknown & field_bit(FILE_CONTENT)))
		return;
	buf_clear(&r->path);
	folder_path(j->folder, j->name, &r->path);
	x.pcwszFilePath = wide_path(r->arena, buf_span(&r->path));
	buf_clear(text);
	(void)SetFilePointerEx(j->handle, (LARGE_INTEGER){ 0 }, NULL, FILE_BEGIN);
	atomic_store(&r->station->free, true); /* chains are built as long as it takes */
	if (ask(&d, text) == TRUST_E_NOSIGNATURE && !in_catalog(j->handle, x.pcwszFilePath, text))
		buf_add_text(text, "unsigned");
	atomic_store(&r->station->free, false);
	record_set_bytes(&j->record, FILE_SIGNATURE, arena_copy(r->arena, buf_span(text)));
}
