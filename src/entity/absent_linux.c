/* Fields of kinds that both platforms have, which nothing on Linux gives. */
#include "entity/absent.h"

#include "core/attr.h"
#include "entity/certificate.h"
#include "entity/cron.h"
#include "entity/file.h"
#include "entity/firewall.h"
#include "entity/group.h"
#include "entity/package.h"
#include "entity/process.h"
#include "entity/service.h"
#include "entity/user.h"

static const unsigned char of_file[] = { FILE_ATTRIBUTES, FILE_OWNER_SID, FILE_GROUP_SID, FILE_DACL,
	FILE_SACL, FILE_REPARSE, FILE_SIGNATURE };
static const unsigned char of_service[] = { SERVICE_DISPLAY_NAME, SERVICE_STATUS_WORD,
	SERVICE_PROGRAM, SERVICE_UNQUOTED, SERVICE_DLL, SERVICE_DLL_SHA256, SERVICE_DEPENDS,
	SERVICE_FAILURE_ACTIONS_LIST, SERVICE_SETTINGS, SERVICE_DACL, SERVICE_COPIES };
static const unsigned char of_user[] = { USER_COMMENT, USER_PRIVILEGE, USER_PASSWORD_EXPIRED,
	USER_PROFILE, USER_SCRIPT, USER_HOME_DRIVE, USER_WORKSTATIONS, USER_SID, USER_FLAGS,
	USER_DISABLED, USER_LOCKED_OUT, USER_NEVER_EXPIRES, USER_CANNOT_CHANGE, USER_NO_PASSWORD,
	USER_LOGON_HOURS };
static const unsigned char of_group[] = { GROUP_SID, GROUP_COMMENT, GROUP_MEMBER_NAMES };
static const unsigned char of_process[] = { PROCESS_INTEGRITY, PROCESS_SERVICES, PROCESS_SESSIONS };
static const unsigned char of_package[] = { PACKAGE_UNINSTALL, PACKAGE_SYSTEM_COMPONENT,
	PACKAGE_PARENT, PACKAGE_PRODUCT_CODE, PACKAGE_PACKAGE_CODE, PACKAGE_CONTEXT, PACKAGE_USER };
static const unsigned char of_firewall[] = { FIREWALL_NAME, FIREWALL_ENABLED, FIREWALL_DIRECTION,
	FIREWALL_ACTION, FIREWALL_PROTOCOL, FIREWALL_LOCAL_PORTS, FIREWALL_REMOTE_PORTS,
	FIREWALL_LOCAL_ADDRESSES, FIREWALL_REMOTE_ADDRESSES, FIREWALL_PROGRAM, FIREWALL_SERVICE,
	FIREWALL_PROFILES, FIREWALL_GROUP, FIREWALL_POLICY_OUT, FIREWALL_SETTINGS,
	FIREWALL_DESCRIPTION };
static const unsigned char of_cron[] = { CRON_NAMED_BY, CRON_DEFINITION, CRON_CACHED_COMMAND,
	CRON_CACHE, CRON_HAS_DESCRIPTOR, CRON_ACL, CRON_RUN_LEVEL, CRON_LOGON_TYPE, CRON_HIDDEN,
	CRON_AUTHOR, CRON_DESCRIPTION };
static const unsigned char of_certificate[] = { CERTIFICATE_THUMBPRINT, CERTIFICATE_FRIENDLY_NAME,
	CERTIFICATE_PRIVATE_KEY };

const struct absent_fields absent_fields[] = {
	{ &kind_file, of_file, ARRAY_LEN(of_file) },
	{ &kind_service, of_service, ARRAY_LEN(of_service) },
	{ &kind_user, of_user, ARRAY_LEN(of_user) },
	{ &kind_group, of_group, ARRAY_LEN(of_group) },
	{ &kind_process, of_process, ARRAY_LEN(of_process) },
	{ &kind_package, of_package, ARRAY_LEN(of_package) },
	{ &kind_firewall, of_firewall, ARRAY_LEN(of_firewall) },
	{ &kind_cron, of_cron, ARRAY_LEN(of_cron) },
	{ &kind_certificate, of_certificate, ARRAY_LEN(of_certificate) },
	{ NULL, NULL, 0 },
};
