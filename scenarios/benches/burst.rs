//! Speed of the canonical run: 15 signals of one fingerprint over 3 replicas, all invariants, direct transport, one
//! thread.
//!
//! `cargo bench -p scenarios` prints runs and API calls per second with the shipped protocol and with the existing
//! gateway's lock. The latter makes many more calls, so that batching alone cannot explain the figure. The last
//! benchmark shows the cost of an idle tail.
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scenarios::{
    catalogue::bursts::BURST,
    protocol_name::ProtocolName,
    runner::{Overrides, Prepared, Subject, Transport},
};
use sim::engine::{Choices, Detail, Random};
use std::time::Duration;

/// The allocator of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RUNS: u64 = 50;

fn prepared(protocol: &str, tail: Duration) -> Prepared {
    let protocol: ProtocolName = protocol.parse().expect("a protocol");
    let mut scenario = BURST.clone();
    scenario.cluster.tail = tail;
    Prepared::new(Subject::new(scenario, protocol, Transport::Direct, Overrides::default()), Detail::Chain)
}

fn calls(prepared: &Prepared) -> u64 {
    (0..RUNS).map(|seed| prepared.run(Choices::new(Random::new(seed)), false).expect("a run").outcome.api_calls).sum()
}

fn burst(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("burst");
    group.sample_size(20);
    for protocol in ["fenced-lease", "shipped-lease"] {
        let subject = prepared(protocol, Duration::from_secs(1));
        group.throughput(Throughput::Elements(RUNS));
        group.bench_function(format!("{protocol}/runs"), |bencher| bencher.iter(|| calls(&subject)));
        group.throughput(Throughput::Elements(calls(&subject)));
        group.bench_function(format!("{protocol}/api-calls"), |bencher| bencher.iter(|| calls(&subject)));
    }
    let subject = prepared("fenced-lease", Duration::from_secs(36));
    group.throughput(Throughput::Elements(RUNS));
    group.bench_function("fenced-lease/runs-with-35s-idle-tail", |bencher| bencher.iter(|| calls(&subject)));
    group.finish();
}

criterion_group!(benches, burst);
criterion_main!(benches);
