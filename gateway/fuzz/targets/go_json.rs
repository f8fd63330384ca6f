//! JSON as Go reads it: bytes that are not UTF-8, and maps of texts, against serde_json and a decoder of one line.
#![no_main]
use gateway::signals::{go_json::utf8, prometheus::Webhook};
use std::collections::BTreeMap;

/// Go's `[]rune(string(bytes))`: each byte that is not part of a character is U+FFFD.
fn runes(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        let character = (1..=rest.len().min(4)).find_map(|length| std::str::from_utf8(&rest[..length]).ok());
        match character {
            Some(character) => text.push_str(character),
            None => text.push(char::REPLACEMENT_CHARACTER),
        }
        rest = &rest[character.map_or(1, str::len).max(1)..];
        debug_assert!(first.is_ascii() || !text.is_empty());
    }
    text
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = utf8(bytes);
    assert_eq!(text, runes(bytes));
    // As serde_json reads it, where that accepts it: of a name twice the last one counts, and null is empty.
    let Ok(labels) = serde_json::from_str::<BTreeMap<String, Option<String>>>(&text) else { return };
    let body = format!(r#"{{"alerts":[{{"labels":{text}}}]}}"#);
    let mut alerts = Webhook::parse(&body).expect("JSON with texts alone").into_alerts();
    let alert = alerts.pop().expect("one alert").expect("texts alone");
    let expected: BTreeMap<_, _> = labels.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect();
    assert_eq!(alert.labels, expected, "{text:?}");
});
