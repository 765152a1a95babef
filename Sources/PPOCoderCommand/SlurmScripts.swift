import Foundation

/// The batch scripts of a run under Slurm.
///
/// `cluster/slurm` holds them as `ppocoder launch slurm --dry-run` prints them; a test compares the two.
struct SlurmScripts: Equatable {
    var jobName = "ppocoder"
    /// Rollout workers of the first job.
    var rolloutWorkers = 2
    /// Cores of learner, of one worker and of one executor.
    var learnerCores = 8
    var workerCores = 2
    var executorCores = 8
    /// Executors of the array job.
    var executors = 2
    /// Options for every component, such as a partition or an account.
    var options: [String] = []

    private func header(_ lines: [String]) -> String {
        (lines + options.map { "\($0)" }).map { "#SBATCH \($0)\n" }.joined()
    }

    /// Learner and rollout workers: one heterogeneous job, which goes on where it was when it is started again.
    var train: String {
        let component = ["--nodes=1", "--ntasks=1", "--cpus-per-task=\(learnerCores)"]
        let common = [
            "--job-name=\(jobName)", "--requeue", "--open-mode=append", "--output=%x-%j.log", "--signal=B:USR1@60",
        ]
        let workers = ["--ntasks=\(rolloutWorkers)", "--cpus-per-task=\(workerCores)"]
        return "#!/bin/bash\n" + header(common + component) + "#SBATCH hetjob\n" + header(workers) + Self.trainBody
    }

    /// Executors: an array job of its own, so that it can grow and shrink while the run goes on.
    var execute: String {
        let lines = [
            "--job-name=\(jobName)-executors", "--requeue", "--open-mode=append", "--output=%x-%A-%a.log",
            "--array=1-\(executors)", "--nodes=1", "--ntasks=1", "--cpus-per-task=\(executorCores)",
            "--signal=B:TERM@30",
        ]
        return "#!/bin/bash\n" + header(lines) + Self.executeBody
    }

    private static let trainBody = #"""
        # PPOCODER_HOME: folder of the programs. PPOCODER_RUN: folder that all nodes share, with run.yaml and keys in it.
        # PPOCODER_INTERFACE: network interface to listen on; without it the address that the node's name stands for.
        # PPOCODER_PORT: first of five ports. PPOCODER_RELAY_FANOUT: no node sends weights to more than so many others; without it
        # the learner sends them to every worker.
        set -euo pipefail
        # Whoever submitted this is not the parent of what it starts.
        unset PPOCODER_PARENT
        : "${PPOCODER_HOME:?folder of the programs}" "${PPOCODER_RUN:?folder that all nodes share}"
        port=${PPOCODER_PORT:-6000}
        own_address() {
            if [[ -n ${PPOCODER_INTERFACE:-} ]]; then
                ip -4 -o addr show dev "$PPOCODER_INTERFACE" | awk '{split($4, a, "/"); print a[1]; exit}'
            else
                getent ahostsv4 "$(hostname)" | awk '{print $1; exit}'
            fi
        }
        export -f own_address
        address=$(own_address)
        [[ -n $address ]] || { echo "no address to listen on: set PPOCODER_INTERFACE" >&2; exit 2; }

        # Executors of other jobs find the learner here, also after it has moved to another node.
        printf '%s %s\n' "$address" "$port" >"$PPOCODER_RUN/address.new"
        mv "$PPOCODER_RUN/address.new" "$PPOCODER_RUN/address"

        requeue=
        # A minute before the time limit: stop, and go on in the next job. At scancel: stop.
        trap 'requeue=1; kill -TERM $(jobs -p) 2>/dev/null' USR1
        trap 'kill -TERM $(jobs -p) 2>/dev/null' TERM

        # A relay of weights on every node of rollout workers. The learner sends to the first ones, they to the next; each says in the
        # shared folder where it is.
        rm -rf "$PPOCODER_RUN/relays"
        fanout=${PPOCODER_RELAY_FANOUT:-0}
        if ((fanout > 0)); then
            mkdir -p "$PPOCODER_RUN/relays"
            nodes=${SLURM_JOB_NUM_NODES_HET_GROUP_1:-1}
            srun --het-group=1 --overlap --nodes="$nodes" --ntasks="$nodes" --ntasks-per-node=1 --cpus-per-task=1 \
                --kill-on-bad-exit=0 bash -c '
                relays=$PPOCODER_RUN/relays
                own=$(own_address)
                [[ -n $own ]] || { echo "no address for a relay to listen on: set PPOCODER_INTERFACE" >&2; exit 2; }
                echo "$own" >"$relays/$SLURM_NODEID.new"
                mv "$relays/$SLURM_NODEID.new" "$relays/$SLURM_NODEID"
                from=()
                if ((SLURM_NODEID >= $2)); then
                    sender=$relays/$((SLURM_NODEID / $2 - 1))
                    until [[ -e $sender ]]; do sleep 1; done
                    from=(--weights-from "tcp://$(<"$sender"):$(($1 + 5))")
                fi
                until "$PPOCODER_HOME/ppocoder-rollout" relay --connect "tcp://$0:$(($1 + 1))" "${from[@]}" \
                    --listen "tcp://$own:$(($1 + 5))" --listen "ipc:///tmp/ppocoder-relay-$SLURM_JOB_ID-$SLURMD_NODENAME" \
                    --keys "$PPOCODER_RUN/keys/relay" --name "relay-$SLURM_NODEID@$(hostname)"; do
                    [[ $? == 2 ]] && exit 2
                    sleep 5
                done' "$address" "$port" "$fanout" &
        fi

        # A worker gives up when it finds no learner for two minutes, and the warm start may take longer.
        srun --het-group=1 --kill-on-bad-exit=0 bash -c '
            from=()
            (($2 > 0)) && from=(--weights-from "ipc:///tmp/ppocoder-relay-$SLURM_JOB_ID-$SLURMD_NODENAME")
            until "$PPOCODER_HOME/ppocoder-rollout" --connect "tcp://$0:$1" --keys "$PPOCODER_RUN/keys/rollout" \
                --name "rollout-$SLURM_PROCID@$(hostname)" "${from[@]}"; do
                [[ $? == 2 ]] && exit 2
                sleep 5
            done' "$address" "$port" "$fanout" &

        run=$PPOCODER_RUN/runs/$(sed -n '/^run:/,/^[^ ]/s/^  name: *//p' "$PPOCODER_RUN/run.yaml" | tr -d "\"'")
        settings=(--config "$PPOCODER_RUN/run.yaml")
        [[ -e $run/config.yaml ]] && settings=(--resume "$run")
        srun --het-group=0 "$PPOCODER_HOME/ppocoder" train --attached "${settings[@]}" \
            --set "run.output_path=$PPOCODER_RUN/runs" --set "cluster.endpoint=tcp://$address:$port" \
            --set "cluster.keys=$PPOCODER_RUN/keys" --set cluster.rollout_workers=0 --set cluster.executors=0 &
        learner=$!

        # A signal ends the first wait early.
        status=0
        while kill -0 "$learner" 2>/dev/null; do wait "$learner" && status=0 || status=$?; done
        kill -TERM $(jobs -p) 2>/dev/null || true
        [[ -z $requeue ]] || scontrol requeue "$SLURM_JOB_ID"
        exit "$status"

        """#

    private static let executeBody = #"""
        # More executors: submit this again. Fewer: scancel some of the array's tasks; they hand back what they have not begun.
        set -euo pipefail
        # Whoever submitted this is not the parent of what it starts.
        unset PPOCODER_PARENT
        : "${PPOCODER_HOME:?folder of the programs}" "${PPOCODER_RUN:?folder that all nodes share}"
        stop=
        trap 'stop=1; kill -TERM $(jobs -p) 2>/dev/null' TERM
        while [[ -z $stop ]]; do
            [[ -e $PPOCODER_RUN/address ]] || { sleep 2; continue; }
            read -r address port <"$PPOCODER_RUN/address"
            "$PPOCODER_HOME/ppocoder-sandbox" execute --connect "tcp://$address:$((port + 4))" \
                --keys "$PPOCODER_RUN/keys/executor" --slots "${SLURM_CPUS_PER_TASK:-0}" \
                --name "executor-${SLURM_ARRAY_JOB_ID:-$$}-${SLURM_ARRAY_TASK_ID:-0}@$(hostname)" &
            executor=$!
            # Until it ends, or the learner has moved to another node.
            while kill -0 "$executor" 2>/dev/null && [[ "$(cat "$PPOCODER_RUN/address")" == "$address $port" ]]; do
                sleep 2 &
                wait $! || true
            done
            kill -TERM "$executor" 2>/dev/null || true
            wait "$executor" && status=0 || status=$?
            # Keys or flags that are wrong do not become right by trying again.
            [[ $status == 2 ]] && exit 2
            [[ -n $stop ]] || sleep 2
        done

        """#
}
