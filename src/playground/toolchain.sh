#!/bin/sh
# Finds clang 19 with its libraries for WebAssembly, or installs it if the package manager does that without a question.
# Prints the command first; PRIMER_NO_INSTALL=1 forbids it.
packages="clang-19 lld-19 libc++-19-dev-wasm32 libc++abi-19-dev-wasm32 libclang-rt-19-dev-wasm32 wasi-libc"
works() {
  echo '#include <string>
    int main() { return std::string("a").size() == 1 ? 0 : 1; }' |
    clang++-19 --target=wasm32-wasi -std=c++20 -x c++ - -o /dev/null >/dev/null 2>&1
}
works && exit
sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"
if [ -z "$PRIMER_NO_INSTALL" ] && command -v apt-get >/dev/null && ${sudo:-env} true 2>/dev/null; then
  echo "primer: installing the compiler for the browser (PRIMER_NO_INSTALL=1 forbids it): ${sudo:+$sudo }apt-get install -y --no-install-recommends $packages" >&2
  { $sudo apt-get update; $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages; } >/dev/null 2>&1
  works && exit
fi
echo "primer: the playground needs clang 19 with its libraries for WebAssembly; on Debian 12 or newer: apt-get install $packages" >&2
exit 1
