// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sandbox from within: what is refused is refused with the right errno, kills nobody, and signing goes on.
 *
 * Each test runs in a child, because there is no way out of a sandbox.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <keyutils.h>
#include <limits.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/key.h"
#include "keeper/sandbox.h"
#include "keeper_fixture.h"

/* Without GLib: it may want files when it complains. */
#define expect(condition)                                                                         \
	do {                                                                                      \
		if (!(condition)) {                                                               \
			dprintf(STDERR_FILENO, "# %s failed, errno %d\n", #condition, errno);     \
			_exit(1);                                                                 \
		}                                                                                 \
	} while (0)

#define fails(call, code) expect((call) == -1 && errno == (code))

/* Run in a child with the sandbox on; its channel for notices leads nowhere in particular. */
static void sandboxed_as(enum sandbox kind, void (*test)(void *), void *data)
{
	int status, fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
	pid_t pid = fork();
	if (pid == 0) {
		const char *step = "";
		int ret = sandbox_enter(fds[0], kind, &step);
		if (ret < 0)
			dprintf(STDERR_FILENO, "# %s: %s\n", step, strerror(-ret));
		expect(ret == 0);
		test(data);
		_exit(0);
	}
	close(fds[0]);
	close(fds[1]);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static void sandboxed(void (*test)(void *), void *data)
{
	sandboxed_as(SANDBOX_FILES, test, data);
}

#ifndef WITH_SANITIZERS
static void files(void *data)
{
	struct stat st;
	char room[64];

	(void)data;
	fails(open("/etc/hostname", O_RDONLY), EACCES);
	fails(open("/tmp/new", O_CREAT | O_WRONLY, 0600), EACCES);
	fails(openat(AT_FDCWD, "/", O_RDONLY), EACCES);
	fails(stat("/", &st), EACCES);
	fails(access("/", F_OK), EACCES);
	fails(readlink("/proc/self/exe", room, sizeof(room)), EACCES);
	fails(unlink("/tmp/new"), EACCES);
	fails(mkdir("/tmp/new", 0700), EACCES);
	fails(execl("/bin/true", "true", (char *)NULL), EACCES);
	/* A regular file that is open is of no use either. */
	fails(read(STDIN_FILENO, room, 1), EPERM);
}

static void calls(void *data)
{
	int fds[2];

	(void)data;
	fails(socket(AF_INET, SOCK_STREAM, 0), EPERM);
	fails(socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
	fails(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), EPERM);
	fails(pipe(fds), EPERM);
	fails(syscall(SYS_ptrace, PTRACE_ATTACH, getppid(), 0, 0), EPERM);
	fails(kill(1, 0), EPERM);
	fails(kill(getpid(), SIGTERM), EPERM);
	fails(syscall(SYS_tgkill, 1, 1, SIGTERM), EPERM);
	fails(setuid(0), EPERM);
	fails(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM);
	fails(unshare(CLONE_NEWUSER), EPERM);
	fails(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
	fails(syscall(SYS_memfd_create, "x", 0), EPERM);
	fails(syscall(SYS_io_uring_setup, 1, NULL), EPERM);
	fails(syscall(SYS_bpf, 0, NULL, 0), EPERM);
	fails(syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0), EPERM);
	fails(ioctl(STDIN_FILENO, 0), EPERM);
	fails(dprintf(10, "x"), EPERM);
	fails(fork(), EPERM);
	fails(syscall(SYS_clone3, NULL, 0), ENOSYS);
	expect(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	       errno == EPERM);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(page != MAP_FAILED);
	fails(mprotect(page, 4096, PROT_READ | PROT_EXEC), EPERM);
	expect(munmap(page, 4096) == 0);
	/* What a number beyond the table, or of another ABI, gets. */
	fails(syscall(100000), EPERM);
}

/* A module's own: files of the keeper's user, services, helpers, code that is loaded late. */
static void modules(void *data)
{
	int fds[2], status;
	char room[64];

	(void)data;
	int fd = open("/etc/hostname", O_RDONLY);
	expect(fd >= 0 && read(fd, room, sizeof(room)) > 0 && close(fd) == 0);
	expect((fd = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0 && close(fd) == 0);
	expect((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0 && close(fd) == 0);
	expect((fd = socket(AF_INET6, SOCK_STREAM, 0)) >= 0 && close(fd) == 0);
	expect((fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT)) >= 0 && close(fd) == 0);
	expect(pipe(fds) == 0);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(page != MAP_FAILED);
	pid_t pid = fork();
	if (pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	expect(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	/* A key that is not there: the keeper may ask for those that it is lent. */
	expect(syscall(SYS_keyctl, KEYCTL_READ, INT_MAX, NULL, 0, 0) == -1 && errno == ENOKEY);
	/* And what none needs. */
	fails(socket(AF_PACKET, SOCK_RAW, 0), EPERM);
	fails(socket(AF_ALG, SOCK_SEQPACKET, 0), EPERM);
	fails(syscall(SYS_ptrace, PTRACE_ATTACH, getppid(), 0, 0), EPERM);
	fails(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0), EPERM);
	fails(kill(getppid(), 0), EPERM);
	fails(kill(getpid(), 0), EPERM);
	fails(setuid(0), EPERM);
	fails(chown("/tmp", 0, 0), EACCES);
	fails(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), EPERM);
	fails(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0), EPERM);
	fails(unshare(CLONE_NEWUSER), EPERM);
	fails(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0), EPERM);
	fails(syscall(SYS_clone3, NULL, 0), ENOSYS);
	fails(mount("none", "/mnt", "tmpfs", 0, NULL), EPERM);
	fails(chroot("/"), EPERM);
	fails(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
	fails(syscall(SYS_io_uring_setup, 1, NULL), EPERM);
	fails(syscall(SYS_bpf, 0, NULL, 0), EPERM);
	fails(syscall(SYS_userfaultfd, 0), EPERM);
	fails(setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }), EPERM);
}

static void test_modules(void)
{
	sandboxed_as(SANDBOX_TOKENS, modules, NULL);
}

static void test_files(void)
{
	sandboxed(files, NULL);
}

static void test_calls(void)
{
	sandboxed(calls, NULL);
}
#endif

struct work {
	struct key *key;
	uint16_t scheme;
	int ret;
};

static void *sign(void *data)
{
	struct work *work = data;
	uint8_t input[PROTO_SIGN_INPUT_MAX], signature[PROTO_SIGNATURE_MAX];
	size_t length = fixture_input(work->scheme, input);
	uint32_t signature_length;
	const char *why;

	work->ret =
		key_sign(work->key, scheme_by_code(work->scheme), input, length, signature, &signature_length, &why);
	return NULL;
}

/* In threads that are started inside, with a library that has not signed anything in this process. */
static void sign_in_threads(void *data)
{
	struct work *work = data;
	pthread_t threads[8];

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		expect(pthread_create(&threads[i], NULL, sign, work) == 0);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		expect(pthread_join(threads[i], NULL) == 0);
	expect(work->ret == 0);
}

static void test_signing(void)
{
	static const struct {
		gnutls_pk_algorithm_t pk;
		unsigned int bits;
		uint16_t scheme;
	} kinds[] = {
		{ GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0x0403 },
		{ GNUTLS_PK_RSA, 2048, 0x0804 },
		{ GNUTLS_PK_EDDSA_ED25519, 256, 0x0807 },
	};
	char why[PROTO_TEXT_MAX];

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		gnutls_x509_privkey_t made = fixture_key(kinds[i].pk, kinds[i].bits);
		g_autoptr(GBytes) bytes = fixture_export(made, FORM_PKCS8_DER);
		struct work work = { .scheme = kinds[i].scheme, .ret = -1 };
		g_assert_cmpint(key_import(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &work.key, why,
					   sizeof(why)),
				==, 0);
		sandboxed(sign_in_threads, &work);
		key_free(work.key);
		gnutls_x509_privkey_deinit(made);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#ifndef WITH_SANITIZERS
	g_test_add_func("/sandbox/files", test_files);
	g_test_add_func("/sandbox/calls", test_calls);
	g_test_add_func("/sandbox/modules", test_modules);
#endif
	g_test_add_func("/sandbox/signing", test_signing);
	return g_test_run();
}
