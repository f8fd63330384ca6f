#!/usr/bin/env bash
# The gateway in a kind cluster, from the sources to a judged run: builds the image, creates the cluster, loads and
# applies, fires an alert through a real Alertmanager, and runs `lockstep live` against the three replicas.
#
#   gateway/deploy/kind/walkthrough.sh [--dry-run] [--keep] [--cluster NAME] [--for TIME]
#
# Each command is printed before it runs. --dry-run prints them all and runs none. The cluster is deleted at the end, also
# after a failure, unless --keep is given. Needs: docker or podman, kind, kubectl, cargo.
set -euo pipefail
script=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$script")/../../.."

cluster=kubernaut-gateway
dry_run=false
keep=false
live_time=60s
# The whole name: podman would put localhost/ in front of a short one, and kubelets docker.io/library/.
image=docker.io/library/kubernaut-gateway:dev
port=18080
files=/tmp/walkthrough
list="kubectl -n kubernaut-system get remediationrequests -o jsonpath={.items[*].status.deduplication.occurrenceCount}"
forwards=()

usage() { sed -n '2,8s/^# \{0,1\}//p' "$script"; }

while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) dry_run=true ;;
        --keep) keep=true ;;
        --cluster) cluster=${2:?--cluster needs a name}; shift ;;
        --for) live_time=${2:?--for needs a time, as in 60s}; shift ;;
        --help | -h) usage; exit 0 ;;
        *) printf 'unknown argument: %s\n\n' "$1" >&2; usage >&2; exit 64 ;;
    esac
    shift
done

# say TEXT: a heading.
say() { printf '\n# %s\n' "$*"; }

# run COMMAND…: prints the command as it could be pasted, and runs it unless this is a dry run.
run() {
    printf '+'
    printf ' %q' "$@"
    printf '\n'
    $dry_run || "$@"
}

# counted N: waits until there is one RemediationRequest and it has counted N signals. Alertmanager repeats a group as a
# whole, so it may have counted more.
counted() {
    local end=$((SECONDS + 60)) found=
    printf '+ %s\n' "$list" "# until that is one number, $1 or more"
    $dry_run && return
    until [[ $found =~ ^[0-9]+$ ]] && [ "$found" -ge "$1" ]; do
        [ $SECONDS -lt $end ] || { printf 'found: %s\n' "${found:-nothing}" >&2; return 1; }
        sleep 1
        found=$($list)
    done
}

# Prints every missing program with the page that says how to install it, and ends if there is one.
prerequisites() {
    local missing=0
    need() {
        command -v "$1" >/dev/null && return
        printf 'missing: %-8s %s\n' "$1" "$2" >&2
        missing=1
    }
    if command -v docker >/dev/null && docker info >/dev/null 2>&1; then
        engine=docker
    elif command -v podman >/dev/null; then
        engine=podman
        export KIND_EXPERIMENTAL_PROVIDER=podman
    else
        engine=docker
        printf 'missing: %-8s %s\n' docker 'a running Docker (docs.docker.com/engine/install), or podman.io' >&2
        missing=1
    fi
    need kind 'kind.sigs.k8s.io/docs/user/quick-start, 0.24 or later: earlier ones enforce no NetworkPolicy'
    need kubectl 'kubernetes.io/docs/tasks/tools'
    need cargo 'rustup.rs: it builds lockstep'
    [ $missing = 0 ] || $dry_run || exit 69
}

kubeconfig() { printf '%s/kubeconfig' "$files"; }

cleanup() {
    local status=$?
    [ ${#forwards[@]} = 0 ] || kill "${forwards[@]}" 2>/dev/null || true
    if ! $keep && ! $dry_run && [ -n "${created:-}" ]; then
        kind delete cluster --name "$cluster" || true
        rm -rf "$files"
    elif $keep && ! $dry_run && [ -n "${created:-}" ]; then
        printf '\nkept: export KUBECONFIG=%q\ndelete it with: kind delete cluster --name %q\n' "$KUBECONFIG" "$cluster"
    fi
    exit $status
}
trap cleanup EXIT

fire() {
    run kubectl -n monitoring exec deployment/alertmanager -- amtool --alertmanager.url=http://localhost:9093 \
        alert add DeploymentReplicasMismatch severity=warning namespace=payments deployment=checkout "instance=$1"
}

# forward POD PORT: leads a local port to a pod's, until the end.
forward() {
    local command=(kubectl -n kubernaut-system port-forward "pod/$1" "$2:8080")
    printf '+'
    printf ' %q' "${command[@]}"
    printf ' &\n'
    $dry_run && return
    "${command[@]}" >/dev/null &
    forwards+=($!)
    until (: >"/dev/tcp/127.0.0.1/$2") 2>/dev/null; do
        kill -0 "${forwards[-1]}" || { printf 'no way to %s\n' "$1" >&2; return 1; }
        sleep 0.2
    done
}

# The token of a sender, in a file.
token() {
    printf '+ kubectl -n monitoring create token alertmanager --duration=1h >%q\n' "$files/token"
    $dry_run || kubectl -n monitoring create token alertmanager --duration=1h >"$files/token"
}

prerequisites
$dry_run || files=$(mktemp -d)
KUBECONFIG=$(kubeconfig)
export KUBECONFIG

say "Build: the image, and lockstep"
commit=$(git rev-parse HEAD 2>/dev/null || true)
run "$engine" build -f gateway/deploy/Containerfile -t "$image" --build-arg "COMMIT=$commit" .
run cargo build --release --locked --bin lockstep

say "A cluster with three workers, and the image on each"
created=1
run kind create cluster --name "$cluster" --config gateway/deploy/kind/cluster.yaml --wait 120s
if [ "$engine" = podman ]; then
    run podman save --format docker-archive -o "$files/gateway.tar" "$image"
    run kind load image-archive "$files/gateway.tar" --name "$cluster"
else
    run kind load docker-image "$image" --name "$cluster"
fi

say "The gateway: definition, permissions, three replicas"
run kubectl apply --server-side -k gateway/deploy/overlays/kind
run kubectl wait --for=condition=Established --timeout=60s crd/remediationrequests.kubernaut.ai
run kubectl -n kubernaut-system rollout status deployment/gateway --timeout=180s

say "An Alertmanager that may send signals, and a Deployment that it alerts about"
run kubectl apply --server-side -k gateway/deploy/kind/senders
run kubectl -n monitoring rollout status deployment/alertmanager --timeout=180s

say "Two alerts about one Deployment: one RemediationRequest, counted twice"
fire one
counted 1
fire two
counted 2
run kubectl -n kubernaut-system get remediationrequests

say "The same replicas under the workload of lockstep, judged by its invariants"
# Each replica gets signals through a port of its own.
gateways=()
for replica in 0 1 2; do
    pod=gateway-$replica
    $dry_run || pod=$(kubectl -n kubernaut-system get pods -l app=gateway -o "jsonpath={.items[$replica].metadata.name}")
    forward "$pod" $((port + replica))
    gateways+=("http://127.0.0.1:$((port + replica))")
done
token
run target/release/lockstep live --kubeconfig "$KUBECONFIG" --gateway "${gateways[@]}" \
    --namespace kubernaut-system --token-file "$files/token" --for "$live_time"
