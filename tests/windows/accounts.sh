#!/bin/bash
# Local accounts and groups through the fake netapi32.dll: each change is found once, an idle host is
# silent, and an error removes nobody.
set -u
export OVERRIDES=netapi32=n
# shellcheck source=tests/windows/lib.sh
. tests/windows/lib.sh
# shellcheck source=tests/windows/found.bash
. tests/windows/found.bash
fake=$BUILD/accounts/netapi32.dll
if ! [ -e "$fake" ]; then
	echo "1..0 # SKIP needs the fake netapi32.dll"
	exit 77
fi
base='HKLM\Software\InvarTest'
mkdir "$WORK/policy"
cp rules/windows/accounts.yaml "$WORK/policy"
# Beside the program, where Windows looks first: a folder of their own.
cp "$INVAR" "$WORK/invar.exe"
cp "$fake" "$WORK"
PROGRAM=$WORK/invar.exe

# user NAME RID, group NAME SID\0SID…
user() {
	registry add "$base\\Users\\$1" /v Sid /d "S-1-5-21-1-2-3-$2" /f
	registry add "$base\\Users\\$1" /v PasswordSet /t REG_DWORD /d 1700000000 /f
}
group() {
	registry add "$base\\Groups\\$1" /v Members /t REG_MULTI_SZ /d "$2" /f
}
cat >"$WORK/accounts.reg" <<END
REGEDIT4

[HKEY_LOCAL_MACHINE\\Software\\InvarTest\\Users\\Administrator]
"Sid"="S-1-5-21-1-2-3-500"
"PasswordSet"=dword:6553f100
[HKEY_LOCAL_MACHINE\\Software\\InvarTest\\Users\\alice]
"Sid"="S-1-5-21-1-2-3-1001"
"PasswordSet"=dword:6553f100
[HKEY_LOCAL_MACHINE\\Software\\InvarTest\\Users\\bob]
"Sid"="S-1-5-21-1-2-3-1002"
"PasswordSet"=dword:6553f100
END
registry import "$WINDOWS\\accounts.reg"
group Administrators 'S-1-5-21-1-2-3-500'
group Users 'S-1-5-11\0S-1-5-21-1-2-3-1001\0S-1-5-21-1-2-3-1002'

iv init >"$WORK/init" 2>&1
point $? "a baseline of accounts" "$WORK/init"
found "an idle host is silent" ""

user eve 1003
found "a new account" "created user eve"
says "its security identifier is told" '"sid": *"S-1-5-21-1-2-3-1003"'

group Administrators 'S-1-5-21-1-2-3-500\0S-1-5-21-1-2-3-1003'
found "a new administrator, from both sides" "updated group Administrators" "updated user eve"
says "critical" '"severity": *"critical"'

registry add "$base\\Users\\bob" /v Flags /t REG_DWORD /d 515 /f
found "an account is closed" "updated user bob"
says "by the field disabled" '"fields": *\[[^]]*"disabled"'

registry add "$base\\Groups\\Users" /v Error /t REG_DWORD /d 5 /f
found "members that cannot be listed are a gap, and nobody is gone" "gap group Users" "gap user "
registry delete "$base\\Groups\\Users" /v Error /f
found "and when they can, nothing has changed" ""

registry delete "$base\\Users\\eve" /f
found "an account is gone" "deleted user eve"
found "and silent again" ""
done_testing
