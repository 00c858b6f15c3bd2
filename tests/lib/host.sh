# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Hosts. "server" is the guest itself: the kernel's NFS server works in its first network namespace. Other hosts are
# network namespaces, each with a link to the server. An agent serves one namespace, so each host can have its own.

HOST_DOMAIN=test
SERVER_IP4=192.0.2.1
SERVER_IP6=2001:db8::1
HOST_COUNT=0

# on HOST COMMAND...: only the network differs; mounts and files are the same everywhere
on()
{
	local host=$1
	shift
	if [ "$host" = server ]; then
		"$@"
	else
		nsenter --net="/run/netns/$host" -- "$@"
	fi
}

# become HOST COMMAND...: the same for a background job, "become HOST COMMAND &": $! is then the command's own process
become()
{
	local host=$1
	shift
	if [ "$host" = server ]; then
		exec "$@"
	else
		exec nsenter --net="/run/netns/$host" -- "$@"
	fi
}

# host_add NAME: a host with the addresses 192.0.2.N and 2001:db8::N, N from 2, and the name NAME.test. All hosts
# reach the server; they are ports of one bridge, which has the server's addresses.
host_add()
{
	local name=$1 number
	[ "$HOST_COUNT" -gt 0 ] || host_bridge
	HOST_COUNT=$((HOST_COUNT + 1))
	number=$((HOST_COUNT + 1))
	ip netns add "$name"
	ip link add "to-$name" type veth peer name eth0 netns "$name"
	ip link set "to-$name" master hosts up
	ip -n "$name" link set lo up
	ip -n "$name" link set eth0 up
	ip -n "$name" address add "192.0.2.$number/24" dev eth0
	ip -n "$name" address add "2001:db8::$number/64" dev eth0 nodad
	host_alias "$name.$HOST_DOMAIN" "192.0.2.$number"
}

host_bridge()
{
	ip link add hosts type bridge
	ip link set hosts up
	ip address add "$SERVER_IP4/24" dev hosts
	ip address add "$SERVER_IP6/64" dev hosts nodad
	host_alias "server.$HOST_DOMAIN" "$SERVER_IP4"
}

# host_alias NAME ADDRESS: a name that every host can resolve
host_alias()
{
	echo "$2 $1" >>/etc/hosts
}
