// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cursor reads what is there, refuses what is not, and never forgets a failure.
 */
#include <config.h>

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "cursor.h"

static void put(GByteArray *bytes, guint32 number)
{
	g_byte_array_append(bytes, (const guint8 *)&number, sizeof(number));
}

static void test_values(void)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	struct cursor cursor;
	uint32_t number, size;
	const uint8_t *data;
	const char *text;

	put(bytes, 7);
	put(bytes, 3);
	g_byte_array_append(bytes, (const guint8 *)"abc", 3);
	put(bytes, 2);
	g_byte_array_append(bytes, (const guint8 *)"de", 3);
	put(bytes, 0);
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	cursor_init(&cursor, bytes->data, bytes->len);
	g_assert_cmpint(cursor_u32(&cursor, &number), ==, 0);
	g_assert_cmpuint(number, ==, 7);
	g_assert_cmpint(cursor_bytes(&cursor, &data, &size), ==, 0);
	g_assert_cmpmem(data, size, "abc", 3);
	g_assert_cmpint(cursor_end(&cursor), ==, -EBADMSG);

	cursor_init(&cursor, bytes->data, bytes->len);
	cursor_u32(&cursor, &number);
	cursor_bytes(&cursor, &data, &size);
	g_assert_cmpint(cursor_text(&cursor, &text), ==, 0);
	g_assert_cmpstr(text, ==, "de");
	g_assert_cmpint(cursor_text(&cursor, &text), ==, 0);
	g_assert_cmpstr(text, ==, "");
	g_assert_cmpint(cursor_end(&cursor), ==, 0);
}

static void test_failure_sticks(void)
{
	guint8 bytes[] = { 1, 0, 0, 0, 'a', 1, 2 };
	struct cursor cursor;
	uint32_t number = 5, size = 5;
	const uint8_t *data = bytes;

	cursor_init(&cursor, bytes + 4, 3);
	g_assert_cmpint(cursor_u32(&cursor, &number), ==, -EBADMSG);
	g_assert_cmpuint(number, ==, 0);
	cursor.at = bytes;
	cursor.left = sizeof(bytes);
	g_assert_cmpint(cursor_bytes(&cursor, &data, &size), ==, -EBADMSG);
	g_assert_null(data);
	g_assert_cmpuint(size, ==, 0);
	g_assert_cmpint(cursor_end(&cursor), ==, -EBADMSG);
}

static void test_bounds(void)
{
	static const char inner[] = "\3\0\0\0a\0b", open[] = "\3\0\0\0abc", huge[] = "\xff\xff\xff\xff" "abc",
			  none[] = "\0\0\0\0";
	struct cursor cursor;
	const uint8_t *data;
	const char *text;
	uint32_t size;

	cursor_init(&cursor, inner, 8);		/* a NUL inside */
	g_assert_cmpint(cursor_text(&cursor, &text), ==, -EBADMSG);
	g_assert_cmpstr(text, ==, "");
	cursor_init(&cursor, open, 7);		/* no NUL behind */
	g_assert_cmpint(cursor_text(&cursor, &text), ==, -EBADMSG);
	cursor_init(&cursor, huge, 7);
	g_assert_cmpint(cursor_text(&cursor, &text), ==, -EBADMSG);
	cursor_init(&cursor, huge, 7);
	g_assert_cmpint(cursor_bytes(&cursor, &data, &size), ==, -EBADMSG);
	cursor_init(&cursor, none, 4);		/* bytes are never empty */
	g_assert_cmpint(cursor_bytes(&cursor, &data, &size), ==, -EBADMSG);
	cursor_init(&cursor, open, 7);
	g_assert_cmpint(cursor_count(&cursor, &size, 1, 2, 1), ==, -EBADMSG);
	cursor_init(&cursor, open, 7);
	g_assert_cmpint(cursor_count(&cursor, &size, 4, 9, 1), ==, -EBADMSG);
	cursor_init(&cursor, open, 7);
	g_assert_cmpint(cursor_count(&cursor, &size, 1, 9, 2), ==, -EBADMSG);
	cursor_init(&cursor, open, 7);
	g_assert_cmpint(cursor_count(&cursor, &size, 1, 9, 1), ==, 0);
	g_assert_cmpuint(size, ==, 3);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cursor/values", test_values);
	g_test_add_func("/cursor/failure-sticks", test_failure_sticks);
	g_test_add_func("/cursor/bounds", test_bounds);
	return g_test_run();
}
