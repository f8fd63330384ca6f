//! Names and fingerprints: two objects have one fingerprint only if they are one object, and no name is a path.
#![no_main]
use gateway::signals::{Subject, Target, fingerprint, kubernetes_event::Event};
use serde_json::json;

fn target(lines: &mut std::str::Split<'_, char>) -> Option<Target> {
    let mut next = || lines.next().unwrap_or_default().to_owned();
    let object = json!({ "kind": next(), "name": next(), "namespace": next(), "apiVersion": next() });
    let body = json!({ "reason": "BackOff", "type": "Warning", "involvedObject": object }).to_string();
    let alert = Event::parse(&body).expect("an event").into_alert().ok()?;
    let Subject::Object(target) = alert.subject else { panic!("an event is about an object") };
    assert_eq!(object["name"], target.name);
    assert_eq!(object["namespace"], target.namespace);
    check(&target);
    Some(target)
}

/// The limits of Kubernetes, written down again.
fn check(target: &Target) {
    let Target { kind, name, namespace, api_version } = target;
    let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let label = |text: &str| {
        let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        text.bytes().all(inside) && !text.starts_with('-') && !text.ends_with('-')
    };
    assert!(word(kind) && (1..=63).contains(&kind.len()), "{kind:?}");
    assert!(namespace.len() <= 63 && label(namespace), "{namespace:?}");
    assert!(!matches!(name.as_str(), "" | "." | "..") && name.len() <= 253, "{name:?}");
    assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:@~".contains(&byte)), "{name:?}");
    for part in api_version.iter().flat_map(|version| version.split(['/', '.'])) {
        assert!(!part.is_empty() && label(part), "{api_version:?}");
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let (Some(one), Some(other)) = (target(&mut lines), target(&mut lines)) else { return };
    let [first, second] = [&one, &other].map(|target| fingerprint::of(None, target));
    assert!(first.len() == 64 && first.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
    let identity = |target: &Target| (target.namespace.clone(), target.kind.clone(), target.name.clone());
    assert_eq!(first == second, identity(&one) == identity(&other), "{one:?} {other:?}");
});
