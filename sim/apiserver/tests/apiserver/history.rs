//! Properties over any history of writes: caches, streams, exact lists and commits must all show the same history.
use crate::cluster::*;
use apiserver::{ApiServer, Change, WatchItem};
use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Name → content including its version.
type State = BTreeMap<String, String>;

#[derive(Debug, Clone)]
enum Write {
    Post(u8, u8),
    /// An update with the version last seen of that name, which may be stale.
    Put(u8, u8),
    Patch(u8, u8),
    Delete(u8),
    Advance(bool),
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let write = prop_oneof![
        (0_u8..4, 0_u8..3).prop_map(|(name, holder)| Write::Post(name, holder)),
        (0_u8..4, 0_u8..3).prop_map(|(name, holder)| Write::Put(name, holder)),
        (0_u8..4, 0_u8..3).prop_map(|(name, holder)| Write::Patch(name, holder)),
        (0_u8..4).prop_map(Write::Delete),
        any::<bool>().prop_map(Write::Advance),
    ];
    proptest::collection::vec(write, 1..40)
}

/// Applies a write; `seen` remembers versions, as a client would.
fn apply(api: &mut ApiServer, seen: &mut BTreeMap<u8, Value>, write: &Write) {
    let name = |n: &u8| format!("l{n}");
    let target = |n: &u8| format!("{LEASES}/l{n}");
    match write {
        Write::Post(n, holder) => {
            let (status, body) = call(api, FIRST, Method::POST, LEASES, &lease(&name(n), &holder.to_string()));
            if status == 201 {
                seen.insert(*n, body);
            }
        }
        Write::Put(n, holder) => {
            let Some(mut body) = seen.get(n).cloned() else { return };
            body["spec"]["holderIdentity"] = holder.to_string().into();
            call(api, SECOND, Method::PUT, &target(n), &body);
        }
        Write::Patch(n, holder) => {
            let patch = json!({"spec": {"holderIdentity": holder.to_string()}});
            call(api, FIRST, Method::PATCH, &target(n), &patch);
        }
        Write::Delete(n) => {
            call(api, SECOND, Method::DELETE, &target(n), &Value::Null);
        }
        Write::Advance(second) => {
            api.advance_cache(if *second { SECOND } else { FIRST }, leases());
        }
    }
}

fn state_of(list: &Value) -> State {
    let items = list["items"].as_array().expect("a list has items").iter();
    items.map(|item| (item["metadata"]["name"].as_str().expect("a name").to_owned(), content(item))).collect()
}

/// The comparable content: an item of a list lacks the kind and apiVersion of an object in a stream.
fn content(object: &Value) -> String {
    json!([object["metadata"], object["spec"]]).to_string()
}

fn replay(api: &mut ApiServer, stream: apiserver::WatchId, state: &mut State) -> Vec<u64> {
    let mut versions = Vec::new();
    while let WatchItem::Event(line) = api.next_event(stream) {
        let event: Value = serde_json::from_slice(&line).expect("a line is JSON");
        let object = &event["object"];
        let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
        versions.push(version(object));
        match event["type"].as_str() {
            Some("DELETED") => state.remove(&name),
            _ => state.insert(name, content(object)),
        };
    }
    versions
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stream_replays_to_what_its_cache_lists(writes in writes()) {
        let mut api = two_servers();
        let stream = watch(&mut api, SECOND, "");
        let mut seen = BTreeMap::new();
        let (mut state, mut last) = (State::new(), 0);
        for write in &writes {
            apply(&mut api, &mut seen, write);
            for version in replay(&mut api, stream, &mut state) {
                prop_assert!(version > last, "versions rise within a stream");
                last = version;
            }
            let listed = get(&mut api, SECOND, &format!("{LEASES}?resourceVersion=0")).1;
            prop_assert_eq!(&state, &state_of(&listed));
        }
    }

    #[test]
    fn exact_lists_show_every_commit(writes in writes()) {
        let mut api = two_servers();
        let mut seen = BTreeMap::new();
        writes.iter().for_each(|write| apply(&mut api, &mut seen, write));
        let mut state = State::new();
        for commit in api.take_commits() {
            match commit.change {
                Change::Deleted => state.remove(&*commit.name),
                _ => state.insert(commit.name.to_string(), content(&commit.after)),
            };
            let exact = format!("{LEASES}?resourceVersion={}&resourceVersionMatch=Exact", commit.revision);
            prop_assert_eq!(&state, &state_of(&get(&mut api, FIRST, &exact).1));
        }
        prop_assert_eq!(&state, &state_of(&get(&mut api, FIRST, LEASES).1));
    }

    #[test]
    fn pages_together_are_the_list(writes in writes(), limit in 1_u8..4) {
        let mut api = two_servers();
        let mut seen = BTreeMap::new();
        writes.iter().for_each(|write| apply(&mut api, &mut seen, write));
        let whole = state_of(&get(&mut api, FIRST, LEASES).1);
        let (mut pages, mut query) = (State::new(), String::new());
        loop {
            let page = get(&mut api, FIRST, &format!("{LEASES}?limit={limit}{query}")).1;
            pages.extend(state_of(&page));
            create(&mut api, &format!("late-{}", pages.len()), "x");
            match page["metadata"]["continue"].as_str() {
                Some(token) => query = format!("&continue={token}"),
                None => break,
            }
            delete(&mut api, &format!("late-{}", pages.len()));
        }
        prop_assert_eq!(whole, pages);
    }

    #[test]
    fn of_racing_updates_one_wins(writers in 2_u8..6) {
        let mut api = two_servers();
        let base = create(&mut api, "lock", "nobody");
        let outcomes: Vec<_> = (0..writers).map(|writer| {
            let mut body = base.clone();
            body["spec"]["holderIdentity"] = writer.to_string().into();
            call(&mut api, FIRST, Method::PUT, &format!("{LEASES}/lock"), &body).0
        }).collect();
        prop_assert_eq!(outcomes.iter().filter(|status| **status == 200).count(), 1);
        prop_assert!(outcomes[1..].iter().all(|status| *status == 409));
    }
}
