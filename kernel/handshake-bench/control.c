// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The device /dev/handshake-bench. An open file is a run: write() starts it, read()
 * waits for its result, close() cancels it and waits until nothing is in flight.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "options.h"
#include "run.h"

struct control {
	struct mutex	lock;		/* one write() at a time */
	struct run	*run;		/* set once, stays until the end */
	char		error[OPTIONS_ERROR_MAX]; /* why there is no run */
};

static int control_open(struct inode *inode, struct file *file)
{
	struct control *control;

	/* Requests make the agent work and use its keys: not for everyone. */
	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	control = kzalloc(sizeof(*control), GFP_KERNEL);
	if (!control)
		return -ENOMEM;
	mutex_init(&control->lock);
	file->private_data = control;
	return 0;
}

/* The run, NULL as long as there is none; without the lock, since it stays. */
static struct run *control_run(struct file *file)
{
	struct control *control = file->private_data;

	/* Pairs with control_write(): the run is complete. */
	return smp_load_acquire(&control->run);
}

static void control_explain(struct control *control, const char *reason)
{
	mutex_lock(&control->lock);
	strscpy(control->error, reason, sizeof(control->error));
	mutex_unlock(&control->lock);
}

static ssize_t control_write(struct file *file, const char __user *from,
			     size_t size, loff_t *pos)
{
	struct control *control = file->private_data;
	struct run *run;
	ssize_t ret = size;
	char *line;

	if (size > OPTIONS_LINE_MAX) {
		control_explain(control, "the line is too long");
		return -E2BIG;
	}
	line = memdup_user_nul(from, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	mutex_lock(&control->lock);
	if (control->run) {
		ret = -EBUSY;
	} else {
		control->error[0] = '\0';
		run = run_start(line, control->error);
		if (IS_ERR(run))
			ret = PTR_ERR(run);
		else
			/* Pairs with control_run(). */
			smp_store_release(&control->run, run);
	}
	mutex_unlock(&control->lock);
	kfree(line);
	return ret;
}

/* Why the last write() failed; nothing was started. */
static ssize_t control_read_error(struct control *control, char __user *to,
				  size_t size, loff_t *pos)
{
	char text[OPTIONS_ERROR_MAX + 32];
	char *c;
	int length;

	mutex_lock(&control->lock);
	for (c = control->error; *c; c++)
		if (*c == '"' || *c == '\\' || !isprint(*c))
			*c = '?';
	length = scnprintf(text, sizeof(text), "{\"error\":\"%s\"}\n",
			   control->error[0] ? control->error : "no run was asked for");
	mutex_unlock(&control->lock);
	return simple_read_from_buffer(to, size, pos, text, length);
}

static ssize_t control_read(struct file *file, char __user *to, size_t size,
			    loff_t *pos)
{
	struct run *run = control_run(file);
	int ret;

	if (!run)
		return control_read_error(file->private_data, to, size, pos);
	if (!run_ended(run) && (file->f_flags & O_NONBLOCK))
		return -EAGAIN;
	ret = wait_event_interruptible(run->wait, run_ended(run));
	if (ret)
		return ret;
	if (!run->json)
		return -ENOMEM;
	return simple_read_from_buffer(to, size, pos, run->json,
				       run->json_size);
}

static __poll_t control_poll(struct file *file, poll_table *table)
{
	struct run *run = control_run(file);

	if (!run)
		return EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
	poll_wait(file, &run->wait, table);
	return run_ended(run) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int control_release(struct inode *inode, struct file *file)
{
	struct control *control = file->private_data;

	if (control->run)
		run_free(control->run);
	kfree(control);
	return 0;
}

static const struct file_operations control_operations = {
	.owner		= THIS_MODULE,
	.open		= control_open,
	.read		= control_read,
	.write		= control_write,
	.poll		= control_poll,
	.release	= control_release,
};

static struct miscdevice control_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "handshake-bench",
	.mode	= 0600,
	.fops	= &control_operations,
};

static int __init control_init(void)
{
	return misc_register(&control_device);
}

/*
 * An open file holds the module, and each run has waited for its consumers. But the
 * agent's thread may still be at the last instructions of consumer_done(), after
 * it has queued the work that ended all that. When each task has given up the
 * processor of its own will once, it is not.
 */
static void __exit control_exit(void)
{
	misc_deregister(&control_device);
	synchronize_rcu_tasks();
}

module_init(control_init);
module_exit(control_exit);
MODULE_DESCRIPTION("Consumer of net/handshake: a sample, and a load for its agents");
MODULE_LICENSE("GPL");
