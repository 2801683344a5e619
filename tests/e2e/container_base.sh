#!/bin/bash
# The Debian 12 of which other scripts boot copies is made: a minute, once. Where it cannot be made, they
# say so themselves.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/container.sh
container_base || exit 77
