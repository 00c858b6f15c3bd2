// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey load.
 */
#include <config.h>

#include "keyloading.h"
#include "keysfolder.h"
#include "load.h"
#include "loadreport.h"
#include "mountoptions.h"
#include "status.h"

struct load {
	struct keyloading_options options;
	gboolean modules;
	gboolean json;
	char *folder;
};

static int load(const struct load *load, GError **error)
{
	const char *folder = load->folder ? load->folder : KEYSFOLDER_USUAL;
	g_autoptr(GPtrArray) entries = NULL, loadings = NULL;
	int status = keysfolder_read(folder, &entries, error);

	if (status != 0)
		return status;
	if (load->modules)
		return keyloading_modules(entries, error);
	loadings = keyloading_run(entries, &load->options);
	if (load->json)
		loadreport_json(folder, loadings);
	else
		loadreport_text(loadings, load->options.check);
	return keyloading_status(loadings, load->options.check);
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	struct load arguments = { 0 };
	const GOptionEntry entries[] = {
		{ "check", 'c', 0, G_OPTION_ARG_NONE, &arguments.options.check,
		  "say what is missing, different or wrong, and change nothing; exit status 11 if anything is", NULL },
		{ "replace", 0, 0, G_OPTION_ARG_NONE, &arguments.options.replace,
		  "put keys into the place of different ones, also where the section does not say replace=yes", NULL },
		{ "directory", 'd', 0, G_OPTION_ARG_FILENAME, &arguments.folder,
		  "folder of the files *.conf (default: " KEYSFOLDER_USUAL ")", "DIR" },
		{ "modules", 0, 0, G_OPTION_ARG_NONE, &arguments.modules,
		  "load only the modules of the keyrings that are named, and no key", NULL },
		{ "json", 'j', 0, G_OPTION_ARG_NONE, &arguments.json, "print JSON", NULL },
		{ 0 }
	};
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 0, 0, error) < 0)
		goto out;
	if (arguments.modules && (arguments.options.check || arguments.options.replace || arguments.json))
		status = status_set(error, STATUS_USAGE, "--modules goes with --directory only");
	else if (arguments.options.check && arguments.options.replace)
		status = status_set(error, STATUS_USAGE, "--check changes nothing, so --replace does not go with it");
	else
		status = load(&arguments, error);
out:
	g_free(arguments.folder);
	return status;
}

const struct command load_commands[] = {
	{ NULL, "load", "", "load the keys that " KEYSFOLDER_USUAL " names", run },
	{ NULL, "mount-options", "NAME", "print the mount options for a certificate in the keyring", mountoptions_run },
	{ 0 }
};
