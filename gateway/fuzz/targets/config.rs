//! config.yaml: never a panic, and an accepted configuration keeps the documented bounds.
#![no_main]
use gateway::config::{Config, Environment, Identity};
use std::time::Duration;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let identity = Identity { pod: "p".into(), lock_namespace: "l".into(), namespace: "n".into() };
    let Ok((config, _)) = Config::parse(text, &Environment::of(identity.clone())) else { return };
    assert!((1..=10_000).contains(&config.requests_max), "{config:?}");
    assert!(config.request_timeout >= Duration::from_secs(1) && config.request_timeout <= Duration::from_secs(60));
    assert!(!config.listen_address.is_empty() && config.identity == identity);
    let (adopted, restart) = config.adopt(config.clone());
    assert!(restart.is_empty() && adopted == config, "a configuration differs from itself in {restart:?}");
});
