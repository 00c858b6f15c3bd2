// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Landlock against files, and a list of the system calls that signing, messages and threads need; for a keeper with
 * tokens a second, longer list of what their modules may need.
 *
 * The lists are by libseccomp's names, so that a call that this architecture lacks is passed over.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <keyutils.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "child.h"
#include "proto.h"
#include "sandbox.h"

/* Allowed whatever the arguments are. */
static const char *const allowed[] = {
	/* channels */
	"recvmsg", "sendmsg", "poll", "ppoll", "ppoll_time64", "close",
	/* memory */
	"brk", "munmap", "mremap", "madvise",
	/* threads */
	"futex", "futex_time64", "set_robust_list", "rseq", "gettid", "getpid", "sched_yield", "sched_getaffinity",
	"exit", "exit_group", "restart_syscall",
	/* signals: none is handled, but abort() uses them */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	/* randomness and time, for the library's generator */
	"getrandom", "clock_gettime", "clock_gettime64", "gettimeofday", "time", "getrusage",
#ifdef WITH_SANITIZERS
	"mmap", "mprotect", "clone", "clone3", "prctl", "write", "read", "fstat", "newfstatat", "stat", "lseek",
	"open", "openat", "readlink", "readlinkat", "getdents64", "sigaltstack", "tgkill", "rt_tgsigqueueinfo",
	"ptrace", "wait4", "process_vm_readv", "mincore", "keyctl", "getppid", "getuid", "geteuid", "fcntl", "uname", "sysinfo",
	"prlimit64", "getrlimit", "pipe2", "access", "dup",
#endif
};

/* With tokens also: what an ordinary program does that works with files, services and helpers of its own. */
static const char *const allowed_to_modules[] = {
	/* files; the keeper's user limits which */
	"open", "openat", "openat2", "creat", "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev",
	"lseek", "_llseek", "stat", "lstat", "fstat", "stat64", "lstat64", "fstat64", "newfstatat", "fstatat64", "statx",
	"statfs", "fstatfs", "statfs64", "fstatfs64", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd",
	"chdir", "getdents", "getdents64", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir",
	"link", "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "umask", "truncate", "ftruncate", "fallocate",
	"fsync", "fdatasync", "flock", "utimensat", "utime", "utimes", "futimesat", "sendfile", "copy_file_range",
	"fcntl", "fcntl64", "dup", "dup2", "dup3", "close_range", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
	/* devices */
	"ioctl",
	/* sockets, of the kinds below */
	"socketpair", "connect", "bind", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt",
	"setsockopt", "shutdown", "sendto", "recvfrom", "sendmmsg", "recvmmsg", "recvmmsg_time64",
	/* waiting */
	"select", "_newselect", "pselect6", "pselect6_time64", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
	"epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "pipe", "pipe2", "nanosleep", "clock_nanosleep",
	"clock_nanosleep_time64", "timerfd_create", "timerfd_settime", "timerfd_settime64", "timerfd_gettime",
	"timerfd_gettime64", "timer_create", "timer_settime", "timer_settime64", "timer_gettime", "timer_gettime64",
	"timer_delete", "setitimer", "getitimer", "alarm", "pause", "clock_getres", "clock_getres_time64", "times",
	/* memory, code (a module loads its libraries when it needs them), memory shared with a service */
	"mmap", "mmap2", "mprotect", "msync", "mincore", "mlock", "mlock2", "munlock", "memfd_create", "membarrier",
	"shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semtimedop", "semtimedop_time64", "semctl", "ipc",
	/* helpers, which keep this very list */
	"fork", "vfork", "execve", "execveat", "wait4", "waitpid", "waitid", "getppid", "getpgrp", "getpgid", "getsid",
	"setsid", "setpgid", "set_tid_address", "arch_prctl", "set_thread_area", "sigaltstack", "signalfd", "signalfd4",
	"rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_sigsuspend", "rt_sigpending",
	/* who and where am I */
	"getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "capget", "uname", "sysinfo",
	"getrlimit", "ugetrlimit", "getcpu", "getpriority", "sched_getparam", "sched_getscheduler",
	"sched_get_priority_max", "sched_get_priority_min",
};

#ifndef WITH_SANITIZERS
/* Where the flags of clone(2) are. */
#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

struct condition {
	const char *name;
	struct scmp_arg_cmp argument;
};

static const struct condition conditional[] = {
	/* new memory is never code */
	{ "mmap", { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ "mmap2", { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ "mprotect", { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	/* threads, but no processes */
	{ "clone", { CLONE_FLAGS, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD } },
	/* keys of the kernel that requests name */
	{ "keyctl", { 0, SCMP_CMP_EQ, KEYCTL_READ, 0 } },
	/* channels are made blocking or not */
	{ "fcntl", { 1, SCMP_CMP_EQ, F_GETFL, 0 } },
	{ "fcntl", { 1, SCMP_CMP_EQ, F_SETFL, 0 } },
	/* last words of libc and GLib */
	{ "write", { 0, SCMP_CMP_LE, STDERR_FILENO, 0 } },
	{ "writev", { 0, SCMP_CMP_LE, STDERR_FILENO, 0 } },
};

#define NEW_NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* With tokens, instead of these. */
static const struct condition conditional_to_modules[] = {
	/* keys of the kernel that requests name, as above */
	{ "keyctl", { 0, SCMP_CMP_EQ, KEYCTL_READ, 0 } },
	{ "socket", { 0, SCMP_CMP_EQ, AF_UNIX, 0 } },
	{ "socket", { 0, SCMP_CMP_EQ, AF_INET, 0 } },
	{ "socket", { 0, SCMP_CMP_EQ, AF_INET6, 0 } },
	/* udev's news of devices */
	{ "socket", { 0, SCMP_CMP_EQ, AF_NETLINK, 0 } },
	{ "clone", { CLONE_FLAGS, SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0 } },
	/* asked for, not set */
	{ "prlimit64", { 2, SCMP_CMP_EQ, 0, 0 } },
	/* the name of a thread */
	{ "prctl", { 0, SCMP_CMP_EQ, PR_SET_NAME, 0 } },
	{ "prctl", { 0, SCMP_CMP_EQ, PR_GET_NAME, 0 } },
};
#endif

/* Looking for files ends with the errno that says so: libraries fall back on it. */
static const char *const file_calls[] = {
	"open", "openat", "openat2", "creat", "access", "faccessat", "faccessat2", "stat", "lstat", "stat64", "lstat64",
	"newfstatat", "fstatat64", "statx", "statfs", "readlink", "readlinkat", "rename", "renameat", "renameat2",
	"unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink", "symlinkat", "chmod",
	"fchmodat", "chown", "fchownat", "truncate", "chdir", "mknod", "mknodat", "execve", "execveat",
};

/* A failure for a call that the architecture does not have is none. */
static int add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned int count,
	       const struct scmp_arg_cmp *arguments)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR || number < 0)
		return 0;
	int ret = seccomp_rule_add_array(filter, action, number, count, arguments);
	/* Listed twice: allowed above and a file call here. The first one stays. */
	return ret == -EEXIST ? 0 : ret;
}

static int add_all(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t count)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < count; i++)
		ret = add(filter, action, names[i], 0, NULL);
	return ret;
}

#define ADD_ALL(filter, action, names) add_all(filter, action, names, sizeof(names) / sizeof((names)[0]))

/* Harmless with some arguments only. */
static int add_conditional(scmp_filter_ctx filter, enum sandbox kind)
{
	int ret = 0;

#ifndef WITH_SANITIZERS
	const struct condition *conditions = conditional;
	size_t count = sizeof(conditional) / sizeof(conditional[0]);

	if (kind == SANDBOX_TOKENS) {
		conditions = conditional_to_modules;
		count = sizeof(conditional_to_modules) / sizeof(conditional_to_modules[0]);
	}
	for (size_t i = 0; ret == 0 && i < count; i++)
		ret = add(filter, SCMP_ACT_ALLOW, conditions[i].name, 1, &conditions[i].argument);
	/* The signal to itself with which abort() ends. */
	const struct scmp_arg_cmp self = { 0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0 };
	if (ret == 0)
		ret = add(filter, SCMP_ACT_ALLOW, "tgkill", 1, &self);
	/* Its flags lie in memory, where no filter sees them: without it, libc uses clone. */
	if (ret == 0)
		ret = add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
#else
	if (kind == SANDBOX_TOKENS)
		ret = add(filter, SCMP_ACT_ALLOW, "socket", 0, NULL);
#endif
	return ret;
}

static int add_rules(scmp_filter_ctx filter, enum sandbox kind)
{
	int ret = ADD_ALL(filter, SCMP_ACT_ALLOW, allowed);

	if (ret == 0 && kind == SANDBOX_TOKENS)
		ret = ADD_ALL(filter, SCMP_ACT_ALLOW, allowed_to_modules);
	if (ret == 0)
		ret = add_conditional(filter, kind);
	if (ret == 0)
		ret = ADD_ALL(filter, SCMP_ACT_ERRNO(EACCES), file_calls);
	return ret;
}

static int filter_calls(enum sandbox kind, const char **step)
{
	int ret = 0;

	*step = "seccomp_init";
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	/* Calls by another architecture's numbers fail, too: the library's own default is to kill. */
	*step = "seccomp_attr_set";
	ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
	if (ret == 0) {
		*step = "seccomp_rule_add";
		ret = add_rules(filter, kind);
	}
	if (ret == 0) {
		*step = "seccomp_load";
		ret = seccomp_load(filter);
	}
	seccomp_release(filter);
	return ret;
}

/* The only place that takes files away. */
static int deny_files(int channel)
{
	int ret = child_deny_files();

	if (ret != -EOPNOTSUPP)
		return ret;
	proto_notice(channel, LOG_INFO,
		     "keeper: this kernel has no Landlock, system calls on files are refused by seccomp alone");
	return 0;
}

int sandbox_enter(int channel, enum sandbox kind, const char **step)
{
	*step = "Landlock";
	/* A token's module opens what it likes, when it likes: nobody can say beforehand which files. */
	int ret = kind == SANDBOX_TOKENS ? 0 : deny_files(channel);
	return ret < 0 ? ret : filter_calls(kind, step);
}
