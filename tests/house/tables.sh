#!/bin/sh
# What is made from the field tables says what they say: docs/KINDS.md and the parts of both schemas
# that name kinds and fields. A document of a kind that there is not would be found by nobody.
set -eu
docs/generate --check "${INVAR:-build/dev/invar}"
for file in docs/kinds/*.md; do
	kind=$(basename "$file" .md)
	[ "$kind" = opening ] && continue
	"${INVAR:-build/dev/invar}" help kind "$kind" >/dev/null || {
		echo "$file is about no kind"
		exit 1
	}
done
