#include <config.h>
#include "mountoptions.h"
#include "status.h"
int mountoptions_run(const struct command *command, int argc, char **argv, GError **error)
{
	(void)command; (void)argc; (void)argv;
	return status_set(error, STATUS_FAILURE, "not yet");
}
