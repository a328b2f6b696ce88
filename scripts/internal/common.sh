# Sourced by the scripts beside it: runs them from the project's folder and gives them one way to configure and build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

jobs=${JOBS:-$(nproc)}

# configure PRESET [CMAKE_ARGUMENT…]; prints only when it fails.
# WERROR=ON in the environment (variables that begin with TROUPE_ are settings of the command) turns warnings into errors.
configure() {
  local preset=$1 log
  shift
  mkdir -p "build/$preset"
  log="build/$preset/configure.log"
  if ! cmake --preset "$preset" ${WERROR:+-DTROUPE_WERROR="$WERROR"} "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    return 1
  fi
}

# build PRESET [TARGET…]
build() {
  local preset=$1
  shift
  cmake --build "build/$preset" --parallel "$jobs" ${1:+--target "$@"} </dev/null
}
