# SPDX-License-Identifier: GPL-2.0-or-later
supervisor_test_cppflags = $(libsupervisor_a_CPPFLAGS)

check_PROGRAMS += supervisor_proto
supervisor_proto_SOURCES = tests/unit/supervisor_proto.c
supervisor_proto_CPPFLAGS = $(supervisor_test_cppflags)
supervisor_proto_LDADD = $(SUPERVISOR_LIBS)

check_PROGRAMS += supervisor_placing
supervisor_placing_SOURCES = tests/unit/supervisor_placing.c
supervisor_placing_CPPFLAGS = $(supervisor_test_cppflags)
supervisor_placing_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=generation_keeping,--wrap=generation_snapshot \
	-Wl,--wrap=snapshot_profile,--wrap=generation_number,--wrap=generation_lane,--wrap=generation_pick \
	-Wl,--wrap=keeping_open,--wrap=keeping_load,--wrap=keeping_close,--wrap=working_number,--wrap=working_give \
	-Wl,--wrap=requestkeys_image,--wrap=explicit_bzero,--wrap=__explicit_bzero_chk
supervisor_placing_LDADD = $(SUPERVISOR_LIBS)

check_PROGRAMS += supervisor_dispatch
supervisor_dispatch_SOURCES = tests/unit/supervisor_dispatch.c
supervisor_dispatch_CPPFLAGS = $(supervisor_test_cppflags)
supervisor_dispatch_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=intake_new,--wrap=intake_free,--wrap=intake_use,--wrap=intake_open \
	-Wl,--wrap=intake_answered,--wrap=answers_send,--wrap=generation_snapshot,--wrap=generation_keeping \
	-Wl,--wrap=generation_lane,--wrap=generation_pick,--wrap=working_give,--wrap=working_answer,--wrap=working_finished \
	-Wl,--wrap=working_kill,--wrap=requestkeys_take,--wrap=keyrings_named,--wrap=psk_find,--wrap=socket_is_tcp \
	-Wl,--wrap=socket_peer,--wrap=socket_is_connected,--wrap=socket_has_keys,--wrap=report_log
supervisor_dispatch_LDADD = $(SUPERVISOR_LIBS)

check_PROGRAMS += supervisor_answers
supervisor_answers_SOURCES = tests/unit/supervisor_answers.c
supervisor_answers_CPPFLAGS = $(supervisor_test_cppflags)
supervisor_answers_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=upcall_done
supervisor_answers_LDADD = $(SUPERVISOR_LIBS)

check_PROGRAMS += supervisor_commandline
supervisor_commandline_SOURCES = tests/unit/supervisor_commandline.c
supervisor_commandline_CPPFLAGS = $(supervisor_test_cppflags)
supervisor_commandline_LDADD = $(SUPERVISOR_LIBS)

check_PROGRAMS += supervisor_loop
supervisor_loop_SOURCES = tests/unit/supervisor_loop.c
supervisor_loop_CPPFLAGS = $(supervisor_test_cppflags)
supervisor_loop_LDADD = $(SUPERVISOR_LIBS)

check_PROGRAMS += supervisor_log
supervisor_log_SOURCES = tests/unit/supervisor_log.c
supervisor_log_CPPFLAGS = $(supervisor_test_cppflags)
supervisor_log_LDADD = $(SUPERVISOR_LIBS)

check_PROGRAMS += supervisor_upcall
supervisor_upcall_SOURCES = tests/unit/supervisor_upcall.c
supervisor_upcall_CPPFLAGS = $(supervisor_test_cppflags)
supervisor_upcall_LDADD = $(SUPERVISOR_LIBS)

check_PROGRAMS += supervisor_report
supervisor_report_SOURCES = tests/unit/supervisor_report.c
supervisor_report_CPPFLAGS = $(supervisor_test_cppflags)
supervisor_report_LDADD = $(SUPERVISOR_LIBS)

check_PROGRAMS += supervisor_keys
supervisor_keys_SOURCES = tests/unit/supervisor_keys.c
supervisor_keys_CPPFLAGS = $(supervisor_test_cppflags)
supervisor_keys_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=keyctl_describe,--wrap=keyctl_read,--wrap=keyctl_search \
	-Wl,--wrap=keyctl_link,--wrap=keyctl_unlink,--wrap=add_key,--wrap=g_file_get_contents \
	-Wl,--wrap=proto_now_ms
supervisor_keys_LDADD = $(SUPERVISOR_LIBS)
