#include "os/program.h"

#include <errno.h>
#include <unistd.h>

#include "os/file.h"

void program_begin(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
}

const char *program_called(void)
{
	const char *called = program_invocation_name, *last = strrchr(called, '/');

	return last && strcmp(last, "/invar") == 0 ? called : "invar";
}

const char *program_file(struct arena *a)
{
	return file_real(a, "/proc/self/exe");
}

long program_pid(void)
{
	return (long)getpid();
}

const char *program_policy_folder(void)
{
	return "/etc/invar/policy.d";
}

const char *program_state_folder(void)
{
	return "/var/lib/invar";
}
