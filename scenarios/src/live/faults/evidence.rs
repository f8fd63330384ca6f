//! What an answer of a replica shows about a rotation: whether the new credential has replaced the old one there, or
//! what is still missing, in words that a failed run ends with.
use http::StatusCode;
use std::{fmt, time::Duration};

/// How long a gateway may accept a revoked token, from when the API server refuses it: docs/security.md says so.
pub(super) const REMEMBERED: Duration = Duration::from_secs(60);

/// What a probe of a replica shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The new credential is accepted, and the old one refused.
    Change,
    /// A revoked token was accepted, so long after the API server refused it. The promise is broken.
    Broken(Duration),
    /// The change does not show yet.
    NotYet(Missing),
}

/// What is missing, and the answer that lacked it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    what: &'static str,
    /// `None`: there was no answer in time.
    answer: Option<StatusCode>,
}

impl Shown {
    /// Not yet: what is missing, and the answer that lacked it.
    pub(super) const fn not_yet(what: &'static str, answer: Option<StatusCode>) -> Self {
        Self::NotYet(Missing { what, answer })
    }

    /// What the answer to a revoked token shows, which was sent so long after the API server refused the token.
    pub(super) fn of_revoked(answer: Option<StatusCode>, after: Duration) -> Self {
        const WHAT: &str = "a refusal of the revoked token";
        match answer {
            Some(StatusCode::UNAUTHORIZED) => Self::Change,
            // Nothing was found out: the review had no answer, or the replica has too much to do.
            None => Self::not_yet(WHAT, None),
            Some(status) if status.is_server_error() => Self::not_yet(WHAT, answer),
            Some(_) if after >= REMEMBERED => Self::Broken(after),
            Some(_) => Self::not_yet(WHAT, answer),
        }
    }

    /// What the answer to a token shows that is to be accepted.
    pub(super) fn of_new(answer: Option<StatusCode>, what: &'static str) -> Self {
        match answer {
            // A body without an alert is refused for its content once the token is accepted.
            Some(status)
                if !status.is_server_error()
                    && ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) =>
            {
                Self::Change
            }
            _ => Self::not_yet(what, answer),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.answer {
            Some(status) => write!(f, "{}, and the last answer was {status}", self.what),
            None => write!(f, "{}, and there was no answer to the last request", self.what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCEPTED: Option<StatusCode> = Some(StatusCode::BAD_REQUEST);

    #[test]
    fn late_acceptance_breaks_the_promise() {
        let moment = Duration::from_millis(1);
        assert!(matches!(Shown::of_revoked(ACCEPTED, REMEMBERED - moment), Shown::NotYet(_)), "it is remembered");
        assert_eq!(Shown::of_revoked(ACCEPTED, REMEMBERED), Shown::Broken(REMEMBERED));
        assert_eq!(Shown::of_revoked(Some(StatusCode::UNAUTHORIZED), 2 * REMEMBERED), Shown::Change);
    }

    #[test]
    fn silence_is_not_an_acceptance() {
        for answer in [None, Some(StatusCode::SERVICE_UNAVAILABLE), Some(StatusCode::GATEWAY_TIMEOUT)] {
            let shown = Shown::of_revoked(answer, 10 * REMEMBERED);
            assert!(matches!(shown, Shown::NotYet(missing) if missing.answer == answer), "{shown:?}");
            assert!(matches!(Shown::of_new(answer, "x"), Shown::NotYet(_)));
        }
        assert!(matches!(Shown::of_new(Some(StatusCode::UNAUTHORIZED), "x"), Shown::NotYet(_)));
        assert_eq!(Shown::of_new(ACCEPTED, "x"), Shown::Change);
    }

    #[test]
    fn what_is_missing_is_a_sentence() {
        let Shown::NotYet(silent) = Shown::of_revoked(None, REMEMBERED) else { panic!("no answer shows nothing") };
        assert_eq!(silent.to_string(), "a refusal of the revoked token, and there was no answer to the last request");
        let Shown::NotYet(busy) = Shown::of_new(Some(StatusCode::SERVICE_UNAVAILABLE), "a review") else {
            panic!("503 shows nothing")
        };
        assert_eq!(busy.to_string(), "a review, and the last answer was 503 Service Unavailable");
    }
}
