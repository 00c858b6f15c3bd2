// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The worker's seccomp filter.
 */
#include <config.h>

#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TLS_RX_EXPECT_NO_PAD
#define TLS_RX_EXPECT_NO_PAD 4
#endif
#ifndef TLS_TX_MAX_PAYLOAD_LEN
#define TLS_TX_MAX_PAYLOAD_LEN 5
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int allowed[] = {
	/* the loop and the sockets */
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SCMP_SYS(recvmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(recv), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(send), SCMP_SYS(close),
	/* a certificate that comes with a job, in memory */
	SCMP_SYS(pread64),
	/* memory and locks */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	/* randomness and its library's idea of entropy; time, where the vDSO has no clock */
	SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(restart_syscall),
	/* the end, abort() included */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
};

static const int file_calls[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat), SCMP_SYS(stat), SCMP_SYS(stat64),
	SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(chmod),
	SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(fchownat),
	SCMP_SYS(lchown), SCMP_SYS(truncate), SCMP_SYS(chdir), SCMP_SYS(fchdir), SCMP_SYS(chroot),
	SCMP_SYS(getcwd), SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(statfs), SCMP_SYS(utimensat),
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(memfd_create),
};

/* The sanitizers' runtimes map and unmap as they like, and read /proc to find out where they are. */
static const int sanitizer_calls[] = {
	SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(sigaltstack), SCMP_SYS(sched_yield), SCMP_SYS(prctl),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), SCMP_SYS(getppid), SCMP_SYS(read),
	SCMP_SYS(write), SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(clone), SCMP_SYS(wait4), SCMP_SYS(ptrace),
	SCMP_SYS(set_robust_list), SCMP_SYS(tgkill), SCMP_SYS(uname), SCMP_SYS(dup), SCMP_SYS(getuid),
	SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(stat),
	SCMP_SYS(newfstatat), SCMP_SYS(getcwd), SCMP_SYS(sysinfo), SCMP_SYS(process_vm_readv), SCMP_SYS(pipe2),
};

/* Allowed where the call's second and third argument are these. */
struct option {
	int call;
	int level;
	int name;
};

static const struct option options[] = {
	{ SCMP_SYS(setsockopt), IPPROTO_TCP, TCP_ULP },
	{ SCMP_SYS(setsockopt), IPPROTO_TCP, TCP_NODELAY },
	{ SCMP_SYS(setsockopt), SOL_TLS, TLS_TX },
	{ SCMP_SYS(setsockopt), SOL_TLS, TLS_RX },
	{ SCMP_SYS(setsockopt), SOL_TLS, TLS_RX_EXPECT_NO_PAD },
	{ SCMP_SYS(setsockopt), SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN },
	{ SCMP_SYS(getsockopt), IPPROTO_TCP, TCP_NODELAY },
	{ SCMP_SYS(getsockopt), SOL_SOCKET, SO_TYPE },
	{ SCMP_SYS(getsockopt), SOL_SOCKET, SO_PROTOCOL },
	{ SCMP_SYS(getsockopt), SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN },
};

/* A call that this architecture does not have is a negative number: a rule for it would fail. */
static int add_list(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (calls[i] < 0)
			continue;
		int ret = seccomp_rule_add(filter, action, calls[i], 0);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* The kernel takes these arguments as ints, so what is in the upper half of a register means nothing. */
static struct scmp_arg_cmp bits_are(unsigned int argument, uint32_t mask, uint32_t value)
{
	return (struct scmp_arg_cmp){ .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value };
}

static struct scmp_arg_cmp equals(unsigned int argument, uint32_t value)
{
	return bits_are(argument, UINT32_MAX, value);
}

static int add_options(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < COUNT(options); i++) {
		int ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, options[i].call, 2,
					   equals(1, options[i].level), equals(2, options[i].name));
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Memory of our own, never code; abort()'s signal to this process alone, and what the C library says before. */
static int add_checked(scmp_filter_ctx filter)
{
	int ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, bits_are(2, PROT_EXEC, 0),
				   bits_are(3, MAP_ANONYMOUS, MAP_ANONYMOUS));
	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, bits_are(2, PROT_EXEC, 0));
	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, equals(0, getpid()));
	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, equals(0, STDERR_FILENO));
	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(writev), 1, equals(0, STDERR_FILENO));
	return ret;
}

static int add_rules(scmp_filter_ctx filter)
{
	int ret = add_list(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
	if (ret == 0)
		ret = add_options(filter);
#ifdef WITH_SANITIZERS
	(void)file_calls;
	(void)add_checked;
	if (ret == 0)
		ret = add_list(filter, SCMP_ACT_ALLOW, sanitizer_calls, COUNT(sanitizer_calls));
#else
	(void)sanitizer_calls;
	if (ret == 0)
		ret = add_checked(filter);
	if (ret == 0)
		ret = add_list(filter, SCMP_ACT_ERRNO(EACCES), file_calls, COUNT(file_calls));
#endif
	return ret;
}

int sandbox_enter(const char **step)
{
	*step = "seccomp_init";
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	*step = "the list of system calls";
	int ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (ret == 0)
		ret = add_rules(filter);
	/* A tree instead of a list: the calls of a handshake are found in a few comparisons. */
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (ret == 0) {
		*step = "seccomp_load";
		ret = seccomp_load(filter);
	}
	seccomp_release(filter);
	return ret;
}
