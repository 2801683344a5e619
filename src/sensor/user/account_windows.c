#include "os/windows/fault.h"
#include "sensor/user/local_windows.h"

static void from_4(const void *data, struct local_account *ret)
{
	const USER_INFO_4 *u = data;

	*ret = (struct local_account){ .full_name = u->usri4_full_name,
		.comment = u->usri4_comment,
		.home = u->usri4_home_dir,
		.home_drive = u->usri4_home_dir_drive,
		.profile = u->usri4_profile,
		.script = u->usri4_script_path,
		.workstations = u->usri4_workstations,
		.hours = u->usri4_units_per_week == 168 ? u->usri4_logon_hours : NULL,
		.sid = u->usri4_user_sid,
		.flags = u->usri4_flags,
		.privilege = u->usri4_priv,
		.age = u->usri4_password_age,
		.expires = u->usri4_acct_expires,
		.primary_group = u->usri4_primary_group_id,
		.has_rights = true,
		.has_all = true,
		.expired = u->usri4_password_expired != 0 };
}

static void from_3(const void *data, struct local_account *ret)
{
	const USER_INFO_3 *u = data;

	*ret = (struct local_account){ .full_name = u->usri3_full_name,
		.comment = u->usri3_comment,
		.home = u->usri3_home_dir,
		.home_drive = u->usri3_home_dir_drive,
		.profile = u->usri3_profile,
		.script = u->usri3_script_path,
		.workstations = u->usri3_workstations,
		.hours = u->usri3_units_per_week == 168 ? u->usri3_logon_hours : NULL,
		.flags = u->usri3_flags,
		.privilege = u->usri3_priv,
		.age = u->usri3_password_age,
		.expires = u->usri3_acct_expires,
		.primary_group = u->usri3_primary_group_id,
		.has_rights = true,
		.has_all = true,
		.expired = u->usri3_password_expired != 0 };
}

static void from_23(const void *data, struct local_account *ret)
{
	const USER_INFO_23 *u = data;

	*ret = (struct local_account){ .full_name = u->usri23_full_name,
		.comment = u->usri23_comment,
		.flags = u->usri23_flags,
		.sid = u->usri23_user_sid };
}

static void from_1(const void *data, struct local_account *ret)
{
	const USER_INFO_1 *u = data;

	*ret = (struct local_account){ .comment = u->usri1_comment,
		.home = u->usri1_home_dir,
		.script = u->usri1_script_path,
		.flags = u->usri1_flags,
		.privilege = u->usri1_priv,
		.age = u->usri1_password_age,
		.has_rights = true };
}

/* The richest first; a system that does not know one says so. */
static const struct {
	DWORD level;
	void (*read)(const void *data, struct local_account *ret);
} levels[] = { { 4, from_4 }, { 3, from_3 }, { 23, from_23 }, { 1, from_1 } };

static bool is_level_unknown(NET_API_STATUS s)
{
	return s == ERROR_INVALID_LEVEL || s == ERROR_NOT_SUPPORTED ||
	       s == ERROR_CALL_NOT_IMPLEMENTED || s == NERR_InternalError; /* so says Wine */
}

int local_account(const struct local *l, const wchar_t *name, struct local_account *ret,
	struct err *e)
{
	NET_API_STATUS s = ERROR_INVALID_LEVEL;
	BYTE *data = NULL;
	size_t i = 0;

	for (; i < ARRAY_LEN(levels); i++) {
		s = l->api->user_get(NULL, name, levels[i].level, &data);
		if (!is_level_unknown(s))
			break;
	}
	if (s == NERR_UserNotFound)
		return err_set(e, ERR_MISSING, "the account is gone");
	if (s != NERR_Success || !data)
		return err_windows(e, s, "cannot ask for the account");
	levels[i].read(data, ret);
	ret->data = data;
	return 0;
}
