// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A PKCS#11 module that is SoftHSM's with two differences: each signature takes a while, one after the other under a
 * lock of the whole module, as with a real token; and it keeps account in files.
 *
 * Environment: SLOWTOKEN_MODULE, the module behind it; SLOWTOKEN_MS; SLOWTOKEN_LOGINS, a file that gets a byte for each
 * login, "+" or "-"; SLOWTOKEN_SIGNATURES, a file that gets a line for each signature: its begin and end in milliseconds
 * of the monotonic clock. Never installed.
 */
#include <config.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_MS 300

/* A module has no context to keep its state in. */
static CK_FUNCTION_LIST ours;
static CK_FUNCTION_LIST_PTR theirs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void note(const char *variable, const char *text)
{
	const char *path = getenv(variable);
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		dprintf(STDERR_FILENO, "slowtoken: cannot write to %s\n", path);
	close(fd);
}

static void take_time(void)
{
	const char *text = getenv("SLOWTOKEN_MS");
	long ms = text ? atol(text) : DEFAULT_MS;
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	char line[64];

	long long from = now_ms();
	nanosleep(&time, NULL);
	snprintf(line, sizeof(line), "%lld %lld\n", from, now_ms());
	note("SLOWTOKEN_SIGNATURES", line);
}

static CK_RV slow_sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_length, CK_BYTE_PTR signature,
		       CK_ULONG_PTR signature_length)
{
	pthread_mutex_lock(&lock);
	/* Without room for a signature, only its length is asked for. */
	if (signature)
		take_time();
	CK_RV rv = theirs->C_Sign(session, data, data_length, signature, signature_length);
	pthread_mutex_unlock(&lock);
	return rv;
}

static CK_RV counted_login(CK_SESSION_HANDLE session, CK_USER_TYPE type, CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
	CK_RV rv = theirs->C_Login(session, type, pin, length);

	note("SLOWTOKEN_LOGINS", rv == CKR_OK ? "+" : "-");
	return rv;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
	const char *path = getenv("SLOWTOKEN_MODULE");
	void *module = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	CK_C_GetFunctionList get = NULL;

	if (module)
		*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (!get || get(&theirs) != CKR_OK)
		return CKR_GENERAL_ERROR;
	ours = *theirs;
	ours.C_Sign = slow_sign;
	ours.C_Login = counted_login;
	*list = &ours;
	return CKR_OK;
}
