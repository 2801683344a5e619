/* A root with very many accounts, and the floor of reading them, for bench/kinds.py. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/attr.h"

static const char usage[] =
	"usage: accounts make ROOT N\n"
	"       accounts read ROOT\n"
	"make: etc/passwd, shadow, group and gshadow of N users. read: them all, as "
	"getpwent does.\n";

static NORETURN void die(const char *what)
{
	fprintf(stderr, "accounts: %s: %s\n", what, strerror(errno));
	exit(1);
}

static FILE *file(const char *root, const char *name, const char *how)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/etc/%s", root, name);
	f = fopen(path, how);
	if (!f)
		die(path);
	return f;
}

static void make(const char *root, unsigned n)
{
	char path[4096];
	FILE *passwd, *shadow, *group, *gshadow;

	snprintf(path, sizeof path, "%s/etc", root);
	mkdir(root, 0755);
	mkdir(path, 0755);
	passwd = file(root, "passwd", "w");
	shadow = file(root, "shadow", "w");
	group = file(root, "group", "w");
	gshadow = file(root, "gshadow", "w");
	fputs("root:x:0:0:root:/root:/bin/bash\n", passwd);
	fputs("root:*:19000:0:99999:7:::\n", shadow);
	fputs("root:x:0:\n", group);
	fputs("root:*::\n", gshadow);
	for (unsigned i = 1; i <= n; i++) {
		fprintf(passwd, "user%06u:x:%u:%u:User %u,,,:/home/user%06u:/bin/bash\n", i,
			i + 10000, i + 10000, i, i);
		fprintf(shadow,
			"user%06u:$6$salt%06u$"
			"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr"
			"stuvwxyz0123456789abcdefghijkl:19%03u:0:99999:7:::\n",
			i, i, i % 1000);
		fprintf(group, "user%06u:x:%u:\n", i, i + 10000);
		fprintf(gshadow, "user%06u:!::\n", i);
	}
	if (fclose(passwd) | fclose(shadow) | fclose(group) | fclose(gshadow))
		die("cannot write");
}

static void look(const char *root)
{
	FILE *passwd = file(root, "passwd", "r"), *shadow = file(root, "shadow", "r");
	FILE *group = file(root, "group", "r");
	unsigned users = 0, secrets = 0, groups = 0;

	while (fgetpwent(passwd))
		users++;
	while (fgetspent(shadow))
		secrets++;
	while (fgetgrent(group))
		groups++;
	printf("users=%u secrets=%u groups=%u\n", users, secrets, groups);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "make") == 0)
		make(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
	else if (argc == 3 && strcmp(argv[1], "read") == 0)
		look(argv[2]);
	else
		return fputs(usage, stderr), 2;
	return 0;
}
