#!/bin/bash
# The program as built is hardened: what the flags were meant to do is seen in the file itself. A
# program built the other way must fail every one of these tests, or they prove nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The promises that the ELF file $1 breaks, one a line.
broken() {
	local facts symbols main
	facts=$(LC_ALL=C readelf -hldnW "$1" 2>/dev/null || true)
	symbols=$(nm -D --undefined-only "$1" 2>/dev/null || true)
	main=$(objdump -d --disassemble=main "$1")
	has() { grep -Eq -- "$1" <<<"$facts"; }
	has 'Type: +DYN' && has 'FLAGS_1.*PIE' || echo "pie: not a position-independent executable"
	has 'BIND_NOW|FLAGS_1.*NOW' || echo "now: symbols are bound lazily"
	has '^ +GNU_RELRO' || echo "relro: the relocation table stays writable"
	has '^ +GNU_STACK .* RW +0x' || echo "stack: executable, or not said"
	! has '^ +LOAD .* RWE ' || echo "wx: a segment is writable and executable"
	! has 'RPATH|RUNPATH' || echo "rpath: looks for libraries in a folder of its own"
	has 'Properties: .*SHSTK' || echo "shstk: no shadow stack note"
	grep -q endbr64 <<<"$main" || echo "ibt: main does not begin with endbr64"
	grep -q __stack_chk_fail <<<"$symbols" || echo "canary: no stack protector"
	[ "$2" = debug ] || grep -Eq '__[a-z]+_chk(@|$)' <<<"$symbols" || echo "fortify: no checked call"
}

cat >"$work/plain.c" <<'C'
#include <stdio.h>
__asm__(".section .both,\"awx\",@progbits; .long 1; .text");
int main(int n, char **v) { char b[64]; return snprintf(b, sizeof b, "%s", v[n - 1]) + b[0]; }
C
gcc -O0 -U_FORTIFY_SOURCE -no-pie -fcf-protection=none -fno-stack-protector -Wl,-z,norelro,-z,lazy,-z,execstack \
	-Wl,-rpath,/nowhere "$work/plain.c" -o "$work/plain" -w 2>/dev/null
seen=$(broken "$work/plain" release | cut -d: -f1 | sort | tr '\n' ' ')
if [ "$seen" != "canary fortify ibt now pie relro rpath shstk stack wx " ]; then
	echo "the tests themselves are blind: on a soft program they saw only '$seen'"
	exit 1
fi

kind=debug
grep -q '^CMAKE_BUILD_TYPE:STRING=Rel' "$BUILD/CMakeCache.txt" && kind=release
found=$(broken "$INVAR" "$kind")
[ -z "$found" ] || { echo "$found"; exit 1; }
echo "$INVAR is hardened"
