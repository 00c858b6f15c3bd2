// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers go out at once or after their delay, each once, and nothing waits for them.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <glib.h>

#include "answers.h"
#include "proto.h"

static struct {
	unsigned int calls;
	unsigned int failures;		/* calls that fail before one succeeds */
	int last_fd;
	uint32_t last_status, last_auth;
	int64_t last_ms;
} kernel;

/* The linker leads upcall_done() here. */
int __wrap_upcall_done(struct upcall *upcall, int fd, uint32_t status, uint32_t remote_auth);
int __wrap_upcall_done(struct upcall *upcall, int fd, uint32_t status, uint32_t remote_auth)
{
	(void)upcall;
	kernel.calls++;
	/* The socket is open as long as the kernel has no answer. */
	g_assert_cmpint(fcntl(fd, F_GETFD), >=, 0);
	if (kernel.failures > 0) {
		kernel.failures--;
		return -ENOMEM;
	}
	kernel.last_fd = fd;
	kernel.last_status = status;
	kernel.last_auth = remote_auth;
	kernel.last_ms = proto_now_ms();
	return 0;
}

struct scene {
	struct deadlines *deadlines;
	struct answers *answers;
	unsigned int sent;
};

static void sent(void *user)
{
	((struct scene *)user)->sent++;
}

static void scene_init(struct scene *scene)
{
	kernel = (typeof(kernel)){ .last_fd = -1 };
	scene->sent = 0;
	scene->deadlines = deadlines_new();
	scene->answers = answers_new(NULL, scene->deadlines, sent, scene);
}

static void scene_done(struct scene *scene)
{
	answers_free(scene->answers);
	deadlines_free(scene->deadlines);
}

static struct answer make(uint32_t status)
{
	return (struct answer){ .fd = open("/dev/null", O_RDWR | O_CLOEXEC), .number = status, .peer = "192.0.2.1:2049",
				.status = status, .remote_auth = status + 100 };
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void test_at_once(void)
{
	struct answer answer = make(7);
	struct scene scene;

	scene_init(&scene);
	g_assert_true(answers_send(scene.answers, &answer, 0));
	g_assert_cmpuint(kernel.calls, ==, 1);
	g_assert_cmpint(kernel.last_fd, ==, answer.fd);
	g_assert_cmpuint(kernel.last_status, ==, 7);
	g_assert_cmpuint(kernel.last_auth, ==, 107);
	g_assert_false(is_open(answer.fd));
	/* The caller knows already. */
	g_assert_cmpuint(scene.sent, ==, 0);
	scene_done(&scene);
}

static void test_attempts(void)
{
	struct answer first = make(1), second = make(2);
	struct scene scene;

	scene_init(&scene);
	kernel.failures = 2;
	answers_send(scene.answers, &first, 0);
	g_assert_cmpuint(kernel.calls, ==, 3);
	g_assert_cmpint(kernel.last_fd, ==, first.fd);
	kernel.failures = 9;
	answers_send(scene.answers, &second, 0);
	g_assert_cmpuint(kernel.calls, ==, 6);
	g_assert_false(is_open(second.fd));
	scene_done(&scene);
}

static void test_delay(void)
{
	struct answer late = make(1), later = make(2), now = make(3);
	int64_t began = proto_now_ms();
	struct scene scene;

	scene_init(&scene);
	g_assert_false(answers_send(scene.answers, &later, 200));
	g_assert_false(answers_send(scene.answers, &late, 100));
	/* To delay is not to wait, and holds up nobody else. */
	g_assert_cmpuint(kernel.calls, ==, 0);
	g_assert_true(answers_send(scene.answers, &now, 0));
	g_assert_cmpuint(kernel.last_status, ==, 3);
	g_assert_true(is_open(late.fd));
	while (scene.sent < 1)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(kernel.last_status, ==, 1);
	g_assert_cmpint(kernel.last_ms - began, >=, 100);
	g_assert_false(is_open(late.fd));
	while (scene.sent < 2)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(kernel.last_status, ==, 2);
	g_assert_cmpint(kernel.last_ms - began, >=, 200);
	g_assert_cmpuint(kernel.calls, ==, 3);
	scene_done(&scene);
}

/* The end of the service waits for no delay. */
static void test_flush(void)
{
	struct answer one = make(1), two = make(2), three = make(3);
	struct scene scene;

	scene_init(&scene);
	answers_send(scene.answers, &one, 3600000);
	answers_send(scene.answers, &two, 3600000);
	answers_flush(scene.answers);
	g_assert_cmpuint(kernel.calls, ==, 2);
	g_assert_cmpuint(scene.sent, ==, 2);
	g_assert_true(answers_send(scene.answers, &three, 3600000));
	g_assert_cmpuint(kernel.calls, ==, 3);
	scene_done(&scene);
}

static void test_free(void)
{
	struct answer answer = make(1);
	struct scene scene;

	scene_init(&scene);
	answers_send(scene.answers, &answer, 3600000);
	scene_done(&scene);
	g_assert_false(is_open(answer.fd));
	g_assert_cmpuint(kernel.calls, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/answers/at-once", test_at_once);
	g_test_add_func("/answers/attempts", test_attempts);
	g_test_add_func("/answers/delay", test_delay);
	g_test_add_func("/answers/flush", test_flush);
	g_test_add_func("/answers/free", test_free);
	return g_test_run();
}
