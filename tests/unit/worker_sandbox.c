// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The worker's filter: what it lets pass, by which error it refuses the rest, and what it kills for.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "worker/sandbox.h"

/* Runs in a process of its own, behind the filter; returns 0, or the number of the check that failed. */
typedef int (*check_fn)(int tcp);

static int behind_filter(check_fn check)
{
	int status, tcp = socket(AF_INET, SOCK_STREAM, 0);
	const char *step = "";
	pid_t pid = fork();

	if (pid == 0) {
		int ret = child_deny_files();

		if (ret < 0 && ret != -EOPNOTSUPP)
			_exit(200);
		if (sandbox_enter(&step) < 0)
			_exit(201);
		_exit(check(tcp));
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	close(tcp);
	return status;
}

static void assert_passes(check_fn check)
{
	int status = behind_filter(check);

	g_test_message("status %#x", status);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

/* Each line is a check; its number is the exit status. */
#define EXPECT(call, error)                                                                                  \
	do {                                                                                                 \
		number++;                                                                                    \
		errno = 0;                                                                                   \
		if ((call) >= 0 || errno != (error))                                                         \
			return number;                                                                       \
	} while (0)

#define PASSES(call)                                                                                         \
	do {                                                                                                 \
		number++;                                                                                    \
		if ((call) < 0)                                                                              \
			return number;                                                                       \
	} while (0)

static int files(int tcp)
{
	struct stat info;
	char link[16];
	int number = 0;

	(void)tcp;
	EXPECT(open("/etc/passwd", O_RDONLY), EACCES);
	EXPECT(open("/tmp/tlshd-worker", O_RDWR | O_CREAT, 0600), EACCES);
	EXPECT(stat("/etc/passwd", &info), EACCES);
	EXPECT(access("/", R_OK), EACCES);
	EXPECT(readlink("/proc/self/exe", link, sizeof(link)), EACCES);
	EXPECT(unlink("/nowhere"), EACCES);
	EXPECT(rename("/nowhere", "/elsewhere"), EACCES);
	EXPECT(mkdir("/tmp/tlshd-worker", 0700), EACCES);
	EXPECT(memfd_create("x", 0), EACCES);
	EXPECT(execl("/bin/true", "true", (char *)NULL), EACCES);
	return 0;
}

static int calls(int tcp)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(1) };
	int number = 0;

	EXPECT(socket(AF_INET, SOCK_STREAM, 0), EPERM);
	EXPECT(connect(tcp, (struct sockaddr *)&address, sizeof(address)), EPERM);
	EXPECT(bind(tcp, (struct sockaddr *)&address, sizeof(address)), EPERM);
	EXPECT(listen(tcp, 1), EPERM);
	EXPECT(fcntl(tcp, F_SETFL, O_NONBLOCK), EPERM);
	EXPECT(dup(tcp), EPERM);
	EXPECT(syscall(SYS_ptrace, 0, 0, 0, 0), EPERM);
	EXPECT(syscall(SYS_bpf, 0, 0, 0), EPERM);
	EXPECT(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
	EXPECT(syscall(SYS_setuid, 0), EPERM);
	EXPECT(syscall(SYS_fork), EPERM);
	EXPECT(kill(getpid(), 0), EPERM);
	EXPECT(syscall(SYS_tgkill, 1, 1, 0), EPERM);
	EXPECT(syscall(SYS_io_uring_setup, 1, 0), EPERM);
	EXPECT(write(STDOUT_FILENO, "", 0), EPERM);
	PASSES(write(STDERR_FILENO, "", 0));
	return 0;
}

static int options(int tcp)
{
	int value = 1, number = 0;
	socklen_t size = sizeof(value);

	PASSES(setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value)));
	PASSES(getsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &value, &size));
	PASSES(getsockopt(tcp, SOL_SOCKET, SO_TYPE, &value, &size));
	PASSES(getsockopt(tcp, SOL_SOCKET, SO_PROTOCOL, &value, &size));
	EXPECT(setsockopt(tcp, SOL_SOCKET, SO_RCVBUF, &value, sizeof(value)), EPERM);
	EXPECT(setsockopt(tcp, IPPROTO_TCP, TCP_CORK, &value, sizeof(value)), EPERM);
	EXPECT(setsockopt(tcp, IPPROTO_IP, TCP_NODELAY, &value, sizeof(value)), EPERM);
	EXPECT(getsockopt(tcp, SOL_SOCKET, SO_PEERSEC, &value, &size), EPERM);
	/* The kernel itself says no: not connected, and no TLS yet. */
	errno = 0;
	number++;
	if (setsockopt(tcp, IPPROTO_TCP, TCP_ULP, "tls", 4) == 0 || errno == EPERM)
		return number;
	number++;
	if (setsockopt(tcp, 282, 1, &value, sizeof(value)) == 0 || errno == EPERM)
		return number;
	number++;
	if (setsockopt(tcp, 282, 4, &value, sizeof(value)) == 0 || errno == EPERM)
		return number;
	/* TLS_TX_ZEROCOPY_RO is nobody's. */
	EXPECT(setsockopt(tcp, 282, 3, &value, sizeof(value)), EPERM);
	return 0;
}

static int memory(int tcp)
{
	int number = 0;

	(void)tcp;
	void *block = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	PASSES(block == MAP_FAILED ? -1 : 0);
	PASSES(mprotect(block, 4096, PROT_READ));
	EXPECT(mprotect(block, 4096, PROT_READ | PROT_EXEC), EPERM);
	number++;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return number;
	PASSES(munmap(block, 1 << 20));
	return 0;
}

#ifdef __x86_64__
static int x32(int tcp)
{
	(void)tcp;
	syscall(0x40000000 | SYS_getpid);
	return 0;
}

static int i386(int tcp)
{
	long ret = 20;	/* getpid */

	(void)tcp;
	__asm__ volatile("int $0x80" : "+a"(ret) : : "memory");
	return 0;
}

static void assert_killed(check_fn check)
{
	int status = behind_filter(check);

	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpint(WTERMSIG(status), ==, SIGSYS);
}
#endif

static void test_files(void)
{
	assert_passes(files);
}

static void test_calls(void)
{
	assert_passes(calls);
}

static void test_options(void)
{
	assert_passes(options);
}

static void test_memory(void)
{
	assert_passes(memory);
}

static void test_architectures(void)
{
#ifdef __x86_64__
	assert_killed(x32);
	assert_killed(i386);
#else
	g_test_skip("only where there are such numbers");
#endif
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#ifdef WITH_SANITIZERS
	g_print("1..0 # SKIP the list is wider in this build\n");
	(void)test_files, (void)test_calls, (void)test_options, (void)test_memory, (void)test_architectures;
	return 77;
#endif
	g_test_add_func("/sandbox/files", test_files);
	g_test_add_func("/sandbox/calls", test_calls);
	g_test_add_func("/sandbox/options", test_options);
	g_test_add_func("/sandbox/memory", test_memory);
	g_test_add_func("/sandbox/architectures", test_architectures);
	return g_test_run();
}
