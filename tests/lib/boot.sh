# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A machine that boots under systemd, with tlshd, an NFS export, and its mount in /etc/fstab. Source it after all.sh; the
# functions boot_* make the machine before systemd starts, the others ask the running system.

# Some options of a unit make systemd look there before it starts a service.
BOOT_MNT=/home
BOOT_CONFIG=/etc/tlshd/config

# boot_install: the build, with the users that its own file makes
boot_install()
{
	export TLSHD_BIN=/usr/sbin/tlshd
	agent_install
	sed -i '/^tlshd-/d' /etc/passwd /etc/shadow /etc/group
	systemd-sysusers tlshd.conf
	# Of the package that was here before.
	rm -f /etc/tlshd.conf
}

# boot_nfs: certificates, the configuration, the export, and its mount
boot_nfs()
{
	pki_ca ca
	pki_issue server ca ecdsa dns=server.test server
	pki_issue client ca ecdsa dns=client.test client
	host_alias server.test 127.0.0.1
	agent_x509 server ca server client
	mkdir -p "${BOOT_CONFIG%/*}" "$NFS_EXPORT" "$BOOT_MNT"
	cp "$(agent_dir server)/config" $BOOT_CONFIG
	sed -i 's/^manage-gids.*/manage-gids=n/' /etc/nfs.conf
	echo "$NFS_EXPORT *(rw,fsid=0,no_root_squash,no_subtree_check,insecure,async,xprtsec=tls:mtls)" >/etc/exports
	cat >/etc/fstab <<-END
		tmpfs $NFS_EXPORT tmpfs mode=1777 0 0
		server.test:/ $BOOT_MNT nfs vers=4.2,sec=sys,xprtsec=mtls,hard,actimeo=0 0 0
	END
}

# boot_enable UNIT...
boot_enable()
{
	systemctl enable "$@" 2>"$WORK/enable" || give_up "$(cat "$WORK/enable")"
}

# property UNIT NAME
property()
{
	systemctl show -P "$2" "$1"
}

# before UNIT UNIT: the first was up when the second began
before()
{
	local up began
	up=$(property "$1" ActiveEnterTimestampMonotonic)
	began=$(property "$2" InactiveExitTimestampMonotonic)
	[ "$up" -gt 0 ] && [ "$began" -gt "$up" ] || give_up "$1 was up at $up, but $2 began at $began"
}

# mounted: the export is, with TLS
mounted()
{
	mountpoint -q $BOOT_MNT || give_up "not mounted: $(systemctl status home.mount 2>&1 | tail -n 3 | tr '\n' ' ')"
	proof_tls server
	nfs_exchange $BOOT_MNT
}
