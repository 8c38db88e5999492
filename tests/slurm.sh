#!/bin/sh
# Runs the README's job array on a real Slurm of one node, and pre-empts it: the jobs must be queued again, continue by
# themselves, and end with the bits of runs that nobody disturbed. Then GNU parallel runs the README's sweep, and
# `primer compare` gathers both. It takes minutes, needs root in a throw-away container with Debian's slurm-wlm, munge and
# parallel, and is not part of the ordinary tests. Usage: tests/slurm.sh [BUILD_FOLDER], from the top of the tree.
set -eu
build=$(cd "${1:-build}" && pwd)
tree=$(pwd)
for tool in slurmctld slurmd munged sbatch parallel; do
  PATH=$PATH:/usr/sbin command -v $tool >/dev/null || { echo "$tool is missing: apt-get install slurm-wlm munge parallel" >&2; exit 77; }
done
PATH=$PATH:/usr/sbin
work=$(mktemp -d)
mkdir -p "$work/state" "$work/spool" "$work/sweep" /run/munge
chown munge: /run/munge
[ -e /etc/munge/munge.key ] || mungekey --create
ln -s "$build" "$work/build"
ln -s "$tree/configs" "$work/configs"
ln -s "$tree/data" "$work/data"

cat >"$work/slurm.conf" <<END
ClusterName=one
SlurmctldHost=$(hostname)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldPort=16817
SlurmdPort=16818
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerParameters=batch_sched_delay=1,sched_interval=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
RequeueExit=130
NodeName=$(hostname) CPUs=2 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES MaxTime=INFINITE PriorityTier=1 GraceTime=30
PartitionName=high Nodes=ALL MaxTime=INFINITE PriorityTier=10 PreemptMode=OFF
END
export SLURM_CONF="$work/slurm.conf"
munged_started=
pgrep -x munged >/dev/null || { runuser -u munge -- munged; munged_started=$(cat /run/munge/munged.pid); }
slurmctld -D >"$work/slurmctld.log" 2>&1 & controller=$!
slurmd -D >"$work/slurmd.log" 2>&1 & node=$!
trap 'kill $controller $node $munged_started 2>/dev/null; wait; echo "logs and runs: $work"' EXIT
wait_for() {  # wait_for SECONDS WHAT COMMAND...
  left=$1; what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || { echo "waited in vain: $what" >&2; squeue; cat "$work"/slurm*.log; exit 1; }
    sleep 1
  done
}
idle() { sinfo -h -o %T | grep -q idle; }
wait_for 30 "the node" idle

# The README's job array, with three jobs that are long enough to be disturbed.
cd "$work"
awk '/^```bash/ {on = 1; next} /^```/ {on = 0} on' "$tree/README.md" | sed -n '/SBATCH/,$p' |
  sed '1i #!/bin/sh' | sed 's/--array=1-20/--array=1-3/; s/--quiet/--quiet --set train.epochs=1500/' >array.sh
cat array.sh
array=$(sbatch --parsable --requeue -n 1 array.sh)
running() { [ "$(squeue -h -t R -j "$array" | wc -l)" -ge 2 ] && [ -e runs/digits/2/history.csv ] && [ "$(wc -l <runs/digits/2/history.csv)" -gt 20 ]; }
wait_for 120 "the first jobs" running
urgent=$(sbatch --parsable -p high -n 2 --wrap 'sleep 3')
done_with() { [ -z "$(squeue -h -j "$1")" ]; }
wait_for 120 "the urgent job" done_with "$urgent"
grep -q resume slurm-"$array"_*.out && echo "a job says how to continue"
wait_for 600 "the array" done_with "$array"
for n in 1 2 3; do
  "$build/primer" train configs/digits.toml --quiet --set train.epochs=1500 --set seed=$n --out undisturbed/$n >out.txt
  for file in model.safetensors history.csv flow.csv checkpoint.safetensors; do
    cmp runs/digits/$n/$file undisturbed/$n/$file
  done
done
"$build/primer" compare runs/digits/* --csv

# The README's sweep with GNU parallel
awk '/^parallel build/' "$tree/README.md" >sweep.sh
sh sweep.sh
"$build/primer" compare runs/sweep/* --csv
restarts=$(grep -c "Requeu\|requeue\|preempt" slurmctld.log || true)
echo "the pre-empted jobs ended with the same bits; slurmctld wrote $restarts lines of pre-emption"
