//! Watch caches: what a lagging server answers, and what makes it catch up.
use crate::cluster::*;
use apiserver::WatchItem;

#[test]
fn stale_read_shows_cached_state() {
    let mut api = two_servers();
    create(&mut api, "lock", "a");
    assert_eq!(get(&mut api, SECOND, &format!("{LEASES}/lock?resourceVersion=0")).0, 404);
    assert!(names(&get(&mut api, SECOND, &format!("{LEASES}?resourceVersion=0")).1).is_empty());
    assert!(api.advance_cache(SECOND, leases()));
    assert_eq!(names(&get(&mut api, SECOND, &format!("{LEASES}?resourceVersion=0")).1), ["lock"]);
    assert!(!api.advance_cache(SECOND, leases()));
}

#[test]
fn plain_get_never_reads_cache() {
    let mut api = two_servers();
    create(&mut api, "lock", "a");
    set_holder(&mut api, "lock", "b");
    assert_eq!(get(&mut api, SECOND, &format!("{LEASES}/lock")).1["spec"]["holderIdentity"], "b");
    assert_eq!(api.cache_lag(SECOND, leases()), 2);
}

#[test]
fn consistent_list_makes_cache_catch_up() {
    let mut api = two_servers();
    create(&mut api, "lock", "a");
    assert_eq!(names(&get(&mut api, SECOND, LEASES).1), ["lock"]);
    assert_eq!((api.cache_lag(SECOND, leases()), api.cache_lag(FIRST, leases())), (0, 1));
}

#[test]
fn read_not_older_than_version_waits_no_further() {
    let mut api = two_servers();
    let created = create(&mut api, "lock", "a");
    set_holder(&mut api, "lock", "b");
    let target = format!("{LEASES}/lock?resourceVersion={}", version(&created));
    assert_eq!(get(&mut api, SECOND, &target).1["spec"]["holderIdentity"], "a");
    let ahead = format!("{LEASES}/lock?resourceVersion={}", api.revision() + 1);
    assert_eq!(get(&mut api, SECOND, &ahead).0, 504);
}

#[test]
fn other_server_takes_reader_back_in_time() {
    let mut api = two_servers();
    create(&mut api, "lock", "a");
    set_holder(&mut api, "lock", "b");
    while api.advance_cache(FIRST, leases()) {}
    api.advance_cache(SECOND, leases());
    let target = format!("{LEASES}/lock?resourceVersion=0");
    let holder = |(_, body): (u16, serde_json::Value)| body["spec"]["holderIdentity"].as_str().map(str::to_owned);
    assert_eq!(holder(get(&mut api, FIRST, &target)).as_deref(), Some("b"));
    assert_eq!(holder(get(&mut api, SECOND, &target)).as_deref(), Some("a"));
}

#[test]
fn only_noticed_caches_are_lagging() {
    let mut api = two_servers();
    create(&mut api, "lock", "a");
    assert_eq!(api.lagging().count(), 0);
    let stream = watch(&mut api, SECOND, "resourceVersion=0");
    assert_eq!(api.lagging().collect::<Vec<_>>(), [(SECOND, leases())]);
    get(&mut api, FIRST, &format!("{LEASES}?resourceVersion=0"));
    assert_eq!(api.lagging().collect::<Vec<_>>(), [(FIRST, leases()), (SECOND, leases())]);
    api.close_watch(stream);
    assert_eq!(api.lagging().collect::<Vec<_>>(), [(FIRST, leases())]);
}

#[test]
fn restart_forgets_history_and_ends_streams() {
    let mut api = two_servers();
    let created = create(&mut api, "lock", "a");
    let stream = watch(&mut api, SECOND, "");
    set_holder(&mut api, "lock", "b");
    api.restart_server(SECOND);
    assert!(api.has_event(stream));
    assert!(matches!(api.next_event(stream), WatchItem::End));
    assert_eq!(api.cache_lag(SECOND, leases()), 0);
    let old = format!("resourceVersion={}", version(&created));
    let stream = watch(&mut api, SECOND, &old);
    assert_eq!(drain(&mut api, stream)[0].0, "ERROR");
    let stream = watch(&mut api, FIRST, &old);
    while api.advance_cache(FIRST, leases()) {}
    assert_eq!(drain(&mut api, stream).len(), 1);
}

#[test]
fn exact_list_expires_only_without_any_memory() {
    let mut api = two_servers();
    let created = create(&mut api, "lock", "a");
    delete(&mut api, "lock");
    let exact = format!("{LEASES}?resourceVersion={}&resourceVersionMatch=Exact", version(&created));
    api.compact(api.revision());
    assert_eq!(names(&get(&mut api, FIRST, &exact).1), ["lock"]);
    api.restart_server(FIRST);
    assert_eq!(get(&mut api, FIRST, &exact).0, 410);
    assert_eq!(names(&get(&mut api, SECOND, &exact).1), ["lock"]);
}

#[test]
fn switching_auto_advance_off_keeps_position() {
    let mut api = two_servers();
    api.set_auto_advance(true);
    create(&mut api, "lock", "a");
    api.set_auto_advance(false);
    set_holder(&mut api, "lock", "b");
    assert_eq!(api.cache_lag(SECOND, leases()), 1);
    assert_eq!(get(&mut api, SECOND, &format!("{LEASES}/lock?resourceVersion=0")).1["spec"]["holderIdentity"], "a");
}
