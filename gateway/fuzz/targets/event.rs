//! A Kubernetes event: never a panic, and an event that is a signal names an object and not a path.
#![no_main]
use gateway::signals::{Subject, go_json::utf8, kubernetes_event::Event};
use gateway_fuzz::json;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let body = utf8(bytes);
    match Event::parse(&body) {
        Err(refusal) => json::refused_rightly(&body, &refusal),
        Ok(event) => {
            let seen = event.last_seen();
            assert!(seen.is_none_or(|time| time > jiff::Timestamp::UNIX_EPOCH), "{seen:?}");
            let Ok(alert) = event.into_alert() else { return };
            let Subject::Object(target) = &alert.subject else { panic!("an event is about an object: {alert:?}") };
            let name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:@~".contains(&byte);
            assert!(!target.name.is_empty() && target.name.bytes().all(name), "{target:?}");
            assert!(!target.kind.is_empty() && target.kind.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            drop(alert.validate());
        }
    }
});
