#!/bin/sh
# Installs what the course uses on Debian or Ubuntu: in a dev container, in WSL, in a virtual machine.
# It may be run again: what is there stays.
set -eu
cd "$(dirname "$0")/.."
# Where Debian keeps nft, which the PATH of most users lacks.
PATH="$PATH:/usr/sbin:/sbin"

needed=
for pair in ip:iproute2 netstat:net-tools lsof:lsof unshare:util-linux nft:nftables \
  redis-server:redis-server python3:python3 npm:npm; do
  command -v "${pair%%:*}" > /dev/null || needed="$needed ${pair##*:}"
done
if [ -n "$needed" ]; then
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  # shellcheck disable=SC2086 # a list of packages
  $sudo apt-get install -y -qq --no-install-recommends $needed
fi

# Most users may not write where npm installs programs for everybody.
[ -w "$(npm root --global)" ] || export NPM_CONFIG_PREFIX="$HOME/.local"
npm install --global --no-audit --no-fund --loglevel=error deno@2.9.6
deno="$(npm prefix --global)/bin/deno"
# Everything that the course imports, so that it needs no network from here on.
"$deno" install
"$deno" task kernel

if [ "$(command -v deno)" != "$deno" ]; then
  echo "Deno is in $deno. If the next terminal does not find it, add $(dirname "$deno") to PATH."
fi
