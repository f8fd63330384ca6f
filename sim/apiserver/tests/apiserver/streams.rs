//! Watches: the events that they deliver as caches advance, and the sharing of lines.
use crate::cluster::*;
use apiserver::{AnswerBody, WatchItem};
use http::Method;
use serde_json::{Value, json};

#[test]
fn stream_goes_as_far_as_cache() {
    let mut api = two_servers();
    let stream = watch(&mut api, SECOND, "resourceVersion=0");
    create(&mut api, "lock", "a");
    set_holder(&mut api, "lock", "b");
    assert!(!api.has_event(stream));
    api.advance_cache(SECOND, leases());
    assert!(api.has_event(stream));
    assert_eq!(drain(&mut api, stream), [("ADDED".into(), "lock".into(), "a".into())]);
    api.advance_cache(SECOND, leases());
    assert_eq!(drain(&mut api, stream), [("MODIFIED".into(), "lock".into(), "b".into())]);
}

#[test]
fn asking_does_not_consume() {
    let mut api = two_servers();
    api.set_auto_advance(true);
    let stream = watch(&mut api, FIRST, "fieldSelector=metadata.name%3Dlock");
    create(&mut api, "other", "x");
    assert!(!api.has_event(stream));
    create(&mut api, "lock", "a");
    assert!(api.has_event(stream) && api.has_event(stream));
    assert_eq!(drain(&mut api, stream).len(), 1);
    assert!(!api.has_event(stream));
}

#[test]
fn streams_share_lines_of_whole_objects() {
    let mut api = two_servers();
    api.set_auto_advance(true);
    let streams = [watch(&mut api, FIRST, ""), watch(&mut api, SECOND, "labelSelector=!x")];
    create(&mut api, "lock", "a");
    let lines = streams.map(|stream| match api.next_event(stream) {
        WatchItem::Event(line) => line,
        other => panic!("{other:?}"),
    });
    assert_eq!(lines[0].as_ptr(), lines[1].as_ptr());
}

#[test]
fn ended_stream_drains_nothing_more() {
    let mut api = two_servers();
    api.set_auto_advance(true);
    let stream = watch(&mut api, FIRST, "timeoutSeconds=7");
    assert_eq!(api.watch_timeout(stream), Some(7));
    assert_eq!(api.watches().collect::<Vec<_>>(), [(stream, FIRST, leases(), Some(7))]);
    create(&mut api, "lock", "a");
    api.end_watch(stream);
    assert!(api.has_event(stream));
    assert!(matches!(api.next_event(stream), WatchItem::End));
    assert_eq!(api.watches().count(), 0);
}

#[test]
fn bookmark_follows_events_and_needs_news() {
    let mut api = two_servers();
    api.set_auto_advance(true);
    let deaf = watch(&mut api, FIRST, "");
    let stream = watch(&mut api, FIRST, "allowWatchBookmarks=true");
    // The bookmark that ends the initial events.
    assert_eq!(drain(&mut api, stream).len(), 1);
    assert!(!api.bookmark(stream));
    create(&mut api, "lock", "a");
    assert!(api.bookmark(stream) && !api.bookmark(deaf));
    let kinds: Vec<_> = drain(&mut api, stream).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["ADDED", "BOOKMARK"]);
    assert!(!api.bookmark(stream));
}

#[test]
fn metadata_stream_has_no_spec() {
    let mut api = two_servers();
    api.set_auto_advance(true);
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let open = request(Method::GET, &format!("{LEASES}?watch=1"), accept, &Value::Null);
    let AnswerBody::Watch(stream) = send(&mut api, FIRST, &open).body else { panic!("not a watch") };
    create(&mut api, "lock", "a");
    let WatchItem::Event(line) = api.next_event(stream) else { panic!("no event") };
    let event: Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(event["object"]["kind"], "PartialObjectMetadata");
    assert_eq!((event["object"]["metadata"]["name"].as_str(), event["object"].get("spec")), (Some("lock"), None));
}

#[test]
fn streaming_list_waits_for_current_state() {
    let mut api = two_servers();
    create(&mut api, "lock", "a");
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let stream = watch(&mut api, SECOND, query);
    let kinds: Vec<_> = drain(&mut api, stream).into_iter().map(|(kind, name, _)| (kind, name)).collect();
    assert_eq!(kinds, [("ADDED".into(), "lock".into()), ("BOOKMARK".into(), String::new())]);
}

#[test]
fn status_writes_reach_field_selected_streams() {
    let mut api = two_servers();
    api.set_auto_advance(true);
    let fingerprint = "a".repeat(64);
    let open = format!("{REQUESTS}?watch=1&fieldSelector=spec.signalFingerprint%3D{fingerprint}");
    let open = request(Method::GET, &open, "application/json", &Value::Null);
    let AnswerBody::Watch(stream) = send(&mut api, FIRST, &open).body else { panic!("not a watch") };
    let body = json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest", "metadata": {"name": "rr"},
        "spec": {"signalFingerprint": fingerprint, "severity": "low"}});
    assert_eq!(call(&mut api, FIRST, Method::POST, REQUESTS, &body).0, 201);
    let patch = json!({"status": {"overallPhase": "Completed"}});
    assert_eq!(call(&mut api, FIRST, Method::PATCH, &format!("{REQUESTS}/rr/status"), &patch).0, 200);
    let kinds: Vec<_> = drain(&mut api, stream).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["ADDED", "MODIFIED"]);
}
