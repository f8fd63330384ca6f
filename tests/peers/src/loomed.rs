//! The lock for loom: threads, and loom's mutex around the store, so that each call is a point where loom may switch.
use crate::store::{Form, Replica, Store};
use loom::{
    model::Builder,
    sync::{Arc, Mutex},
    thread,
};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn call<T>(store: &Mutex<Store>, call: impl FnOnce(&mut Store) -> T) -> T {
    call(&mut store.lock().expect("no panic while locked"))
}

fn handle(store: &Mutex<Store>, me: Replica, form: Form) {
    let acquired = match call(store, Store::lease) {
        None => call(store, |store| store.create_lease(me)),
        Some(lease) if lease.expired => call(store, |store| store.take_lease(me, lease.version)),
        Some(_) => false,
    };
    if !acquired {
        return;
    }
    if !call(store, Store::has_request) {
        call(store, |store| store.create_request(form.name(me)));
    }
    if call(store, Store::lease).is_some_and(|lease| lease.holder == me) {
        call(store, Store::delete_lease);
    }
}

/// Explores every schedule with at most so many preemptions, and counts them; stops after `most`. Panics in the first
/// that has the bug.
pub fn explore(form: Form, preemptions: Option<usize>, most: usize, schedules: &std::sync::Arc<AtomicU64>) {
    let schedules = std::sync::Arc::clone(schedules);
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_permutations = Some(most);
    builder.check(move || {
        schedules.fetch_add(1, Relaxed);
        let store = Arc::new(Mutex::new(Store::default()));
        let mut threads: Vec<_> = (0..2)
            .map(|me| {
                let store = store.clone();
                thread::spawn(move || handle(&store, me, form))
            })
            .collect();
        let clock = store.clone();
        threads.push(thread::spawn(move || call(&clock, Store::expire)));
        threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
        assert!(call(&store, |store| store.requests()) <= 1, "two requests");
    });
}
