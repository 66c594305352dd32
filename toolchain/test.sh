#!/bin/sh
# Runs every test: first what needs nothing but Python, then what needs the engine or machines, then the real clusters.
set -eu
cd "$(dirname -- "$0")/.."
unset PYTHONDONTWRITEBYTECODE
pytest=.venv/bin/pytest
failed=""

part() {
  title=$1
  shift
  start=$(date +%s)
  printf '==> %s\n' "$title"
  "$@" || failed="$failed  $title\n"
  printf '    %s: %s s\n' "$title" $(($(date +%s) - start))
}

# beside NAME COMMAND...: starts it in the background, its words go to .crosscloud/NAME.log
beside() {
  log=.crosscloud/$1.log
  shift
  "$@" >"$log" 2>&1 &
}

# ended PROCESS LOG: waits for a process of this shell and shows what it said
ended() {
  status=0
  wait "$1" || status=$?
  cat "$2"
  return $status
}

toolchain/setup.sh --tests
part "unit tests" $pytest -q -n 2 --dist loadfile -m "not engine and not machines and not cluster and not rehearsal"
if [ "$(id -u)" = 0 ] && [ "$(uname)" = Linux ]; then
  # the images of the release: what the clusters, and some of the engine's tests, run
  part "images of the release" .venv/bin/crosscloud artifacts build
  part "engine and machines" $pytest -q -n 3 --dist loadfile -m "(engine or machines) and not cluster and not rehearsal"
  # Beside the cluster that the other tests share: clusters that are broken on purpose, and a rehearsal of AWS; all of them
  # mostly wait for something. A fourth beside them, or the engine's tests, would have two processors run into time limits.
  beside faults $pytest -q -m "cluster and not rehearsal" tests/cluster/test_4_faults.py
  faults=$!
  beside rehearsal $pytest -q -m "cluster and not rehearsal" tests/rehearsal
  rehearsal=$!
  part "a cluster" $pytest -q -m "cluster and not rehearsal" tests/cluster --ignore tests/cluster/test_4_faults.py
  part "clusters that are broken on purpose" ended $faults .crosscloud/faults.log
  part "a rehearsal of AWS" ended $rehearsal .crosscloud/rehearsal.log
  part "a pipeline of four cells" $pytest -q -m cluster tests/pipeline
  # the registry that the build started serves the clusters of this checkout's stacks, if there are any
  .venv/bin/python -m crosscloud.stacks.idle
else
  failed="$failed  engine, machines and clusters: they need root on Linux (machines are containers of systemd-nspawn)\n"
fi
[ -z "$failed" ] || { printf 'FAILED:\n%b' "$failed"; exit 1; }
