//! The existing gateway's create: one name, and three attempts behind the circuit breaker; substrings of the error's
//! text decide whether it retries.
//!
//! AlreadyExists is a success, even if another client created the object: the caller continues with the object that it
//! meant to create.
use super::{
    backoff,
    breaker::Breaker,
    call::{CallError, Calls},
};
use gateway::{
    api::{RemediationRequest, new_request},
    clock::Clock,
    signals::Signal,
};
use kube::{
    Resource as _,
    core::{Request, params::PostParams},
};
use serde::de::IgnoredAny;
use std::time::Duration;

const ATTEMPTS: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Creates the RemediationRequest that `signal` begins.
pub(super) async fn create(
    calls: Calls<'_>,
    breaker: &Breaker,
    signal: &Signal,
) -> Result<RemediationRequest, CallError> {
    let suffix = calls.ctx.entropy.next_u64() >> 32;
    let name = format!("rr-{}-{suffix:08x}", &signal.fingerprint[..12]);
    create_named(calls, breaker, signal, &name).await.map(|(rr, _)| rr)
}

/// Creates it under this name; false if the name was taken.
pub(super) async fn create_named(
    calls: Calls<'_>,
    breaker: &Breaker,
    signal: &Signal,
    name: &str,
) -> Result<(RemediationRequest, bool), CallError> {
    let rr = new_request(signal, name, &calls.ctx.namespace);
    let mut attempt = 1;
    loop {
        match post(calls, breaker, &rr).await {
            Ok(created) => return Ok((rr, created)),
            Err(error) if attempt < ATTEMPTS && is_retryable(&error.to_string()) => {
                let wait = backoff::doubling(FIRST_WAIT, attempt, LONGEST_WAIT);
                calls.sleep(backoff::around(&*calls.ctx.entropy, wait)).await?;
            }
            Err(error) => return Err(error),
        }
        attempt += 1;
    }
}

/// An admitted call. It counts as failed if it is dropped before it succeeds.
struct Admitted<'a> {
    breaker: &'a Breaker,
    clock: &'a dyn Clock,
    generation: u64,
    succeeded: bool,
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.breaker.record(self.generation, self.succeeded, self.clock.monotonic());
    }
}

/// Sends the create; false if the name was taken.
async fn post(calls: Calls<'_>, breaker: &Breaker, rr: &RemediationRequest) -> Result<bool, CallError> {
    let clock = &*calls.ctx.clock;
    let mut admitted = Admitted { breaker, clock, generation: breaker.admit(clock.monotonic())?, succeeded: false };
    let body = serde_json::to_vec(rr).map_err(|error| CallError::Malformed(error.to_string()))?;
    let requests = Request::new(RemediationRequest::url_path(&(), Some(&calls.ctx.namespace)));
    // The answer's body is ignored: the counting that follows begins with a GET.
    let answer = calls.call::<IgnoredAny>(requests.create(&PostParams::default(), body)).await;
    let created = answer.is_ok();
    match answer {
        Err(error) if !error.is_already_exists() => return Err(error),
        _ => admitted.succeeded = true,
    }
    Ok(created)
}

/// Whether to retry: the first substring that the lower-cased text contains decides, even digits in an object's name.
fn is_retryable(text: &str) -> bool {
    const CLASSES: [(&[&str], bool); 9] = [
        (&["429", "rate limit", "too many requests"], true),
        (&["503", "service unavailable"], true),
        (&["504", "gateway timeout"], true),
        (&["400"], false),
        (&["403"], false),
        (&["422"], false),
        (&["409", "conflict", "already exists"], false),
        (&["timeout", "deadline exceeded"], true),
        (&["connection refused", "connection reset"], true),
    ];
    let text = text.to_lowercase();
    let class = CLASSES.iter().find(|(parts, _)| parts.iter().any(|part| text.contains(part)));
    class.is_some_and(|(_, retryable)| *retryable)
}

#[cfg(test)]
mod tests {
    use super::is_retryable;

    #[test]
    fn error_text_decides_about_retry() {
        for (text, retryable) in [
            ("Too many requests, please try again later.", true),
            ("the server is currently unable to handle the request", false),
            ("admission webhook denied the request: 503 Service Unavailable", true),
            ("Timeout: request did not complete within the allotted timeout", true),
            ("context deadline exceeded", true),
            ("read tcp: connection reset by peer", true),
            ("EOF", false),
            ("circuit breaker is open", false),
            ("Operation cannot be fulfilled: conflict, request timeout", false),
            (r#"remediationrequests.kubernaut.ai "rr-abc-4290abcd" is forbidden"#, true),
        ] {
            assert_eq!(is_retryable(text), retryable, "{text}");
        }
    }
}
