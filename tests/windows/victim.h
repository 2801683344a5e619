/* The victim (victim.c) as a test in C plays with it. It stands beside the test. */
#ifndef TESTS_WINDOWS_VICTIM_H
#define TESTS_WINDOWS_VICTIM_H

#include <process.h>
#include <stdio.h>
#include <windows.h>

#include "../check.h"

#define VICTIM_WAIT_MS 15000

static char victim[MAX_PATH];

static inline void victim_find(void)
{
	DWORD at = GetModuleFileNameA(NULL, victim, MAX_PATH);

	while (at > 0 && victim[at - 1] != '\\')
		at--;
	snprintf(victim + at, MAX_PATH - at, "victim.exe");
}

static inline char *quoted(const char *path)
{
	static char text[MAX_PATH + 3];

	snprintf(text, sizeof text, "\"%s\"", path);
	return text;
}

static inline int play(const char *verb, const char *name, const char *more, const char *last)
{
	return (int)_spawnl(_P_WAIT, victim, quoted(victim), verb, name, more, last, NULL);
}

/* Its input is a pipe of ours, whose end ends it. */
struct started {
	HANDLE process, input;
};

static inline struct started begin(const char *arguments)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	STARTUPINFOA how = { .cb = sizeof how, .dwFlags = STARTF_USESTDHANDLES };
	PROCESS_INFORMATION x;
	struct started s;
	char line[1024], ready[8];
	HANDLE out;
	DWORD n = 0;

	assert_true(CreatePipe(&how.hStdInput, &s.input, &inherited, 0));
	assert_true(CreatePipe(&out, &how.hStdOutput, &inherited, 0));
	SetHandleInformation(s.input, HANDLE_FLAG_INHERIT, 0);
	SetHandleInformation(out, HANDLE_FLAG_INHERIT, 0);
	snprintf(line, sizeof line, "\"%s\" %s", victim, arguments);
	assert_true(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &how, &x));
	CloseHandle(how.hStdInput);
	CloseHandle(how.hStdOutput);
	CloseHandle(x.hThread);
	assert_true(ReadFile(out, ready, sizeof ready, &n, NULL) && n > 0);
	CloseHandle(out);
	s.process = x.hProcess;
	return s;
}

static inline void end(struct started *s)
{
	CloseHandle(s->input);
	TerminateProcess(s->process, 0);
	WaitForSingleObject(s->process, VICTIM_WAIT_MS);
	CloseHandle(s->process);
}

#endif
