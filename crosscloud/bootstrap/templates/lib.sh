# Sourced by the bootstrap: how it says what it does, and how it fails.
set -o errexit -o nounset -o pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
# shellcheck source=/dev/null
. /etc/crosscloud/cluster.env
CTR="ctr --namespace k8s.io"
phase="start"

# Lines go to standard output, which cloud-init writes to its log and to the console, which every cloud can show.
say() { echo "crosscloud[${SECONDS}s] $*"; }
begin() { phase="$1"; say "$1"; }
# The waiting side looks for this line, so that a bootstrap that failed is reported at once and not by a time-out.
trap 'status=$?; [ $status = 0 ] || say "BOOTSTRAP FAILED while: $phase (exit status $status)"' EXIT

# retry SECONDS PAUSE COMMAND...: runs the command until it succeeds, or fails when the time is over.
retry() {
  local limit=$((SECONDS + $1)) pause=$2
  shift 2
  until "$@"; do
    [ $SECONDS -lt $limit ] || { say "gave up on: ${*:0:3}"; return 1; }
    sleep "$pause"
  done
}
# kubeadm prints its tokens and keys: what it says goes to the boot log without them.
masked() {
  "$@" 2>&1 | while IFS= read -r line; do
    line=${line//"$BOOTSTRAP_TOKEN"/[bootstrap token]}
    [ -z "${CERTIFICATE_KEY:-}" ] || line=${line//"$CERTIFICATE_KEY"/[certificate key]}
    echo "$line"
  done
}
has_capability() { (($((16#$(awk '/^CapEff/ {print $2}' /proc/self/status))) >> $1 & 1)); }
