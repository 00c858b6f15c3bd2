#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=360 root=trixie init=systemd
#
# Keys at boot, under systemd: tlshd-keys.service loads a pre-shared key from an encrypted credential, nvmf-autoconnect.service
# connects with it, and an export is mounted from /etc/fstab. Runs three times: "prepare" makes the machine, "target" is a unit
# that sets up the NVMe target, the rest is the test in the running system.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/boot.sh"
. "$LIB/nvme.sh"
. "$LIB/tlskey.sh"

KEYS=/etc/tlshd/keys.d
UNIT=tlshd-keys.service
STORE=/etc/credstore.encrypted
DISCOVERY=nqn.2014-08.org.nvmexpress.discovery

# entry NAME SUBSYSTEM SOURCE-LINE
entry()
{
	printf '[%s]\ntype=nvme-psk\n%s\nsubsysnqn=%s\n' "$1" "$3" "$2" >"$KEYS/$1.conf"
}

# What the administrator does: a key, sealed to this machine. The entry names no host: that is in nvme-cli's file.
prepare_key()
{
	mkdir -p $STORE /etc/systemd/system/$UNIT.d
	# The machine's key is bound to it, and systemd has not made one yet.
	[ -s /etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
	tlskey_does nvme generate --output "$WORK/storage.psk"
	systemd-creds encrypt --with-key=host --name=storage.psk "$WORK/storage.psk" $STORE/storage.psk 2>"$WORK/creds" ||
		give_up "systemd-creds: $(tail -n 1 "$WORK/creds")"
	! grep NVMeTLSkey $STORE/storage.psk || give_up "the credential is not encrypted"
	rm "$WORK/storage.psk"
	sed "s/backup\.psk/storage.psk/g" /usr/share/doc/tlshd/examples/credentials.conf \
		>/etc/systemd/system/$UNIT.d/credentials.conf
	# An emulated machine beside others needs minutes for what takes a moment.
	printf '[Service]\nTimeoutStartSec=15min\n' >/etc/systemd/system/$UNIT.d/slow.conf
	echo $NVME_HOSTNQN >/etc/nvme/hostnqn
	echo $NVME_HOSTID >/etc/nvme/hostid
	entry storage $NVME_SUBNQN credential=storage.psk
	# Its port demands TLS from those, too, who only ask what there is.
	entry discovery $DISCOVERY credential=storage.psk
}

prepare_nvme()
{
	echo "--transport=tcp --traddr=127.0.0.1 --trsvcid=$NVME_PORT --tls" >/etc/nvme/discovery.conf
	# After the keys: it must not be the target's modules that bring the keyring.
	cat >/etc/systemd/system/test-target.service <<-END
		[Unit]
		After=$UNIT
		Before=nvmf-autoconnect.service
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/bash $(readlink -f "$0") target
	END
	systemctl add-wants multi-user.target test-target.service nvmf-autoconnect.service 2>"$WORK/enable" ||
		give_up "$(cat "$WORK/enable")"
}

prepare()
{
	boot_install
	[ "$(stat -c %a:%u $KEYS)" = 700:0 ] || give_up "$KEYS has $(stat -c %a:%u $KEYS)"
	boot_nfs
	prepare_key
	prepare_nvme
	boot_enable tlshd.service $UNIT nfs-server.service
}

journal()
{
	journalctl -q -b -u $UNIT -o cat "$@"
}

loaded_at_boot()
{
	[ "$(property $UNIT ActiveState)" = active ] || give_up "$UNIT is $(property $UNIT ActiveState): $(journal | tail -n 3)"
	journal | grep 'storage: added: key .* in .nvme: NVMe1R01 ' >/dev/null || give_up "the journal says: $(journal)"
	[ -z "$(journal -p warning)" ] || give_up "$(journal -p warning)"
	! journal | grep 'NVMeTLSkey' || give_up "the journal has the key"
	[ "$(tlskey_keys %:.nvme)" -eq 2 ] || give_up "keys: $(keyctl list %:.nvme)"
	for key in $(keyctl rlist %:.nvme); do
		keyctl rdescribe "$key" | grep 'psk;0;0;3f0b0000;NVMe1R01 ' >/dev/null || give_up "$(keyctl rdescribe "$key")"
	done
	before $UNIT nvmf-autoconnect.service
	before $UNIT home.mount
	comment "keys were loaded $((($(property $UNIT ActiveEnterTimestampMonotonic) -
		$(property $UNIT InactiveExitTimestampMonotonic)) / 1000)) ms after the start"
}

# Nothing tells the name of the controller: discovery takes one, too, for a while.
controller()
{
	grep -lx "$NVME_SUBNQN" /sys/class/nvme/nvme*/subsysnqn 2>/dev/null | sed 's,.*/nvme\([0-9]*\)/.*,\1,' | head -n 1
}

connected_at_boot()
{
	[ "$(property nvmf-autoconnect.service Result)" = success ] ||
		give_up "nvmf-autoconnect: $(journalctl -q -b -u nvmf-autoconnect -o cat | tail -n 3)"
	[ -n "$(controller)" ] || give_up "no controller: $(nvme connect-all --context=autoconnect -v 2>&1 | tail -n 5)"
	wait_for 30 nvme_state_is "$(controller)" live || give_up "the controller is not live"
	nvme_proof 4
	journalctl -q -b -u tlshd -o cat |
		grep "handshake with server 127.0.0.1:4420 succeeded: psk, identity \"NVMe1R01 .* $NVME_SUBNQN " >/dev/null ||
		give_up "tlshd says: $(journalctl -q -b -u tlshd -o cat | tail -n 3)"
}

# A restart leaves what is there: the keys are not the unit's.
again()
{
	local before
	before=$(keyctl rlist %:.nvme)
	systemctl restart $UNIT || give_up "the restart failed: $(journal | tail -n 12)"
	[ "$(keyctl rlist %:.nvme)" = "$before" ] || give_up "keys were $before and are $(keyctl rlist %:.nvme)"
	systemctl stop $UNIT
	[ "$(keyctl rlist %:.nvme)" = "$before" ] || give_up "keys were $before, and without the unit $(keyctl rlist %:.nvme)"
	systemctl start $UNIT
	[ "$(journal | grep -c 'storage: present: key ')" -eq 2 ] || give_up "the journal says: $(journal | tail -n 12)"
}

# What was lost comes back.
restarted()
{
	nvme_no_keys
	systemctl restart $UNIT || give_up "the restart failed: $(journal | tail -n 12)"
	[ "$(tlskey_keys %:.nvme)" -eq 2 ] || give_up "keys: $(keyctl list %:.nvme)"
}

hardened()
{
	systemd-analyze security --no-pager --threshold=35 $UNIT >"$WORK/security" 2>&1 || give_up "$(tail -n 1 "$WORK/security")"
	comment "$(tail -n 1 "$WORK/security")"
	[ "$(property $UNIT CapabilityBoundingSet)" = cap_dac_read_search ] || give_up "$(property $UNIT CapabilityBoundingSet)"
}

# The step that reads keys has no right to load modules: the one before it does.
without_module()
{
	systemctl stop nvmf-autoconnect.service test-target.service $UNIT
	nvme disconnect-all
	wait_for 30 fails compgen -G '/sys/class/nvme/nvme[0-9]*' >/dev/null || give_up "a controller stays"
	rm "$NVMET/ports/1/subsystems/$NVME_SUBNQN"
	echo 0 >"$NVMET/subsystems/$NVME_SUBNQN/namespaces/1/enable"
	rmdir "$NVMET/subsystems/$NVME_SUBNQN/namespaces/1" "$NVMET/subsystems/$NVME_SUBNQN" "$NVMET/ports/1"
	rmmod nvmet_tcp nvme_tcp nvmet nvme_fabrics nvme_keyring 2>"$WORK/rmmod" || true
	[ ! -d /sys/module/nvme_keyring ] || not_here "nvme_keyring cannot be unloaded: $(tail -n 1 "$WORK/rmmod")"
	systemctl start $UNIT || give_up "it does not start: $(journal | tail -n 3)"
	[ -d /sys/module/nvme_keyring ] || give_up "nvme_keyring was not loaded"
	[ "$(tlskey_keys %:.nvme)" -eq 2 ] || give_up "keys: $(keyctl list %:.nvme)"
}

# An entry that is broken fails the unit, and neither keeps the others nor what comes after it from coming.
broken_entry()
{
	entry broken nqn.x source=absent.psk
	nvme_no_keys
	! systemctl restart $UNIT 2>/dev/null || give_up "the restart succeeded"
	rm $KEYS/broken.conf
	[ "$(property $UNIT ExecMainStatus)" -eq 4 ] || give_up "exit status $(property $UNIT ExecMainStatus)"
	journal | grep 'broken.conf:1: \[broken\]: .*absent.psk' >/dev/null || give_up "the journal says: $(journal | tail -n 3)"
	[ "$(tlskey_keys %:.nvme)" -eq 2 ] || give_up "the others were not loaded: $(keyctl list %:.nvme) $(journal | tail -n 12)"
	systemctl restart $UNIT || give_up "it does not start afterwards"
}

# No entries, no unit.
empty_folder()
{
	mkdir "$WORK/keys"
	mv $KEYS/* "$WORK/keys"
	systemctl restart $UNIT || give_up "it failed"
	[ "$(property $UNIT ConditionResult)" = no ] || give_up "it ran"
	mv "$WORK"/keys/* $KEYS
	systemctl restart $UNIT || give_up "it failed afterwards: $(journal | tail -n 3)"
}

# The same credential, sealed to the TPM.
sealed()
{
	[ -e /dev/tpmrm0 ] || not_here "this machine has no TPM"
	systemd-creds decrypt --name=storage.psk $STORE/storage.psk "$WORK/again"
	systemd-creds encrypt --with-key=tpm2 --name=storage.psk "$WORK/again" $STORE/storage.psk
	nvme_no_keys
	systemctl restart $UNIT || give_up "$(journal | tail -n 3)"
	[ "$(tlskey_keys %:.nvme)" -eq 2 ] || give_up "keys: $(keyctl list %:.nvme)"
}

case ${1:-} in
prepare)
	prepare
	exit
	;;
target)
	nvme_start
	exit
	;;
esac
plan 10
attempt tlskey-boot-loaded loaded_at_boot
attempt tlskey-boot-connected connected_at_boot
attempt tlskey-boot-mounted mounted
attempt tlskey-boot-again again
attempt tlskey-boot-restarted restarted
attempt tlskey-boot-hardened hardened
attempt tlskey-boot-broken-entry broken_entry
attempt tlskey-boot-empty-folder empty_folder
attempt tlskey-boot-sealed sealed
attempt tlskey-boot-modules without_module
