//! Servers that restart, remember little or drop slow watches.
use crate::cluster::*;
use apiserver::{AnswerBody, Limits, WatchItem};
use http::Method;
use serde_json::{Value, json};

#[test]
fn cold_cache_refuses_collections() {
    let mut api = two_servers();
    create(&mut api, "lock", "a");
    api.restart_server_cold(SECOND);
    for target in [format!("{LEASES}?watch=1"), LEASES.to_owned(), format!("{LEASES}?resourceVersion=0")] {
        let (status, body) = get(&mut api, SECOND, &target);
        assert_eq!((status, &body["message"]), (429, &json!("storage is (re)initializing")), "{target}");
        assert_eq!(body["details"]["retryAfterSeconds"], 1);
    }
    assert_eq!(names(&get(&mut api, FIRST, LEASES).1), ["lock"], "the other server is unaffected");
    assert!(api.lagging().any(|cache| cache == (SECOND, leases())));
    assert!(api.advance_cache(SECOND, leases()) && !api.advance_cache(SECOND, leases()));
    assert_eq!(names(&get(&mut api, SECOND, &format!("{LEASES}?resourceVersion=0")).1), ["lock"]);
}

#[test]
fn cold_cache_leaves_pages_to_etcd() {
    let mut api = two_servers();
    create(&mut api, "lock", "a");
    api.restart_server_cold(SECOND);
    assert_eq!(names(&get(&mut api, SECOND, &format!("{LEASES}?limit=5")).1), ["lock"]);
    assert_eq!(get(&mut api, SECOND, &format!("{LEASES}?limit=5&labelSelector=a")).0, 429);
    assert_eq!(get(&mut api, SECOND, &format!("{LEASES}/lock?resourceVersion=0")).0, 200);
    assert_eq!(get(&mut api, SECOND, &format!("{LEASES}/lock")).0, 200);
}

#[test]
fn restarted_server_has_no_history() {
    let mut api = two_servers();
    let first = version(&create(&mut api, "lock", "a"));
    set_holder(&mut api, "lock", "b");
    let stream = watch(&mut api, SECOND, "");
    api.restart_server_cold(SECOND);
    assert!(matches!(api.next_event(stream), WatchItem::End));
    api.advance_cache(SECOND, leases());
    let stale = watch(&mut api, SECOND, &format!("resourceVersion={first}"));
    assert_eq!(drain(&mut api, stale)[0].0, "ERROR");
}

#[test]
fn history_is_as_long_as_its_limit() {
    let mut api = two_servers();
    api.set_auto_advance(true);
    api.set_limits(Limits { history: 2, ..Limits::NONE });
    let first = version(&create(&mut api, "lock", "a"));
    set_holder(&mut api, "lock", "b");
    set_holder(&mut api, "lock", "c");
    let kept = watch(&mut api, FIRST, &format!("resourceVersion={first}"));
    assert_eq!(drain(&mut api, kept).len(), 2);
    set_holder(&mut api, "lock", "d");
    let lost = watch(&mut api, FIRST, &format!("resourceVersion={first}"));
    assert_eq!(drain(&mut api, lost)[0].0, "ERROR", "the event after revision {first} is forgotten");
}

#[test]
fn slow_watch_ends_unread() {
    let mut api = two_servers();
    api.set_limits(Limits { buffer: 1, ..Limits::NONE });
    let (slow, other) = (watch(&mut api, FIRST, ""), watch(&mut api, FIRST, "fieldSelector=metadata.name%3Dx"));
    create(&mut api, "lock", "a");
    set_holder(&mut api, "lock", "b");
    api.advance_cache(FIRST, leases());
    assert_eq!(api.drop_slow_watches(FIRST, leases()), 0);
    api.advance_cache(FIRST, leases());
    assert_eq!((api.drop_slow_watches(FIRST, leases()), api.drop_slow_watches(FIRST, leases())), (1, 0));
    assert!(matches!(api.next_event(slow), WatchItem::End));
    assert!(matches!(api.next_event(other), WatchItem::Pending), "events outside its selection do not fill its buffer");
}

#[test]
fn consistent_lists_know_their_lag() {
    let mut api = two_servers();
    let asked = |target: &str| request(Method::GET, target, "application/json", &Value::Null);
    assert!(!api.list_finds_cache_behind(SECOND, &asked(LEASES)));
    create(&mut api, "lock", "a");
    assert!(api.list_finds_cache_behind(SECOND, &asked(LEASES)));
    assert!(api.list_finds_cache_behind(SECOND, &asked(&format!("{LEASES}?labelSelector=a"))));
    for other in [format!("{LEASES}?resourceVersion=0"), format!("{LEASES}?watch=1"), format!("{LEASES}/lock")] {
        assert!(!api.list_finds_cache_behind(SECOND, &asked(&other)), "{other}");
    }
    let AnswerBody::Full(_) = send(&mut api, SECOND, &asked(LEASES)).body else { panic!("a list") };
    assert!(!api.list_finds_cache_behind(SECOND, &asked(LEASES)), "the cache has caught up");
}

#[test]
fn reads_say_how_old_they_are() {
    let mut api = two_servers();
    let created = version(&create(&mut api, "lock", "a"));
    get(&mut api, SECOND, &format!("{LEASES}?resourceVersion=0"));
    let stale = api.take_cached_read().expect("a cached read");
    assert!(stale.shown && stale.revision < created);
    get(&mut api, SECOND, LEASES);
    assert_eq!(api.take_cached_read().map(|read| read.revision), Some(created));
    watch(&mut api, SECOND, &format!("resourceVersion={created}"));
    assert_eq!(api.take_cached_read().map(|read| read.shown), Some(false));
    assert_eq!(api.take_cached_read(), None);
}
