//! The coalescer's promises in every interleaving, and the check that the search finds flaws.
use coalescer_loom::{
    flawed::{CHECKS_EARLIER, Flawed, INSERTS_LATER, KEEPS_KEY, REMOVES_LATER, SHARES_NOTHING},
    model::{Item, Model, Queue, Worker, check},
    queue::{Coalescer, Limits},
    search::{Scope, explore},
};
use std::panic::{AssertUnwindSafe, catch_unwind};

type Shipped = Coalescer<Item>;

const ROOMY: Limits = Limits { per_key: 8, total: 8 };
/// Room for two items: one key may have one waiting, and then another key one.
const TIGHT: Limits = Limits { per_key: 2, total: 2 };
const UNBOUNDED: Scope = Scope { preemptions: None, budget: 2_000_000 };
const BOUNDED: Scope = Scope { preemptions: Some(3), budget: 2_000_000 };

const TWO_BY_TWO: Model =
    Model { limits: ROOMY, workers: &[Worker::serving("a", 2), Worker::serving("a", 2)], watched: false };
const THREE: Model = Model {
    limits: ROOMY,
    workers: &[Worker::serving("a", 2), Worker::serving("a", 1), Worker::serving("a", 1)],
    watched: false,
};
const LEAVING: Model = Model {
    limits: ROOMY,
    workers: &[
        Worker { leaves_after: Some(1), ..Worker::serving("a", 2) },
        Worker { leaves_after: Some(0), ..Worker::serving("a", 2) },
    ],
    watched: false,
};
const HOT_AND_COLD: Model = Model {
    limits: TIGHT,
    workers: &[
        Worker { must_fit: false, ..Worker::serving("a", 2) },
        Worker { must_fit: false, ..Worker::serving("a", 1) },
        Worker::serving("b", 1),
    ],
    watched: false,
};
const CROWD: Model = Model {
    limits: TIGHT,
    workers: &[
        Worker { must_fit: false, ..Worker::serving("a", 1) },
        Worker { must_fit: false, ..Worker::serving("a", 1) },
        Worker { must_fit: false, ..Worker::serving("b", 1) },
    ],
    watched: true,
};
const RUSH: Model = Model {
    limits: Limits { per_key: 1, total: 1 },
    workers: &[
        Worker { must_fit: false, ..Worker::serving("a", 1) },
        Worker { must_fit: false, ..Worker::serving("b", 1) },
    ],
    watched: true,
};

fn search<Q: Queue>(name: &str, scope: Scope, what: Model) -> usize {
    explore(name, scope, move || check::<Q>(what))
}

/// The message with which the search of a flawed queue fails.
fn found<Q: Queue>(scope: Scope, what: Model) -> String {
    let ended = catch_unwind(AssertUnwindSafe(|| search::<Q>("a flawed queue", scope, what)));
    let panic = ended.expect_err("the search must find the flaw");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

#[test]
fn two_threads_lose_no_item() {
    let executions = search::<Shipped>("2 threads, 2 items each, 1 key", UNBOUNDED, TWO_BY_TWO);
    assert!(executions > 1_000, "only {executions} interleavings");
}

#[test]
fn three_threads_lose_no_item() {
    let executions = search::<Shipped>("3 threads, 4 items, 1 key", BOUNDED, THREE);
    assert!(executions > 1_000, "only {executions} interleavings");
}

#[test]
fn leaving_writer_frees_its_waiters() {
    search::<Shipped>("2 threads whose writers leave", UNBOUNDED, LEAVING);
}

#[test]
fn hot_key_leaves_room_for_another() {
    search::<Shipped>("2 hot threads beside a cold one", BOUNDED, HOT_AND_COLD);
}

#[test]
fn waiting_items_stay_within_limits() {
    search::<Shipped>("2 threads, 2 keys, room for one item", UNBOUNDED, RUSH);
    search::<Shipped>("3 threads, 2 keys, room for two items", BOUNDED, CROWD);
}

#[test]
fn item_left_behind_is_found() {
    let sentence = found::<Flawed<REMOVES_LATER>>(UNBOUNDED, TWO_BY_TWO);
    assert!(sentence.contains("ended as"), "{sentence}");
}

#[test]
fn second_leader_of_key_is_found() {
    found::<Flawed<INSERTS_LATER>>(UNBOUNDED, TWO_BY_TWO);
}

#[test]
fn one_item_too_many_is_found() {
    let sentence = found::<Flawed<CHECKS_EARLIER>>(UNBOUNDED, RUSH);
    assert!(sentence.contains("items wait"), "{sentence}");
}

#[test]
fn key_without_a_leader_is_found() {
    let sentence = found::<Flawed<KEEPS_KEY>>(UNBOUNDED, LEAVING);
    assert!(sentence.contains("left behind"), "{sentence}");
}

#[test]
fn starved_key_is_found() {
    let sentence = found::<Flawed<SHARES_NOTHING>>(BOUNDED, HOT_AND_COLD);
    assert!(sentence.contains("was refused"), "{sentence}");
}

#[test]
fn unfinished_search_fails() {
    let sentence = found::<Shipped>(Scope { budget: 10, ..UNBOUNDED }, TWO_BY_TWO);
    assert!(sentence.contains("not explored to the end"), "{sentence}");
}
