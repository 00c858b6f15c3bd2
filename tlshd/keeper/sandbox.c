// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Landlock against files, and a list of the system calls that signing, messages and threads need.
 *
 * The list is by libseccomp's names, so that a call that this architecture lacks is passed over.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
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
	"ptrace", "wait4", "process_vm_readv", "mincore", "getppid", "getuid", "geteuid", "fcntl", "uname", "sysinfo",
	"prlimit64", "getrlimit", "pipe2", "access", "dup",
#endif
};

#ifndef WITH_SANITIZERS
/* Where the flags of clone(2) are. */
#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

static const struct {
	const char *name;
	struct scmp_arg_cmp argument;
} conditional[] = {
	/* new memory is never code */
	{ "mmap", { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ "mmap2", { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ "mprotect", { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	/* threads, but no processes */
	{ "clone", { CLONE_FLAGS, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD } },
	/* channels are made blocking or not */
	{ "fcntl", { 1, SCMP_CMP_EQ, F_GETFL, 0 } },
	{ "fcntl", { 1, SCMP_CMP_EQ, F_SETFL, 0 } },
	/* last words of libc and GLib */
	{ "write", { 0, SCMP_CMP_LE, STDERR_FILENO, 0 } },
	{ "writev", { 0, SCMP_CMP_LE, STDERR_FILENO, 0 } },
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

/* Harmless with some arguments only. */
static int add_conditional(scmp_filter_ctx filter)
{
	int ret = 0;

#ifndef WITH_SANITIZERS
	for (size_t i = 0; ret == 0 && i < sizeof(conditional) / sizeof(conditional[0]); i++)
		ret = add(filter, SCMP_ACT_ALLOW, conditional[i].name, 1, &conditional[i].argument);
	/* The signal to itself with which abort() ends. */
	const struct scmp_arg_cmp self = { 0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0 };
	if (ret == 0)
		ret = add(filter, SCMP_ACT_ALLOW, "tgkill", 1, &self);
	/* Its flags lie in memory, where no filter sees them: without it, libc uses clone. */
	if (ret == 0)
		ret = add(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, NULL);
#else
	(void)filter;
#endif
	return ret;
}

static int filter_calls(const char **step)
{
	int ret = 0;

	*step = "seccomp_init";
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	/* Calls by another architecture's numbers fail, too: the library's own default is to kill. */
	*step = "seccomp_attr_set";
	ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
	if (ret == 0)
		*step = "seccomp_rule_add";
	for (size_t i = 0; ret == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		ret = add(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL);
	if (ret == 0)
		ret = add_conditional(filter);
	for (size_t i = 0; ret == 0 && i < sizeof(file_calls) / sizeof(file_calls[0]); i++)
		ret = add(filter, SCMP_ACT_ERRNO(EACCES), file_calls[i], 0, NULL);
	if (ret == 0) {
		*step = "seccomp_load";
		ret = seccomp_load(filter);
	}
	seccomp_release(filter);
	return ret;
}

/*
 * The only place that takes files away. A keeper with a token's module, which opens devices and configuration when it
 * likes, would need a list of exceptions here.
 */
static int deny_files(int channel)
{
	int ret = child_deny_files();

	if (ret != -EOPNOTSUPP)
		return ret;
	proto_notice(channel, LOG_INFO,
		     "keeper: this kernel has no Landlock, system calls on files are refused by seccomp alone");
	return 0;
}

int sandbox_enter(int channel, const char **step)
{
	*step = "Landlock";
	int ret = deny_files(channel);
	return ret < 0 ? ret : filter_calls(step);
}
