//! The ready-made invariants: each fails for a controller with the mistake that it is about, and holds for the same
//! controller without it.
use futures::{FutureExt, StreamExt, future::join};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::{Value, json};
use sim::{Builder, Delivered, Environment, Exploration, FaultKind, Faults, Pattern, Simulation, View};
use std::{future::Future, time::Duration};

const SEEDS: u64 = 30;
const MERGE: fn(Value) -> Patch<Value> = Patch::Merge;

fn maps(client: &Client) -> Api<ConfigMap> {
    Api::default_namespaced(client.clone())
}

fn secrets(client: &Client) -> Api<Secret> {
    Api::default_namespaced(client.clone())
}

fn object<K: serde::de::DeserializeOwned>(metadata: Value) -> K {
    serde_json::from_value(json!({"metadata": metadata})).expect("metadata")
}

/// A program that reconciles again and again, whatever goes wrong; a map named `owner` exists after two seconds.
fn controller<F>(reconcile: impl Fn(Environment, Client) -> F + Send + Sync + Copy + 'static) -> Builder
where
    F: Future<Output = kube::Result<()>> + Send + 'static,
{
    let program = move |replica: Environment| async move {
        let client = replica.client("default");
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            // What fails is tried again.
            let _ = tokio::time::timeout(Duration::from_secs(5), reconcile(replica.clone(), client.clone())).await;
        }
    };
    let workload = |cluster: sim::Cluster| async move {
        let maps = maps(&cluster.client("default"));
        cluster.sleep(Duration::from_secs(2)).await;
        maps.create(&PostParams::default(), &object(json!({"name": "owner"}))).await.expect("a new map");
        cluster.sleep(Duration::from_secs(20)).await;
    };
    Simulation::builder().tail(Duration::from_secs(30)).program(program).workload(workload)
}

fn explore(builder: Builder) -> Exploration {
    builder.build().expect("a whole simulation").explore(0..SEEDS).expect("runs that begin")
}

fn sentence(builder: Builder, check: &str) -> String {
    let failure = explore(builder).failure.expect("a violation");
    assert_eq!((failure.check.as_str(), &failure.unrepeatable), (check, &None), "{failure}");
    failure.sentence
}

fn holds(builder: Builder) -> Delivered {
    let explored = explore(builder);
    assert!(explored.failure.is_none(), "{}", explored.failure.expect("a failure"));
    explored.delivered
}

async fn annotate(client: Client, value: String) -> kube::Result<()> {
    let patch = MERGE(json!({"metadata": {"annotations": {"seen": value}}}));
    maps(&client).patch("owner", &PatchParams::default(), &patch).await.map(drop)
}

#[test]
fn writes_without_end_do_not_converge() {
    let beats = controller(|replica, client| annotate(client, replica.clock.monotonic().as_millis().to_string()));
    let said = sentence(beats.converges(Duration::from_secs(10)), "converges");
    assert!(said.contains("s before the end"), "{said}");
    holds(controller(|_, client| annotate(client, "yes".to_owned())).converges(Duration::from_secs(10)));
}

#[test]
fn second_reconciliation_must_not_write() {
    holds(controller(|_, client| annotate(client, "yes".to_owned())).idempotent());
    let once = |replica: Environment| async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let process = replica.entropy.next_u64().to_string();
        while annotate(replica.client("default"), process.clone()).await.is_err() {}
        std::future::pending().await
    };
    let said = sentence(controller(|_, _| async { Ok(()) }).program(once).idempotent(), "idempotent");
    assert_eq!(said, "replica-0 changed ConfigMap default/owner when it reconciled a quiet cluster again");
}

/// Creates a child of the map named `owner`, with or without a reference to it.
async fn adopt(client: Client, owned: bool) -> kube::Result<()> {
    let owner = maps(&client).get("owner").await?;
    let reference = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.uid()}]);
    let references = if owned { reference } else { json!([]) };
    let child: Secret = object(json!({"name": "child", "ownerReferences": references}));
    secrets(&client).create(&PostParams::default(), &child).await.map(drop)
}

#[test]
fn child_without_owner_is_an_orphan() {
    let said = sentence(controller(|_, client| adopt(client, false)).no_orphans::<Secret>(), "no orphaned secrets");
    assert_eq!(said, "Secret default/child has no owner: nothing will ever delete it");
    holds(controller(|_, client| adopt(client, true)).no_orphans::<Secret>());
}

#[test]
fn child_of_gone_owner_is_an_orphan() {
    let deleting = || {
        controller(|_, client| adopt(client, true)).no_orphans::<Secret>().workload(|cluster| async move {
            let maps = maps(&cluster.client("default"));
            maps.create(&PostParams::default(), &object(json!({"name": "owner"}))).await.expect("a new map");
            cluster.sleep(Duration::from_secs(5)).await;
            maps.delete("owner", &DeleteParams::default()).await.expect("it exists");
        })
    };
    let said = sentence(deleting(), "no orphaned secrets");
    assert_eq!(said, "Secret default/child remains although its owner \"owner\" is gone");
    holds(deleting().with_controllers());
}

#[test]
fn foreign_objects_must_not_be_deleted() {
    let sweeping = |owned_only: bool| {
        let foreign = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}});
        let sweep = move |_: Environment, client: Client| async move {
            adopt(client.clone(), true).await.or(Ok::<_, kube::Error>(()))?;
            let mine = |secret: &Secret| secret.owner_references().iter().any(|owner| owner.kind == "ConfigMap");
            for secret in secrets(&client).list(&Default::default()).await? {
                if !owned_only || mine(&secret) {
                    secrets(&client).delete(&secret.name_any(), &DeleteParams::default()).await?;
                }
            }
            Ok(())
        };
        controller(sweep).object(&foreign).deletes_only_its_own::<ConfigMap>()
    };
    let said = sentence(sweeping(false), "deletes only its own");
    assert_eq!(said, "replica-0 deletes Secret default/s, which it neither created nor owns");
    holds(sweeping(true));
}

/// Two maps appear at once. The controller notes the first that it sees, or the first by name.
fn noting(by_name: bool) -> Builder {
    let program = move |replica: Environment| async move {
        let client = replica.client("default");
        let note = |name: String| {
            let metadata = json!({"name": "note", "annotations": {"first": name}});
            let note = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata});
            let apply = PatchParams::apply("noting").force();
            let secrets = secrets(&client);
            async move { secrets.patch("note", &apply, &Patch::Apply(note)).await.map(drop) }
        };
        let events = watcher(maps(&client), watcher::Config::default()).default_backoff().applied_objects();
        let mut events = std::pin::pin!(events);
        let mut first = None::<String>;
        while let Some(seen) = events.next().await {
            let Ok(seen) = seen else { continue };
            let better = first.as_ref().is_none_or(|first| by_name && seen.name_any() < *first);
            if better {
                first = Some(seen.name_any());
                while note(seen.name_any()).await.is_err() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    };
    let noted = |view: &View| view.objects::<Secret>()?.first().map(drop).ok_or("nothing is noted".to_owned());
    let builder = controller(|_, _| async { Ok(()) }).program(program).level_triggered().finally("noted", noted);
    builder.workload(|cluster| async move {
        let create = |name: &'static str| {
            let maps = maps(&cluster.client("default"));
            async move { maps.create(&PostParams::default(), &object(json!({"name": name}))).await.map(drop) }
        };
        cluster.sleep(Duration::from_secs(1)).await;
        let (a, b) = join(create("a").boxed(), create("b").boxed()).await;
        a.and(b).expect("two new maps");
        cluster.sleep(Duration::from_secs(5)).await;
    })
}

#[test]
fn order_must_not_decide_the_end() {
    let said = sentence(noting(false), "level-triggered: the same end state from any order");
    assert!(said.starts_with("Secret default/note has metadata.annotations.first = "), "{said}");
    holds(noting(true));
}

/// Creates two secrets: each that is missing, or both if the first is missing.
async fn two(client: Client, each: bool) -> kube::Result<()> {
    let secrets = secrets(&client);
    let first_exists = secrets.get_opt("first").await?.is_some();
    for name in ["first", "second"] {
        let missing = if each { secrets.get_opt(name).await?.is_none() } else { !first_exists };
        if missing {
            secrets.create(&PostParams::default(), &object(json!({"name": name}))).await?;
        }
    }
    Ok(())
}

#[test]
fn crash_between_two_writes_is_found() {
    let said = sentence(
        controller(|_, client| two(client, false)).survives_crashes(),
        "survives a crash between any two writes",
    );
    assert_eq!(said, "Secret default/second is missing; the run in order ends with it");
    let delivered = holds(controller(|_, client| two(client, true)).survives_crashes());
    assert_eq!(delivered.of(FaultKind::Crash), SEEDS, "each run has its crash");
}

#[test]
fn patterns_deliver_what_they_promise() {
    for (pattern, kinds) in [
        (Pattern::StaleState, &[FaultKind::Crash, FaultKind::ServerRestart, FaultKind::WatchDrop][..]),
        (Pattern::IntermediateState, &[FaultKind::Crash]),
        (Pattern::MissedEvents, &[FaultKind::WatchDrop, FaultKind::Compaction, FaultKind::Pause]),
    ] {
        let delivered = holds(noting(true).pattern(pattern));
        for kind in kinds {
            assert!(delivered.of(*kind) > 0, "{}: {delivered}", pattern.name());
        }
    }
    let quiet = holds(noting(true).faults(Faults::NONE));
    assert_eq!(quiet.of(FaultKind::Crash), 0);
}
