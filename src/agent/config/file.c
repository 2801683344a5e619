#include "agent/config/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "policy/bind.h"

int config_file_check(int fd, const char *path, struct problems *problems, struct err *e)
{
	const char *who = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "cannot read '%.300s'", path);
	if (!S_ISREG(st.st_mode))
		who = "is no file";
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		who = "is owned by another user";
	else if (st.st_mode & S_IWOTH)
		who = "may be written by everybody";
	else if (st.st_mode & S_IWGRP)
		who = "may be written by its group";
	if (!who)
		return 0;
	problem_add(problems, PROBLEM_ERROR, "unsafe-file", (struct place){ path, 0, 0 }, NULL,
		"the file %s, expected one that only its owner, root, may write", who);
	return err_set(e, ERR_POLICY, "'%.300s' %s", path, who);
}

const char *config_file_default(void)
{
	return AGENT_CONFIG_DEFAULT;
}

bool config_file_absolute(struct span path)
{
	return path.n > 0 && path.p[0] == '/';
}
