//! The simulated Redis against a real redis-server: the same commands get the same answers, and a replica that takes
//! over lacks what had not reached it.
use scenarios::{
    baselines::redis::{Command, KeyStore, Redis},
    live::redis::RealRedis,
};
use sim::engine::HostEntropy;
use std::{
    net::TcpListener,
    process::{Child, Stdio},
    sync::Arc,
    time::Duration,
};

/// A redis-server without persistence on loopback, which ends with the test.
struct Server {
    child: Child,
    redis: RealRedis,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    async fn start(more: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let mut command = std::process::Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"]);
        command.arg("--dir").arg(std::env::temp_dir()).args(["--port", &port.to_string()]).args(more);
        let child = command.stdout(Stdio::null()).spawn().expect("redis-server starts");
        let server = Self { child, redis: RealRedis::at(format!("127.0.0.1:{port}")), port };
        for _ in 0..500 {
            if server.redis.line(&["PING"]).await.is_ok_and(|line| line == "+PONG") {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("redis-server does not answer");
    }

    async fn must(&self, words: &[&str]) -> String {
        self.redis.line(words).await.expect("an answer")
    }
}

fn set(key: u64, millis: u64) -> Command {
    Command::SetIfAbsent { key: format!("key-{key}"), ttl: Duration::from_millis(millis) }
}

/// Commands on a few keys: those with a short TTL have expired after the next pause, those with a long one never.
fn commands(seed: u64) -> Vec<Option<Command>> {
    let mut numbers = fastrand::Rng::with_seed(seed);
    let command = |_| match numbers.u64(0..8) {
        0..4 => Some(set(numbers.u64(0..3), 60_000)),
        4 => Some(set(numbers.u64(0..3), 1_500)),
        5..7 => Some(Command::Delete { key: format!("key-{}", numbers.u64(0..3)) }),
        _ => None,
    };
    (0..40).map(command).collect()
}

/// Time that passes where there is not a command.
const PAUSE: Duration = Duration::from_millis(2_000);

#[tokio::test]
#[cfg_attr(not(redis), ignore = "needs redis")]
async fn simulated_keys_are_as_real_ones() {
    let server = Server::start(&[]).await;
    for seed in 0..2 {
        server.must(&["FLUSHALL"]).await;
        let (commands, mut real) = (commands(seed), Vec::new());
        for command in &commands {
            match command {
                Some(command) => real.push(server.redis.call(command.clone()).await),
                None => tokio::time::sleep(PAUSE).await,
            }
        }
        assert_eq!(simulated(commands), real, "seed {seed}");
    }
}

/// The same commands in simulated time.
fn simulated(commands: Vec<Option<Command>>) -> Vec<Result<bool, scenarios::baselines::redis::NoPrimary>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let played = std::thread::scope(|scope| {
        let play = scope.spawn(|| {
            runtime.expect("a runtime").block_on(async move {
                let redis = Redis::new(false).connect(tokio::time::Instant::now(), Arc::new(HostEntropy::new(7)));
                let mut answers = Vec::new();
                for command in commands {
                    match command {
                        Some(command) => answers.push(redis.call(command).await),
                        None => tokio::time::sleep(PAUSE).await,
                    }
                }
                answers
            })
        });
        play.join()
    });
    played.expect("no panic")
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "needs redis")]
async fn replica_that_takes_over_lacks_the_latest_lock() {
    let primary = Server::start(&[]).await;
    let replica = Server::start(&["--replicaof", &format!("127.0.0.1 {}", primary.port)]).await;
    assert_eq!(primary.redis.call(set(1, 60_000)).await, Ok(true));
    let reached = async || {
        for _ in 0..500 {
            if replica.must(&["EXISTS", "key-1"]).await == ":1" {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    };
    assert!(reached().await, "replication works");
    // The replica reads nothing more from its primary, as behind a slow link.
    replica.must(&["REPLICAOF", "127.0.0.1", "1"]).await;
    assert_eq!(primary.redis.call(set(2, 60_000)).await, Ok(true), "acknowledged by the primary");
    drop(primary);
    assert_eq!(replica.must(&["REPLICAOF", "NO", "ONE"]).await, "+OK");
    assert_eq!(replica.redis.call(set(1, 60_000)).await, Ok(false), "what was replicated is held");
    assert_eq!(replica.redis.call(set(2, 60_000)).await, Ok(true), "a second holder of an acknowledged lock");
}
