#include "os/windows/guarded.h"

/* clang-format off */
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>
/* clang-format on */

#include "core/arena.h"
#include "core/buf.h"
#include "os/windows/fault.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"

#define TOKEN_BYTES_MAX 4096
#define WRITE_BITS \
	(FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES | \
		FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | \
		GENERIC_ALL | MAXIMUM_ALLOWED)
#define READ_BITS (FILE_READ_DATA | GENERIC_READ)
#define TAKE_BITS (FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER | GENERIC_ALL | MAXIMUM_ALLOWED)

/* The SID of our user, as text. */
static bool own_sid(struct buf *ret)
{
	union {
		TOKEN_USER user;
		char bytes[TOKEN_BYTES_MAX];
	} t;
	HANDLE token = NULL;
	DWORD n = 0;
	bool ok;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	ok = GetTokenInformation(token, TokenUser, &t, sizeof t, &n) &&
	     sid_to_text(span_from(t.user.User.Sid, GetLengthSid(t.user.User.Sid)), ret);
	CloseHandle(token);
	return ok;
}

static bool is_administrator(void)
{
	SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
	PSID admins = NULL;
	BOOL member = FALSE;

	if (!AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS,
		    0, 0, 0, 0, 0, 0, &admins))
		return false;
	(void)CheckTokenMembership(NULL, admins, &member); /* not one that is for denying only */
	FreeSid(admins);
	return member;
}

void *guarded_attributes(struct arena *a, struct err *e)
{
	SECURITY_ATTRIBUTES *ret = arena_get(a, sizeof *ret);
	AUTO(buf) text = BUF_INIT(1024);
	PSECURITY_DESCRIPTOR d = NULL;
	ULONG n = 0;

	buf_add_text(&text, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)");
	if (!is_administrator()) {
		buf_add_text(&text, "(A;OICI;FA;;;");
		(void)own_sid(&text);
		buf_add_char(&text, ')');
	}
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(wide_from_text(a, buf_span(&text),
									  NULL),
		    SDDL_REVISION_1, &d, &n)) {
		(void)err_windows(e, GetLastError(), "cannot make a security descriptor");
		return NULL;
	}
	*ret = (SECURITY_ATTRIBUTES){ .nLength = sizeof *ret,
		.lpSecurityDescriptor = arena_get(a, n) };
	memcpy(ret->lpSecurityDescriptor, d, n);
	LocalFree(d);
	return ret;
}

static bool is_trusted(struct span sid)
{
	static const char *const trusted[] = { "S-1-5-18", "S-1-5-32-544",
		"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464" };
	AUTO(buf) text = BUF_INIT(256);
	AUTO(buf) own = BUF_INIT(256);

	if (!sid_to_text(sid, &text))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(trusted); i++)
		if (span_is(buf_span(&text), trusted[i]))
			return true;
	return own_sid(&own) && span_same(buf_span(&text), buf_span(&own));
}

static int refuse(struct err *e, const char *what, const char *why)
{
	return err_set(e, ERR_DENIED, "'%s' is not safe: %s", what, why);
}

static const char *why_not(DWORD mask)
{
	return mask & WRITE_BITS & ~(DWORD)TAKE_BITS ? "others may write to it"
	       : mask & TAKE_BITS                    ? "others may take away what is in it"
						     : "others than its owner may use it";
}

static int check_list(PACL acl, DWORD bad, const char *what, struct err *e)
{
	for (DWORD i = 0; i < acl->AceCount; i++) {
		ACCESS_ALLOWED_ACE *ace;
		PSID sid;

		if (!GetAce(acl, i, (void **)&ace))
			return refuse(e, what, "its access list cannot be read");
		if (ace->Header.AceType == ACCESS_DENIED_ACE_TYPE ||
			(ace->Header.AceFlags & INHERIT_ONLY_ACE))
			continue;
		sid = &ace->SidStart;
		if (ace->Header.AceType != ACCESS_ALLOWED_ACE_TYPE)
			return refuse(e, what, "its access list has an entry of another kind");
		if ((ace->Mask & bad) && !is_trusted(span_from(sid, GetLengthSid(sid))))
			return refuse(e, what, why_not(ace->Mask & bad));
	}
	return 0;
}

static int check(void *handle, DWORD bad, const char *what, struct err *e)
{
	PSECURITY_DESCRIPTOR d = NULL;
	PSID owner = NULL;
	PACL acl = NULL;
	int rc;
	DWORD code = GetSecurityInfo(handle, SE_FILE_OBJECT,
		OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL, &acl, NULL,
		&d);

	if (code != ERROR_SUCCESS)
		return err_windows(e, code, "cannot look at the security of '%s'", what);
	if (!owner || !is_trusted(span_from(owner, GetLengthSid(owner))))
		rc = refuse(e, what, "it belongs to another user");
	else if (!acl)
		rc = refuse(e, what, "others may write to it");
	else
		rc = check_list(acl, bad, what, e);
	LocalFree(d);
	return rc;
}

int guarded_check(void *handle, bool secret, const char *what, struct err *e)
{
	return check(handle, secret ? WRITE_BITS | READ_BITS : WRITE_BITS, what, e);
}

static int check_path(const char *path, DWORD bad, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	HANDLE h = CreateFileW(wide_path(a, span_of(path)), READ_CONTROL,
		FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
		FILE_FLAG_BACKUP_SEMANTICS, NULL);
	int rc;

	if (h == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot look at '%.300s'", path);
	rc = check(h, bad, path, e);
	CloseHandle(h);
	return rc;
}

int guarded_check_at(const char *path, struct err *e)
{
	return check_path(path, WRITE_BITS, e);
}

int guarded_check_above(const char *path, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	struct span s = span_of(path);

	while (s.n > 0 && s.p[s.n - 1] != '\\' && s.p[s.n - 1] != '/')
		s.n--;
	return check_path(s.n ? arena_text(a, s) : ".", TAKE_BITS, e);
}
