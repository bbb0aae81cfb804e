#!/usr/bin/env bash
# Builds and tests Orrery with another LibTorch than the pinned one: try_libtorch.sh VERSION
# The version's PyTorch is installed from PyPI, with what it needs, into a Python environment in the cache.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
version=${1:?usage: try_libtorch.sh VERSION, for example 2.15.0}
environment=${XDG_CACHE_HOME:-$HOME/.cache}/orrery/torch-$version
folder=$root/build-torch-$version

[[ -x $environment/bin/python ]] || python3 -m venv "$environment"
"$environment/bin/python" -m pip install --disable-pip-version-check "torch==$version"
torch=$("$environment/bin/python" -c 'import torch; print(torch.__path__[0])')

cd "$root"
cmake --preset release -B "$folder" -DORRERY_LIBTORCH="$torch"
cmake --build "$folder" --parallel "$(nproc)"
status=0
while read -r program; do
  "$program" --gtest_brief=1 || status=1
done <"$folder/tests/programs.txt"
for suite in tests/stdlib/*_spec.lua; do
  "$folder/orrery" run "$suite" || status=1
done
exit $status
