#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "entity/process.h"
#include "room.h"
#include "sensor/process/process_room.h"

static const char *root;
static struct arena *texts; /* outlives a run */
static pid_t started[16];
static size_t n_started;

static int end_all(void **state)
{
	(void)state;
	while (n_started > 0) {
		kill(started[--n_started], SIGKILL);
		waitpid(started[n_started], NULL, 0);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	arena_freep(&texts);
	return 0;
}

static const char *path_of(const char *name)
{
	return arena_format(texts, "%s/%s", root, name);
}

static const char *copy(const char *program, const char *name)
{
	char line[512];

	snprintf(line, sizeof line, "cp -- '%s' '%s/%s'", program, root, name);
	assert_int_equal(system(line), 0);
	return path_of(name);
}

/* It sleeps, or is traced: the loader has mapped its libraries. */
static bool rests(pid_t pid)
{
	char path[32], text[512], *end;
	int fd;
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	end = strrchr(text, ')');
	return !end || strchr("StTZ", end[2]);
}

/* Run `path` (or the program that fd is); returns once it runs. */
static pid_t run(const char *path, int fd, char *const argv[], char *const env[],
	void (*before)(void))
{
	int ends[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (before)
			before();
		if (path)
			execve(path, argv, env);
		else
			fexecve(fd, argv, env);
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 0);
	close(ends[0]);
	for (int i = 0; i < 1000 && !rests(pid); i++) /* a script may never */
		usleep(1000);
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	return started[n_started++] = pid;
}

static char *const no_env[] = { NULL };
static char *const sleeper[] = { (char[]){ "sleep" }, (char[]){ "61" }, NULL };

/* Its line, which holds all of these. */
static const char *has(bool look, const char *key, const char *const *words)
{
	const char *line;

	if (look)
		room_run(&sensor_process, NULL, 0);
	line = room_find(key);
	if (!line)
		fail_msg("no %s", key);
	for (; *words; words++)
		if (!strstr(line, *words))
			fail_msg("no %s in %s", *words, line);
	return line;
}

#define HAS(key, ...) has(true, key, (const char *const[]){ __VA_ARGS__, NULL })
/* The same without another look. */
#define ALSO(key, ...) has(false, key, (const char *const[]){ __VA_ARGS__, NULL })

/* How this test itself is placed decides what stands behind the user. */
static const char *key(const char *exe, const char *user)
{
	static const char *tail;

	if (!tail) {
		const char *line = NULL;

		run("/bin/sleep", -1, sleeper, no_env, NULL);
		room_run(&sensor_process, NULL, 0);
		for (size_t i = 0; i < room.n && !line; i++)
			if (strstr(room.lines[i], "sleep 61"))
				line = strstr(room.lines[i], "@root");
		assert_non_null(line);
		tail = strndup(line + 5, strcspn(line + 5, " "));
		end_all(NULL);
	}
	return arena_format(texts, "%s@%s%s", exe, user, tail);
}

static int setup(void **state)
{
	(void)state;
	root = room_root();
	texts = arena_new();
	(void)key("", ""); /* while nothing else runs */
	return chmod(root, 0755);
}

static void a_program_is_one_entity_however_often_it_runs(void **state)
{
	const char *exe = copy("/bin/sleep", "twice");
	pid_t a = run(exe, -1, sleeper, no_env, NULL), b = run(exe, -1, sleeper, no_env, NULL);
	char pids[64];

	(void)state;
	snprintf(pids, sizeof pids, "%d, %d", a, b);
	HAS(key(exe, "root"), "count=2", "sleep 61", "unpackaged=true", "deleted=false",
		"masquerade=false", "traced=false", "writable=false", "sha256=", pids);
	assert_null(strstr(room_find(key(exe, "root")), "ld_environment"));
}

static void a_program_whose_file_is_gone(void **state)
{
	const char *gone = copy("/bin/sleep", "gone"), *other = copy("/bin/sleep", "other");
	uint8_t sha256[SHA256_SIZE];
	AUTO(buf) hex = BUF_INIT(256);
	AUTO_FREE(host) h = NULL;
	struct host_options o = { 0 };
	struct err e;

	(void)state;
	run(gone, -1, sleeper, no_env, NULL);
	run(other, -1, sleeper, no_env, NULL);
	unlink(gone);
	copy("/bin/true", "new");
	assert_int_equal(rename(path_of("new"), other), 0);
	HAS(key(gone, "root"), "deleted=true", "replaced=false", "memfd=false");
	ALSO(key(other, "root"), "deleted=false", "replaced=true");
	/* What is digested is what runs. */
	assert_int_equal(host_open(&h, &o, &e), 0);
	assert_int_equal(host_digest(h, "/bin/sleep", sha256, &e), 0);
	buf_add_text(&hex, "sha256=");
	for (size_t i = 0; i < sizeof sha256; i++)
		buf_addf(&hex, "%02x", sha256[i]);
	ALSO(key(gone, "root"), buf_text(&hex));
	ALSO(key(other, "root"), buf_text(&hex));
}

static int memfd_with(const char *program)
{
	int fd = memfd_create("secret", MFD_CLOEXEC), in = open(program, O_RDONLY | O_CLOEXEC);
	char block[4096];
	ssize_t n;

	assert_true(fd >= 0 && in >= 0);
	while ((n = read(in, block, sizeof block)) > 0)
		assert_int_equal(write(fd, block, (size_t)n), n);
	close(in);
	return fd;
}

static void a_program_that_never_had_a_file(void **state)
{
	int fd = memfd_with("/bin/sleep");

	(void)state;
	run(NULL, fd, sleeper, no_env, NULL);
	close(fd);
	HAS(key("/memfd:secret", "root"), "memfd=true", "deleted=true", "unpackaged=true",
		"count=1");
}

static void trace_me(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void a_program_that_is_traced(void **state)
{
	const char *exe = copy("/bin/sleep", "traced");
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	int status;
	pid_t pid;

	(void)state;
	assert_true(n > 0);
	self[n] = '\0';
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		trace_me();
		execve(exe, sleeper, no_env);
		_exit(1);
	}
	started[n_started++] = pid;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	HAS(key(exe, "root"), "traced=true", arena_format(texts, "tracers=%s", self));
}

static void what_changes_the_code_it_loads(void **state)
{
	const char *exe = copy("/bin/sleep", "preloaded");
	Dl_info info;
	const char *lib;
	char *env[2] = { NULL, NULL };

	(void)state;
	assert_true(dladdr((void *)(uintptr_t)&cmocka_set_message_output, &info) != 0);
	lib = copy(info.dli_fname, "libevil.so");
	env[0] = strdup(arena_format(texts, "LD_PRELOAD=%s", lib));
	run(exe, -1, sleeper, env, NULL);
	HAS(key(exe, "root"), env[0]);
	free(env[0]);
}

/* /bin/sleep is a package's; the library is nobody's, and then not even in a folder. */
static void code_that_no_package_brought(void **state)
{
	const char *lib;
	char *env[2] = { NULL, NULL };
	Dl_info info;

	(void)state;
	assert_true(dladdr((void *)(uintptr_t)&cmocka_set_message_output, &info) != 0);
	lib = copy(info.dli_fname, "libother.so");
	env[0] = strdup(arena_format(texts, "LD_PRELOAD=%s", lib));
	run("/usr/bin/tail", -1,
		(char *const[]){ (char[]){ "tail" }, (char[]){ "-f" }, (char[]){ "/dev/null" },
			NULL },
		env, NULL);
	HAS(key("/usr/bin/tail", "root"), "libraries=", lib, "package=");
	unlink(lib);
	HAS(key("/usr/bin/tail", "root"), arena_format(texts, "%s (deleted)", lib));
	free(env[0]);
}

static void call_itself_a_worker(void)
{
	assert_int_equal(chdir(root), 0);
}

static void a_name_of_the_kernels(void **state)
{
	/* Without arguments it waits for its standard input to end, which ours does not. */
	const char *exe = copy("/usr/bin/tail", "worker");
	int in[2];

	(void)state;
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(dup2(in[0], 0), 0);
	run(exe, -1, (char *const[]){ (char[]){ "[kworker/0:1]" }, NULL }, no_env,
		call_itself_a_worker);
	HAS(key(exe, "root"), "masquerade=true", "[kworker/0:1]", root);
	end_all(NULL);
	close(in[0]);
	close(in[1]);
}

static void the_script_of_an_interpreter(void **state)
{
	char script[256];

	(void)state;
	snprintf(script, sizeof script, "%s/job.sh", root);
	room_file(root, "job.sh", "read x </dev/zero\n", 18, 0755);
	run("/bin/dash", -1,
		(char *const[]){ (char[]){ "sh" }, script, (char[]){ "--token=abc" }, NULL },
		no_env, NULL);
	HAS("/usr/bin/dash@root", script, "script_digests=", "--token=***");
}

static void become_nobody(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (setresuid(65534, 65534, 65534) < 0)
		_exit(2);
}

static void a_user_and_its_rights(void **state)
{
	const char *exe = copy("/bin/sleep", "nobodys"), *open_one;

	(void)state;
	run(exe, -1, sleeper, no_env, become_nobody);
	open_one = copy("/bin/sleep", "open");
	assert_int_equal(chmod(open_one, 0777), 0);
	run(open_one, -1, sleeper, no_env, NULL);
	HAS(key(open_one, "root"), "writable=true", "capabilities=");
	ALSO(key(exe, "nobody"), "user=nobody", "no_new_privs=true", "writable=false");
	assert_null(strstr(room_find(key(exe, "nobody")), "capabilities="));
}

/* A file system where no program may be put elsewhere is one without a package, too. */
static void another_root(void)
{
	if (chroot(root) < 0 || chdir("/") < 0)
		_exit(2);
}

static void a_program_in_another_root(void **state)
{
	char line[512];

	(void)state;
	snprintf(line, sizeof line,
		"cp /bin/sleep %s/inside && mkdir -p %s/lib64 %s/lib/x86_64-linux-gnu && "
		"cp /lib64/ld-linux-x86-64.so.2 %s/lib64/ && cp /lib/x86_64-linux-gnu/libc.so.6 "
		"%s/lib/x86_64-linux-gnu/",
		root, root, root, root, root);
	if (system(line) != 0)
		skip(); /* another processor */
	run("/inside", -1, sleeper, no_env, another_root);
	HAS(key(path_of("inside"), "root"), arena_format(texts, "root=%s", root));
	assert_null(strstr(room_find(key(path_of("inside"), "root")), "libraries="));
}

/* Two programs that become each other all the time: what is said of one is never of the other. */
static void programs_that_become_others(void **state)
{
	const char *names[] = { key("/usr/bin/env", "root"), key("/usr/bin/dash", "root") };

	(void)state;
	copy("/bin/dash", "flip");
	room_file(root, "flip.sh", "exec /usr/bin/env ./flip ./flip.sh\n", 35, 0755);
	for (unsigned i = 0; i < 3; i++)
		run("/bin/dash", -1,
			(char *const[]){ (char[]){ "sh" }, (char[]){ "./flip.sh" }, NULL }, no_env,
			call_itself_a_worker);
	for (unsigned i = 0; i < 5; i++) {
		room_run(&sensor_process, NULL, 0);
		for (size_t k = 0; k < ARRAY_LEN(names); k++) {
			const char *line = room_find(names[k]);

			if (line &&
				(strstr(line, "unpackaged=true") || strstr(line, "replaced=true") ||
					strstr(line, "flip libraries")))
				fail_msg("%s", line);
		}
	}
}

/* Each key once, none with a number that another start would change, and not we ourselves. */
static void the_shape_of_a_host(void **state)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	(void)state;
	assert_true(n > 0);
	self[n] = '\0';
	room_run(&sensor_process, NULL, 0);
	assert_true(room.n > 0);
	for (size_t i = 1; i < room.n; i++) {
		size_t len = strcspn(room.lines[i], " ");

		assert_false(strncmp(room.lines[i - 1], room.lines[i], len + 1) == 0);
		if (strstr(room.lines[i], "#session-"))
			assert_true(strstr(room.lines[i], "#session-") > room.lines[i] + len);
	}
	for (size_t i = 0; i < room.n; i++)
		assert_false(strncmp(room.lines[i], self, strlen(self)) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_program_is_one_entity_however_often_it_runs, end_all),
		cmocka_unit_test_teardown(a_program_whose_file_is_gone, end_all),
		cmocka_unit_test_teardown(a_program_that_never_had_a_file, end_all),
		cmocka_unit_test_teardown(a_program_that_is_traced, end_all),
		cmocka_unit_test_teardown(what_changes_the_code_it_loads, end_all),
		cmocka_unit_test_teardown(code_that_no_package_brought, end_all),
		cmocka_unit_test_teardown(a_name_of_the_kernels, end_all),
		cmocka_unit_test_teardown(the_script_of_an_interpreter, end_all),
		cmocka_unit_test_teardown(a_user_and_its_rights, end_all),
		cmocka_unit_test_teardown(a_program_in_another_root, end_all),
		cmocka_unit_test_teardown(programs_that_become_others, end_all),
		cmocka_unit_test_teardown(the_shape_of_a_host, end_all),
	};

	if (geteuid() != 0)
		return 77;
	return cmocka_run_group_tests(tests, setup, teardown);
}
