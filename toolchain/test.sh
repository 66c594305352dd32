#!/bin/sh
# Runs every test: first what needs nothing but Python, then what needs the engine or machines, then the real clusters.
set -eu
cd "$(dirname -- "$0")/.."
unset PYTHONDONTWRITEBYTECODE
pytest=.venv/bin/pytest
failed="" parts="" began=$(date +%s)

# part TITLE COMMAND...: runs it; the parts that fail are named at the end, and the others go on
part() {
  title=$1 result=passed
  shift
  start=$(date +%s)
  printf '==> %s\n' "$title"
  "$@" || { result=FAILED; failed="$failed  $title\n"; }
  ended=$(date +%s)
  printf '    %s: %s s, %s\n' "$title" $((ended - start)) "$result"
  parts="$parts$(printf '  %-36s %5s s  %s' "$title" $((ended - start)) "$result")\n"
}

# beside NAME COMMAND...: starts it in the background, its words go to .crosscloud/NAME.log
beside() {
  log=.crosscloud/$1.log
  shift
  "$@" >"$log" 2>&1 &
}

# ended PROCESS LOG: waits for a process of this shell and shows what it said; as a part it takes the seconds that it is waited for
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
  # Beside the cluster that the other tests share: clusters that are broken on purpose, and a rehearsal of AWS with a
  # bootstrap that fails, which take about as long; all of them mostly wait for something. A fourth beside them, or the
  # engine's tests, would have two processors run into time limits.
  beside faults $pytest -q -m "cluster and not rehearsal" tests/cluster/test_4_faults.py
  faults=$!
  beside rehearsal $pytest -q -m "cluster and not rehearsal" tests/rehearsal tests/cluster/test_4_bootstrap.py
  rehearsal=$!
  part "a cluster" $pytest -q -m "cluster and not rehearsal" tests/cluster --ignore-glob "tests/cluster/test_4_*"
  part "a rehearsal of AWS, a failed bootstrap" ended $rehearsal .crosscloud/rehearsal.log
  part "clusters that are broken on purpose" ended $faults .crosscloud/faults.log
  part "a pipeline of four cells" $pytest -q -m cluster tests/pipeline
  # the registry that the build started serves the clusters of this checkout's stacks, if there are any
  .venv/bin/python -m crosscloud.stacks.idle
else
  failed="$failed  engine, machines and clusters: they need root on Linux (machines are containers of systemd-nspawn)\n"
fi
printf '==> %s s in all\n%b' $(($(date +%s) - began)) "$parts"
[ -z "$failed" ] || { printf 'FAILED:\n%b' "$failed"; exit 1; }
