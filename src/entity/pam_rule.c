#include "entity/pam_rule.h"

#include "core/attr.h"

#define STD FIELD_STANDARD

static const struct field fields[] = {
	[PAM_RULE_SERVICE] = { "service", FIELD_TEXT, STD,
		"program it decides for; common-… and the like are included by others", NULL },
	[PAM_RULE_TYPE] = { "type", FIELD_TEXT, STD,
		"auth, account, password or session; include: of all four", NULL },
	[PAM_RULE_CONTROL] = { "control", FIELD_TEXT, STD,
		"what follows from success and failure: required, sufficient, [success=1 …], "
		"include",
		NULL },
	[PAM_RULE_MODULE] = { "module", FIELD_TEXT, STD, "module, as written", NULL },
	[PAM_RULE_ARGUMENTS] = { "arguments", FIELD_LIST, STD, "what it is told", NULL },
	[PAM_RULE_OPTIONAL] = { "optional", FIELD_FLAG, STD,
		"nobody is told when the module is missing ('-' in front of the type)", NULL },
	[PAM_RULE_AFTER] = { "after", FIELD_TEXT, STD,
		"the rule of this service and type before it: order decides", NULL },
	[PAM_RULE_REFERENCE] = { "reference", FIELD_TEXT, STD,
		"the service whose rules stand here (include, substack, @include)", NULL },
	[PAM_RULE_PATH] = { "path", FIELD_TEXT, STD, "where the module was found", NULL },
	[PAM_RULE_MISSING] = { "missing", FIELD_FLAG, STD,
		"the module, or the service referred to, is not there", NULL },
	[PAM_RULE_PACKAGE] = { "package", FIELD_TEXT, 0,
		"package that delivered the module; absent: none did", NULL },
	[PAM_RULE_SHA256] = { "sha256", FIELD_DIGEST, 0, "SHA-256 of the module", NULL },
	[PAM_RULE_FILE] = { "file", FIELD_TEXT, STD, "the file it stands in", NULL },
	[PAM_RULE_FILE_UID] = { "file_uid", FIELD_NUMBER, STD, "uid of that file's owner", NULL },
	[PAM_RULE_WRITABLE] = { "writable", FIELD_FLAG, STD,
		"others than the owner of that file may write to it", NULL },
	[PAM_RULE_LINE] = { "line", FIELD_NUMBER, FIELD_VOLATILE | FIELD_LOCAL, "line in that file",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == PAM_RULE_N, "every pam_rule_field needs a row");

const struct kind kind_pam_rule = {
	.name = "pam-rule",
	.text = "the PAM stacks, rule by rule",
	.id = 17,
	.noun = "PAM rule",
	.fields = fields,
	.n_fields = PAM_RULE_N,
};
