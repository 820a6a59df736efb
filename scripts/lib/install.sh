# shellcheck shell=bash
# Installs what scripts/demo and scripts/test need: Node and its packages, FFmpeg, Mosquitto, the simulator's media, the page.
# To be sourced with the top of the repository as working directory. Quick when nothing is missing.

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$1"
  exit "${2:-1}"
}

# What stands in front of a command that needs root.
as_root=()

can_be_root() {
  [ "$(id -u)" -ne 0 ] || return 0
  command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
  as_root=(sudo -n)
}

apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" >&2
}

# Packages must not start services: the broker of demo and tests is a process of their own.
forbid_services() {
  local policy=/usr/sbin/policy-rc.d
  [ ! -e "$policy" ] || return 0
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
}

allow_services() {
  [ -z "$(trap -p EXIT)" ] || "${as_root[@]}" rm -f /usr/sbin/policy-rc.d
  trap - EXIT
}

# Installs Debian packages; where it may not, it says how and ends with 2.
install_packages() {
  command -v apt-get >/dev/null ||
    fail "These programs are missing and there is no apt-get here: install the like of Debian's packages $*, then run this again." 2
  can_be_root ||
    fail "Packages are missing and only root can install them: run 'sudo apt-get install --no-install-recommends $*', then this again." 2
  say "installing $* ..."
  forbid_services
  apt_get install --yes --no-install-recommends "$@" 2>/dev/null ||
    { apt_get update && apt_get install --yes --no-install-recommends "$@"; } ||
    fail "apt-get could not install $*: see its words above." 2
  allow_services
}

# Takes command=package pairs and installs the packages of those commands that are not there.
install_missing() {
  local pair
  local -a missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || [ -x "/usr/sbin/${pair%%=*}" ] || missing+=("${pair#*=}")
  done
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
}

node_major() { node --version | sed 's/^v\([0-9]*\)\..*/\1/'; }

# Any Node will do: it only carries npm, and npm brings the right Node.
install_npm() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then install_packages nodejs npm; fi
  [ "$(node_major)" -ge 18 ] ||
    fail "Node $(node --version) is too old for npm as we need it: install Node 18 or newer, then run this again." 2
}

# True where node_modules holds exactly what the lock file asks for.
packages_are_installed() {
  [ -x node_modules/.bin/vitest ] && [ -e node_modules/.package-lock.json ] || return 1
  [ package-lock.json -nt node_modules/.package-lock.json ] || return 0
  node scripts/lib/installed-as-locked.mjs
}

install_node_packages() {
  if ! packages_are_installed; then
    say "installing Node packages ..."
    npm ci --no-audit --no-fund --loglevel=error >&2 ||
      fail "npm ci failed: see its words above." 2
    complete_node_packages
  fi
}

# On an older Node npm leaves out the optional packages that want a newer one: the new Node fetches them.
complete_node_packages() {
  link_our_node
  [ "$(node_major)" -lt 24 ] || return 0
  PATH="$PWD/node_modules/.bin:$PATH" npm install --no-save --no-audit --no-fund --loglevel=error >&2 ||
    fail "npm install failed: see its words above." 2
  link_our_node
}

# npm 9 forgets to link the commands of optional packages.
link_our_node() {
  [ -x node_modules/.bin/node ] || npm rebuild --ignore-scripts --loglevel=error >&2 ||
    fail "npm rebuild failed: see its words above." 2
}

use_our_node() {
  PATH="$PWD/node_modules/.bin:$PATH:/usr/sbin"
  export PATH
  [ "$(node_major)" -ge 24 ] ||
    fail "This needs Node 24 or newer, and npm brought none for this kind of machine: install it, then run this again." 2
}

# The RTSP players of scripts/test --players. Not every distribution has live555's.
install_players() {
  local -a packages=()
  command -v gst-launch-1.0 >/dev/null || packages+=(gstreamer1.0-tools gstreamer1.0-plugins-{base,good,bad} gstreamer1.0-libav)
  if ! command -v cvlc >/dev/null; then
    packages+=(vlc-bin vlc-plugin-base)
    # Newer releases of Debian have VLC's RTSP client in there.
    ! is_offered vlc-plugin-access-extra || packages+=(vlc-plugin-access-extra)
  fi
  [ "${#packages[@]}" -eq 0 ] || install_packages "${packages[@]}"
  command -v openRTSP >/dev/null || ! is_offered livemedia-utils || install_packages livemedia-utils
}

is_offered() { [[ $(apt-cache policy "$1" 2>/dev/null) == *Candidate:\ [0-9]* ]]; }

install_everything() {
  install_npm
  install_node_packages
  use_our_node
  install_missing ffmpeg=ffmpeg ffprobe=ffmpeg mosquitto=mosquitto mosquitto_sub=mosquitto-clients
  node scripts/lib/prepare-media.ts >&2
  node scripts/build-page.ts >&2
}
