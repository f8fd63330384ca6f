//! Alertmanager's webhook body: never a panic, never more than the documented memory, and JSON is never refused.
#![no_main]
use gateway::signals::{
    go_json::utf8,
    prometheus::{ALERTS_MAX, SHARED_BYTES_MAX, Webhook},
};
use gateway_fuzz::json;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let body = utf8(bytes);
    match Webhook::parse(&body) {
        Err(refusal) => json::refused_rightly(&body, &refusal),
        Ok(webhook) => {
            assert!(webhook.latest_start().is_none_or(|start| start > jiff::Timestamp::UNIX_EPOCH));
            let alerts = webhook.into_alerts();
            assert!(alerts.len() <= ALERTS_MAX, "{} alerts", alerts.len());
            let mut size = 0;
            for alert in alerts.iter().flatten() {
                let texts = alert.labels.iter().chain(&alert.annotations);
                size += texts.map(|(key, value)| key.len() + value.len()).sum::<usize>();
                drop(alert.validate());
            }
            // An escape such as `\n` is longer than what it stands for. A common value may replace a shorter one.
            let replaced = body.len() * alerts.len().min(ALERTS_MAX);
            let most = body.len() + SHARED_BYTES_MAX.min(replaced);
            assert!(size <= most, "{size} bytes of labels from {} bytes", body.len());
        }
    }
});
