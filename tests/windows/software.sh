#!/bin/bash
# Software, tasks, firewall rules and certificates: what reg, msiexec, a file and crypt32 change is found
# once, with the right fields, and an idle host is silent.
set -u
# shellcheck source=tests/windows/lib.sh
. tests/windows/lib.sh
# shellcheck source=tests/windows/found.bash
. tests/windows/found.bash
if ! command -v wixl >/dev/null || ! command -v openssl >/dev/null; then
	echo "1..0 # SKIP needs wixl and openssl"
	exit 77
fi
list='HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall'
rules='HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules'
cache='HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache'
id='{22222222-2222-3333-4444-555555555555}'
product='{6F330B47-2577-43AD-9095-1861BA25889B}'
tasks=$DRIVE/windows/system32/Tasks
helper=$BUILD/windows_certificate.exe
take_away() {
	registry delete "$list\\InvarTest" /f
	registry delete "$list\\InvarTest" /reg:32 /f
	for rule in InvarTest InvarApp InvarLaundered InvarOff; do
		registry delete "$rules" /v $rule /f
	done
	registry delete "$cache\\Tree\\InvarTest" /f
	registry delete "$cache\\Tasks\\$id" /f
	rm -f "$tasks"/{InvarTest,GoogleUpdateTaskX,GoogleUpdateTaskMachineCore}
	run msiexec /x "$WINDOWS\\t.msi" /qn
	run "$helper" remove machine/TrustedPublisher "$WINDOWS\\x.der"
}
mkdir "$WORK/policy"
cp rules/windows/{software,tasks,firewall,certificates}.yaml "$WORK/policy"
# what the registry's rules say of the same things is not told again
registry=rules/windows/registry.yaml
{
	sed '/^rules:/q' "$registry"
	sed -n '/- id: windows-registry-task-cache$/,/tags:/p; /- id: windows-registry-firewall$/,/tags:/p' "$registry"
} >"$WORK/policy/registry.yaml"
cat >"$WORK/t.wxs" <<END
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi"><Product Id="$product" Name="Invar Test"
 Language="1033" Version="1.2.3" Manufacturer="Acme" UpgradeCode="6F330B47-2577-43AD-9095-1861BA258800">
<Package InstallerVersion="200" Compressed="yes" InstallScope="perMachine"/>
<Media Id="1" Cabinet="a.cab" EmbedCab="yes"/><Directory Id="TARGETDIR" Name="SourceDir">
<Directory Id="ProgramFilesFolder"><Directory Id="D" Name="InvarTest">
<Component Id="c" Guid="6F330B47-2577-43AD-9095-1861BA258811"><File Id="f" Source="t.wxs" KeyPath="yes"/>
</Component></Directory></Directory></Directory>
<Feature Id="F" Level="1"><ComponentRef Id="c"/></Feature></Product></Wix>
END
(cd "$WORK" && wixl -o t.msi t.wxs)
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -days 30 -subj "/CN=Evil Publisher" \
	-outform DER -out "$WORK/x.der" 2>/dev/null
mkdir -p "$tasks"
# task COMMAND [ARGUMENTS [NAME]]
task() {
	printf '<Task><Actions><Exec><Command>%s</Command><Arguments>%s</Arguments></Exec></Actions></Task>' \
		"$1" "${2:-}" >"$tasks/${3:-InvarTest}"
}

iv init >"$WORK/init" 2>&1
point $? "a baseline of software, tasks, firewall and certificates" "$WORK/init"
found "an idle host is silent" ""

registry add "$list\\InvarTest" /v DisplayName /d "Invar's" /f
registry add "$list\\InvarTest" /v DisplayVersion /d 1.0 /reg:32 /f
task 'C:\good.exe'
task 'C:\evil.exe' /c GoogleUpdateTaskX
task 'C:\Program Files (x86)\Google\Update\GoogleUpdate.exe' /c GoogleUpdateTaskMachineCore
registry add "$rules" /v InvarTest /d 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=4444|Name=N|' /f
registry add "$rules" /v InvarApp /d 'v2.30|Action=Allow|Active=TRUE|Dir=In|Name=@{A}|LUOwn=S-1-5-21-1|AppPkgId=S-1-15-2-1|EmbedCtxt=@{A}|' /f
registry add "$rules" /v InvarLaundered /d 'v2.30|Action=Allow|Active=TRUE|Dir=In|Name=N|App=C:\evil.exe|LUOwn=S-1-5-21-1|AppPkgId=S-1-15-2-1|EmbedCtxt=@{A}|' /f
registry add "$rules" /v InvarOff /d 'v2.30|Action=Allow|Active=FALSE|Dir=In|Name=N|' /f
run "$helper" add machine/TrustedPublisher "$WINDOWS\\x.der"
run msiexec /i "$WINDOWS\\t.msi" /qn
changes
sed -i 's/#[0-9a-f]*$//' "$WORK/found"
sort >"$WORK/made" <<END
created package uninstall:InvarTest:x64
created package uninstall:InvarTest:x86
created package uninstall:$product:x86
created cron \\InvarTest
created firewall rule/local/InvarApp
created firewall rule/local/InvarLaundered
created firewall rule/local/InvarTest
created cron \\GoogleUpdateTaskX
created cron \\GoogleUpdateTaskMachineCore
created certificate ca:Evil Publisher
END
grep -v '^updated firewall firewall$' "$WORK/found" | cmp -s - "$WORK/made"
point $? "each is found once" "$WORK/found"
says "a product of Windows Installer and its key are one" "\"product_code\": *\"\\$product\""
says "what the task runs" '"command": *"C:\\\\good.exe"'
jq -e -s 'any(.[]; .key == "rule/local/InvarApp" and .severity == "info")' "$WORK/changes.json" >/dev/null
point $? "what an app brings is no more than that" "$WORK/changes.json"
jq -e -s 'any(.[]; .key == "rule/local/InvarLaundered" and .severity == "high")' "$WORK/changes.json" >/dev/null
point $? "a group and an owner make no app of a program's rule" "$WORK/changes.json"
jq -e -s '(map(select(.key) | { (.key): .severity }) | add) as $s | $s["\\GoogleUpdateTaskX"] == "high" and
	$s["\\GoogleUpdateTaskMachineCore"] == "medium"' "$WORK/changes.json" >/dev/null
point $? "nor a name an updater's task of another" "$WORK/changes.json"
says "the rule's port" '"local_ports": *\["4444"\]'
says "the store" '"stores": *\["machine/TrustedPublisher"\]'
found "and then silence" ""

registry add "$list\\InvarTest" /v DisplayVersion /d 2.0 /reg:32 /f
task 'C:\evil.exe'
registry add "$rules" /v InvarTest /d 'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=22|Name=N|' /f
found "another version, another program, another port" "updated package uninstall:InvarTest:x86" \
	'updated cron \InvarTest' "updated firewall rule/local/InvarTest"

registry add "$cache\\Tree\\InvarTest" /v Id /d "$id" /f
registry add "$cache\\Tree\\InvarTest" /v Index /t REG_DWORD /d 3 /f
registry add "$cache\\Tasks\\$id" /v Path /d '\InvarTest' /f
found "a task without a descriptor" 'updated cron \InvarTest'
says "is critical" '"rule": *"windows-task-hidden"'
registry add "$cache\\Tree\\InvarTest" /v Index /t REG_DWORD /d 0 /f
hidden="registry-value HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\InvarTest\\Index"
found "no place in the order hides it" "created $hidden"

take_away
changes
sed -i 's/#[0-9a-f]*$//; /^updated firewall firewall$/d' "$WORK/found"
{
	sed 's/^created/deleted/' "$WORK/made"
	echo "deleted $hidden"
} | sort | cmp -s - "$WORK/found"
point $? "all are gone" "$WORK/found"

run "$BUILD/console.exe" hide-key "${list#*\\}"
found "a NUL in the name of a key hides no program" 'created package uninstall:a\xc0\x80b:x64'
says "which has its fields" '"name": *"x"'
iv show package 'uninstall:a\x00b:x64' >"$WORK/shown" 2>&1 && grep -qF 'uninstall:a\x00b:x64' "$WORK/shown"
point $? "and whose name can be typed" "$WORK/shown"
done_testing
