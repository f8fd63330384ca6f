//! The coalescer's promises: bounds, order, hand-over of the lead, no item lost, nothing left behind by a panic.
use coalescer::{Coalescer, Full, Joined, Leadership, Limits};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
};

const ROOMY: Limits = Limits { per_key: 1_000, total: 10_000 };

fn lead<T>(coalescer: &Arc<Coalescer<T>>, key: &str, item: T) -> Leadership<T> {
    match Coalescer::join(coalescer, key, item) {
        Ok(Joined::Lead(leadership)) => leadership,
        Ok(Joined::Queued) => panic!("{key} has a leader already"),
        Err(Full(_)) => panic!("full"),
    }
}

fn queued<T>(coalescer: &Arc<Coalescer<T>>, key: &str, item: T) -> bool {
    matches!(Coalescer::join(coalescer, key, item), Ok(Joined::Queued))
}

#[test]
fn first_leads_and_others_queue() {
    let table = Arc::new(Coalescer::new(ROOMY));
    let mut leader = lead(&table, "a", 1);
    assert!(queued(&table, "a", 2));
    assert!(queued(&table, "a", 3));
    let mut other = lead(&table, "b", 9);
    assert_eq!(leader.take(100), Some(vec![1, 2, 3]));
    assert_eq!(other.take(100), Some(vec![9]));
}

#[test]
fn batches_keep_order_and_size() {
    let table = Arc::new(Coalescer::new(ROOMY));
    let mut leader = lead(&table, "a", 0);
    for item in 1..5 {
        assert!(queued(&table, "a", item));
    }
    assert_eq!(leader.take(2), Some(vec![0, 1]));
    assert_eq!(leader.take(0), Some(vec![2]), "a leader that asks for nothing must still make progress");
    assert_eq!(leader.take(2), Some(vec![3, 4]));
    assert_eq!(leader.take(2), None);
}

#[test]
fn lead_passes_on_once_empty() {
    let table = Arc::new(Coalescer::new(ROOMY));
    let mut first = lead(&table, "a", 1);
    assert_eq!(first.take(10), Some(vec![1]));
    assert!(queued(&table, "a", 2), "the leader has not ended: it may still take");
    assert_eq!(first.take(10), Some(vec![2]));
    assert_eq!(first.take(10), None);
    let mut second = lead(&table, "a", 3);
    assert_eq!(first.take(10), None, "a former leader never takes from its successor");
    drop(first);
    assert_eq!(second.take(10), Some(vec![3]), "dropping the former leader does not drop the successor's items");
}

#[test]
fn busy_keys_leave_room_for_others() {
    let table = Arc::new(Coalescer::new(Limits { per_key: 1_000, total: 100 }));
    let fill = |key: &str| {
        let lead = lead(&table, key, 0);
        let waiting = 1 + (1..100).filter(|item| queued(&table, key, *item)).count();
        (lead, waiting)
    };
    let (_first, hot) = fill("hot");
    let (_second, hotter) = fill("hotter");
    assert_eq!((hot, hotter), (50, 25), "each key may hold as many as it leaves free");
    let _rest: Vec<_> = (0..25).map(|cold| lead(&table, &format!("cold-{cold}"), 0)).collect();
    assert!(matches!(Coalescer::join(&table, "cold", 0), Err(Full(0))), "the room is full now");
}

#[test]
fn limit_per_key_returns_the_item() {
    let table = Arc::new(Coalescer::new(Limits { per_key: 2, total: 10 }));
    let mut leader = lead(&table, "a", 1);
    assert!(queued(&table, "a", 2));
    assert!(matches!(Coalescer::join(&table, "a", 3), Err(Full(3))));
    let _other = lead(&table, "b", 4);
    assert_eq!(leader.take(1), Some(vec![1]));
    assert!(queued(&table, "a", 5), "taking makes room");
}

#[test]
fn limit_in_total_refuses_new_keys() {
    let table = Arc::new(Coalescer::new(Limits { per_key: 2, total: 2 }));
    let mut a = lead(&table, "a", 1);
    let _b = lead(&table, "b", 2);
    assert!(matches!(Coalescer::join(&table, "c", 3), Err(Full(3))));
    assert_eq!((table.waiting(), table.led()), (2, 2), "a refused item must not leave a key without a leader");
    assert_eq!(a.take(1), Some(vec![1]));
    let _c = lead(&table, "c", 3);
}

#[test]
fn panicking_leader_frees_its_key() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let table = Arc::new(Coalescer::new(ROOMY));
    let mut leader = lead(&table, "a", Counted(dropped.clone()));
    for _ in 0..3 {
        assert!(queued(&table, "a", Counted(dropped.clone())));
    }
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        let _batch = leader.take(1);
        panic!("the writer broke");
    }));
    assert!(panicked.is_err());
    assert_eq!(
        dropped.load(Ordering::SeqCst),
        4,
        "taken and waiting items are dropped, which ends their senders' wait"
    );
    assert_eq!((table.waiting(), table.led()), (0, 0));
    let _successor = lead(&table, "a", Counted(dropped.clone()));
}

#[test]
fn item_may_rejoin_while_dropped() {
    struct Rejoins(Option<Arc<Coalescer<Rejoins>>>);
    impl Drop for Rejoins {
        fn drop(&mut self) {
            if let Some(table) = self.0.take() {
                drop(Coalescer::join(&table, "a", Rejoins(None)));
            }
        }
    }
    let table = Arc::new(Coalescer::new(ROOMY));
    let leader = lead(&table, "a", Rejoins(Some(table.clone())));
    drop(leader);
    assert_eq!((table.waiting(), table.led()), (0, 0), "a destructor that joins again finds the lock free");
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "real threads race here on purpose; the result does not depend on their order"
)]
fn no_item_is_lost_between_threads() {
    const THREADS: usize = 8;
    const ITEMS: usize = 2_000;
    let table = Arc::new(Coalescer::new(Limits { per_key: usize::MAX, total: usize::MAX }));
    let (taken, working) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let start = Arc::new(Barrier::new(THREADS));
    let join = |_| {
        let (table, taken, working, start) = (table.clone(), taken.clone(), working.clone(), start.clone());
        std::thread::spawn(move || {
            start.wait();
            for item in 0..ITEMS {
                let Ok(Joined::Lead(mut leader)) = Coalescer::join(&table, "a", item) else { continue };
                while let Some(batch) = leader.take(7) {
                    assert_eq!(working.fetch_add(1, Ordering::SeqCst), 0, "two leaders of one key");
                    taken.fetch_add(batch.len(), Ordering::SeqCst);
                    working.fetch_sub(1, Ordering::SeqCst);
                }
            }
        })
    };
    let threads: Vec<_> = (0..THREADS).map(join).collect();
    for thread in threads {
        thread.join().expect("no thread panics");
    }
    assert_eq!(taken.load(Ordering::SeqCst), THREADS * ITEMS);
    assert_eq!((table.waiting(), table.led()), (0, 0));
}
