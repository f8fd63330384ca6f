//! Keys of deliveries: a key is visible text, and two alerts share a digest only if key and labels are the same.
#![no_main]
use gateway::signals::delivery_key::{DeliveryKey, IdempotencyKey, KEY_BYTES_MAX};
use std::collections::BTreeMap;

fn labels(line: Option<&[u8]>) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(line.unwrap_or_default()).into_owned();
    let pairs = text.split(',').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn check(key: &DeliveryKey) {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    assert!(key.as_str().len() == 24 && key.as_str().bytes().all(digit), "{key:?}");
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let [one, other] = [lines.next(), lines.next()].map(|line| IdempotencyKey::parse(line.unwrap_or_default()));
    let (these, those) = (labels(lines.next()), labels(lines.next()));
    for key in [&one, &other].into_iter().flatten() {
        let quoted = format!("\"{}\"", "k".repeat(KEY_BYTES_MAX));
        assert!(IdempotencyKey::parse(quoted.as_bytes()).is_ok());
        check(&key.of_alert(&these));
    }
    if let (Ok(one), Ok(other)) = (&one, &other) {
        let same = one == other && these == those;
        assert_eq!(one.of_alert(&these) == other.of_alert(&those), same, "{one:?} {these:?}, {other:?} {those:?}");
    }
    let text = String::from_utf8_lossy(bytes);
    let (receiver, group) = text.split_once('\n').unwrap_or((&text, ""));
    let of = |receiver, group, labels| DeliveryKey::of_notification((receiver, group), labels, None);
    check(&of(receiver, group, &these));
    assert_eq!(of(receiver, group, &these) == of(group, receiver, &those), receiver == group && these == those);
});
