/* System calls, by libseccomp: what a role does not need is refused. Two answers: what a program
 * might try and do without does not exist (ENOSYS, so that the C library falls back); what nobody
 * here has any business with is forbidden (EPERM). */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/service/role.h"

/* Of any process that computes, allocates, reads and waits. */
static const char *const common[] = { "arch_prctl", "brk", "clock_getres", "clock_gettime",
	"clock_nanosleep", "close", "close_range", "dup", "dup2", "dup3", "epoll_create",
	"epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd",
	"eventfd2", "exit", "exit_group", "fcntl", "futex", "futex_waitv", "getcpu", "getcwd",
	"getegid", "geteuid", "getgid", "getgroups", "getpgid", "getpgrp", "getpid", "getppid",
	"getpriority", "getrandom", "getresgid", "getresuid", "getrlimit", "getrusage", "getsid",
	"gettid", "gettimeofday", "getuid", "madvise", "membarrier", "mlock", "mlock2", "mmap",
	"mprotect", "mremap", "msync", "munlock", "munmap", "nanosleep", "pause", "pipe", "pipe2",
	"poll", "ppoll", "prctl", "prlimit64", "pselect6", "read", "readv", "restart_syscall",
	"rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
	"rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "sched_get_priority_max",
	"sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam",
	"sched_getscheduler", "sched_setaffinity", "sched_setattr", "sched_setscheduler",
	"sched_yield", "select", "set_robust_list", "get_robust_list", "set_tid_address",
	"setitimer", "getitimer", "setpriority", "setrlimit", "sigaltstack", "signalfd",
	"signalfd4", "sysinfo", "tgkill", "time", "timer_create", "timer_delete",
	"timer_getoverrun", "timer_gettime", "timer_settime", "timerfd_create", "timerfd_gettime",
	"timerfd_settime", "times", "umask", "uname", "wait4", "waitid", "write", "writev",
	"ioprio_get", "ioprio_set", "capget", NULL };

/* Looking at files, and keeping some of one's own. */
static const char *const files[] = { "access", "chdir", "faccessat", "faccessat2", "fadvise64",
	"fallocate", "fchdir", "fchmod", "fchmodat", "fchown", "fdatasync", "fgetxattr",
	"flistxattr", "flock", "fstat", "fstatfs", "fsync", "ftruncate", "getdents", "getdents64",
	"getxattr", "getxattrat", "ioctl", "lgetxattr", "link", "linkat", "listxattr",
	"listxattrat", "llistxattr", "lseek", "lstat", "mincore", "mkdir", "mkdirat", "newfstatat",
	"open", "openat", "openat2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev",
	"pwritev2", "readahead", "readlink", "readlinkat", "rename", "renameat", "renameat2",
	"rmdir", "sendfile", "splice", "stat", "statfs", "statx", "symlink", "symlinkat",
	"sync_file_range", "truncate", "unlink", "unlinkat", "utime", "utimensat", "utimes",
	"futimesat", "copy_file_range", "memfd_create", "chmod", "creat", NULL };

/* Sockets; which families is said below. */
static const char *const sockets[] = { "accept", "accept4", "bind", "connect", "getpeername",
	"getsockname", "getsockopt", "listen", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg",
	"sendmsg", "sendto", "setsockopt", "shutdown", "socketpair", NULL };

/* What only looking at a whole host takes. */
static const char *const host[] = { "bpf", "name_to_handle_at", "open_by_handle_at",
	"perf_event_open", "pidfd_open", "pidfd_getfd", "statmount", "listmount",
	"sched_rr_get_interval", "syslog", "kcmp", "adjtimex", "clock_adjtime", "inotify_init1",
	"inotify_add_watch", "inotify_rm_watch", "fanotify_init", "fanotify_mark",
	"pidfd_send_signal", NULL };

/* Of the collector alone: other network namespaces (sockets there), mounts nobody else sees (what
 * is below one that hides something). */
static const char *const namespaces[] = { "setns", "fsopen", "fsconfig", "fsmount", "open_tree",
	"kill", NULL };

static const char *const kills[] = { "kill", NULL };
static const char *const runs_programs[] = { "execve", "execveat", "setpgid", "setsid", "vfork",
	"fork", "clone", "clone3", "kill", "chown", "lchown", "fchownat", "setuid", "setgid",
	"setresuid", "setresgid", "setreuid", "setregid", "setgroups", NULL };

static const struct {
	const char *const *lists[8];
	/* Sockets of the Internet: the link sends; the collector asks iptables by an option of one,
	 * and finds hidden listeners by binding to their ports. */
	bool inet;
	bool forks; /* processes of the same program */
} calls[ROLE_N] = {
	[ROLE_WATCHER] = { { common, files, sockets, host, kills }, .forks = true },
	[ROLE_COLLECTOR] = { { common, files, sockets, host, namespaces }, .inet = true,
		.forks = true },
	[ROLE_LINK] = { { common, files, sockets, kills }, .inet = true, .forks = true },
};

/* Forbidden to the parent and thereby to all; the others' lists leave them out anyway. */
static const char *const never[] = { "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "reboot", "swapon", "swapoff", "ptrace", "process_vm_writev", "iopl",
	"ioperm", "settimeofday", "clock_settime", "stime", "acct", "quotactl", "quotactl_fd",
	"pivot_root", "sethostname", "setdomainname", "userfaultfd", "add_key", "request_key",
	"keyctl", "vmsplice", "mount", "umount2", "mount_setattr", "modify_ldt", "nfsservctl",
	"personality", "lookup_dcookie", "_sysctl", "mbind", "migrate_pages", "move_pages",
	"vhangup", "io_uring_setup", "io_uring_enter", "io_uring_register", NULL };

/* What the kernel may know and the library that counts them here does not (Debian 12's ends with
 * Linux 5.17). Such new calls have the same number on every architecture. */
static const struct {
	const char *name;
	int number;
} newer[] = {
	{ "statmount", 457 },
	{ "listmount", 458 },
	{ "getxattrat", 464 },
	{ "listxattrat", 465 },
};

static int number_of(const char *name)
{
	int call = seccomp_syscall_resolve_name(name);

	for (size_t i = 0; call == __NR_SCMP_ERROR && i < ARRAY_LEN(newer); i++)
		if (strcmp(newer[i].name, name) == 0)
			call = newer[i].number;
	return call;
}

static int each(scmp_filter_ctx f, uint32_t action, const char *const *names)
{
	for (; *names; names++) {
		int call = number_of(*names);
		int rc;

		if (call == __NR_SCMP_ERROR)
			continue; /* old ones that this architecture never had */
		rc = seccomp_rule_add(f, action, call, 0);
		if (rc < 0 && rc != -EDOM && rc != -EACCES && rc != -EEXIST)
			return rc;
	}
	return 0;
}

static int allow_socket(scmp_filter_ctx f, int family)
{
	const struct scmp_arg_cmp is_family = { 0, SCMP_CMP_EQ, (scmp_datum_t)family, 0 };

	return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, &is_family);
}

static int allow_sockets(scmp_filter_ctx f, enum role role)
{
	int rc = allow_socket(f, AF_UNIX);

	if (rc == 0 && role != ROLE_LINK)
		rc = allow_socket(f, AF_NETLINK);
	if (rc == 0 && calls[role].inet)
		rc = allow_socket(f, AF_INET);
	if (rc == 0 && calls[role].inet)
		rc = allow_socket(f, AF_INET6);
	return rc;
}

/* A thread or a process of ours, not one in a namespace of its own. clone3 hides its flags behind a
 * pointer: it does not exist, and the C library takes clone. */
static int allow_forks(scmp_filter_ctx f)
{
	const scmp_datum_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
	int rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, spaces, 0));

	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fork), 0);
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(vfork), 0);
	return rc == -EDOM || rc == -EEXIST ? 0 : rc;
}

static int fill(scmp_filter_ctx f, enum role role, bool runs)
{
	const uint32_t forbid = SCMP_ACT_ERRNO(EPERM);
	int rc = 0;

	if (role == ROLE_PARENT) /* its children inherit it, and add their own */
		return each(f, forbid, never);
	for (const char *const *const *list = calls[role].lists; rc == 0 && *list; list++)
		rc = each(f, SCMP_ACT_ALLOW, *list);
	if (rc == 0)
		rc = allow_sockets(f, role);
	if (rc == 0 && calls[role].forks && !runs)
		rc = allow_forks(f);
	if (rc == 0 && runs)
		rc = each(f, SCMP_ACT_ALLOW, runs_programs);
	if (rc == 0 && !runs)
		rc = each(f, forbid, (const char *const[]){ "execve", "execveat", NULL });
	return rc == 0 ? each(f, forbid, never) : rc;
}

int confine_calls(enum role role, bool runs, struct buf *ret_text, struct err *e)
{
	bool open = role == ROLE_PARENT;
	scmp_filter_ctx f = seccomp_init(open ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));
	int rc;

	if (!f)
		return err_set(e, ERR_SYSTEM, "cannot make a filter of system calls");
	rc = fill(f, role, runs);
	if (rc == 0)
		rc = seccomp_load(f);
	seccomp_release(f);
	if (rc == -EINVAL || rc == -ENOSYS || rc == -ECANCELED) {
		buf_addf(ret_text, "no filter of system calls: %s; ", strerror(-rc));
		return 0;
	}
	if (rc < 0)
		return err_set(e, ERR_SYSTEM, "cannot filter system calls: %s", strerror(-rc));
	return 0;
}
