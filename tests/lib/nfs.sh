# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The kernel's NFS server and its clients, version 4 only: no rpcbind and no lock daemon are needed.

NFS_EXPORT=/srv/nfs

# nfs_server_start [THREADS]: serve NFS_EXPORT, a file system in memory, to everybody
nfs_server_start()
{
	modprobe nfsd
	mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
	mkdir -p /run/rpc_pipefs "$NFS_EXPORT" /run/nfs
	mountpoint -q /run/rpc_pipefs || mount -t rpc_pipefs rpc_pipefs /run/rpc_pipefs
	mountpoint -q "$NFS_EXPORT" || mount -t tmpfs -o mode=1777 tmpfs "$NFS_EXPORT"
	# Without its client tracker the server cannot tell who may reclaim, and keeps everybody waiting in grace.
	nfsdcld 2>"$WORK/nfsdcld.log" || give_up "nfsdcld: $(cat "$WORK/nfsdcld.log")"
	exportfs -o rw,fsid=0,no_root_squash,no_subtree_check,insecure,async "*:$NFS_EXPORT"
	# Otherwise the kernel asks mountd for the groups of each user, and waits half a minute for one that has ended.
	sed -i 's/^manage-gids.*/manage-gids=n/' /etc/nfs.conf
	rpc.mountd -N 2 -N 3
	rpc.nfsd -N 3 -U "${1:-8}"
	wait_for 60 nfs_server_listens || give_up "the NFS server does not listen"
}

nfs_server_listens()
{
	[ -n "$(ss -tlnH 'sport = :2049')" ]
}

# nfs_require any|tls|mtls: what the server asks of a client's connection. exportfs knows the option only since
# nfs-utils 2.6.4, so the kernel's tables get their entries directly and for ever, and mountd, which would write its own
# over them, ends.
nfs_require()
{
	local modes address
	case $1 in
	any) modes="3 1 2 4" ;;
	tls) modes="2 2 4" ;;
	mtls) modes="1 4" ;;
	esac
	pkill -x rpc.mountd || true
	wait_for 60 fails pgrep -x rpc.mountd >/dev/null || give_up "rpc.mountd does not end"
	for address in 127.0.0.1 ::1 192.0.2.{1..9} 2001:db8::{1..9}; do
		echo "nfsd $address 2147483647 *" >/proc/net/rpc/auth.unix.ip/channel
	done
	echo "* 1 \\x00000000 2147483647 $NFS_EXPORT" >/proc/net/rpc/nfsd.fh/channel
	# Flags: insecure port, asynchronous, gathered writes, no subtree check, fsid.
	echo "* $NFS_EXPORT 2147483647 $((0x2432)) 65534 65534 0 xprtsec $modes" >/proc/net/rpc/nfsd.export/channel
}

# nfs_export XPRTSEC: the same as an administrator does it, by exportfs, where that is new enough
nfs_export()
{
	exportfs -u "*:$NFS_EXPORT" 2>/dev/null
	exportfs -o "rw,fsid=0,no_root_squash,no_subtree_check,insecure,async,xprtsec=$1" "*:$NFS_EXPORT" 2>"$WORK/exportfs.err" ||
		give_up "exportfs: $(tail -n 1 "$WORK/exportfs.err")"
	# What the kernel remembers of the export that it was.
	exportfs -f
}

# nfs_mount HOST SOURCE none|tls|mtls FOLDER [OPTIONS]: SOURCE is a name or an address, without brackets. mount.nfs
# would repeat for two minutes what the kernel reports as a time-out; here the first answer counts. Nor shall it go through
# the Kerberos flavours when the server refuses.
nfs_mount()
{
	local host=$1 source=$2 mode=$3 dir=$4 options=vers=4.2,sec=sys,xprtsec=$3,retry=0
	[ $# -lt 5 ] || options+=,$5
	[ "$mode" != none ] || options=${options/,xprtsec=none/}
	case $source in
	*:*) source="[$source]" ;;
	esac
	mkdir -p "$dir"
	on "$host" mount -t nfs -o "$options" "$source:/" "$dir" >"$WORK/mount.err" 2>&1 ||
		give_up "mount of $source with $options: $(tail -n 1 "$WORK/mount.err")"
}

# nfs_refused HOST SOURCE MODE FOLDER: succeeds when this mount fails, in a time that tells it from a hang
nfs_refused()
{
	local began took
	began=$(now_ms)
	if (nfs_mount "$@"); then
		umount "$4"
		give_up "mount of $2 with xprtsec=$3 succeeded and should not"
	fi
	took=$(($(now_ms) - began))
	: >"$WORK/reason"
	comment "refused after $took ms: $(tail -n 1 "$WORK/mount.err")"
	! mountpoint -q "$4" || give_up "mount failed, but $4 is a mount point"
	[ "$took" -lt 30000 ] || give_up "the refusal took $took ms"
}

# nfs_umount HOST FOLDER: and wait until the connection is gone
nfs_umount()
{
	on "$1" umount "$2"
	wait_for 60 nfs_no_connection "$1" || give_up "the connection outlives its mount"
}

nfs_no_connection()
{
	[ -z "$(on "$1" ss -tnH 'dport = :2049')" ]
}

# nfs_exchange FOLDER: what the client writes arrives at the server, and the other way round
nfs_exchange()
{
	local dir=$1 name=data.$BASHPID
	head -c 1000000 /dev/urandom >"$WORK/$name"
	cp "$WORK/$name" "$dir/$name.client"
	sync -f "$dir/$name.client"
	cmp "$WORK/$name" "$NFS_EXPORT/$name.client" || give_up "what the client wrote is not what the server has"
	cp "$WORK/$name" "$NFS_EXPORT/$name.server"
	cmp "$WORK/$name" "$dir/$name.server" || give_up "what the server has is not what the client reads"
	rm -f "$WORK/$name" "$NFS_EXPORT/$name".*
}
