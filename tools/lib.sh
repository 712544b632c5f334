# shellcheck shell=bash
# Sourced by the scripts of this folder: steps that are quiet while all goes well.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit
export LC_ALL=C.UTF-8
self=$(basename "$0")
logs=$top/build/log
mkdir -p "$logs"

say() {
	echo "$self: $*"
}

fail() {
	echo "$self: $*" >&2
	exit 1
}

# step NAME COMMAND...: run it with its output in build/log/NAME.log; when it fails, show the end of that.
step() {
	local log=$logs/$1.log
	shift
	if "$@" >"$log" 2>&1; then
		return 0
	fi
	tail -n "${TAIL:-40}" "$log" >&2
	fail "failed: $* (all of it: ${log#"$top"/})"
}

# build PRESET: configure and build.  A folder that was configured elsewhere is made anew.
build() {
	local preset=$1 cache=build/$1/CMakeCache.txt
	shift
	if [ -f "$cache" ] && ! grep -q "^CMAKE_HOME_DIRECTORY:INTERNAL=$top$" "$cache"; then
		rm -rf "build/$preset"
	fi
	step "configure-$preset" cmake --preset "$preset" "$@"
	step "build-$preset" cmake --build --preset "$preset"
}
