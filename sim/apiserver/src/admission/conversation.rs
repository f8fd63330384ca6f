//! Webhooks that are called over the network. Nothing here waits: a request that needs the answer of a webhook is given
//! up, and executed again with the answer, until it needs no further one.
//!
//! An answer is used only for the question that it was given to. If another request changed the object in between, the
//! webhook is asked about the new object.
use crate::base::generate::Ids;
use bytes::Bytes;
use serde_json::Value;

/// The answers of webhooks to one request, in the order of its questions.
#[derive(Debug, Default)]
pub struct Conversation {
    /// The source of uids and names of this request, which each execution begins anew.
    pub(crate) ids: Option<Ids>,
    answered: Vec<(Question, Reply)>,
    position: usize,
    pending: Option<Question>,
}

/// One call of a webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The webhook's name, e.g. `policy.example.com`; for a conversion the definition's.
    pub webhook: String,
    /// Its `clientConfig`.
    pub config: Value,
    /// Seconds after which the call fails.
    pub timeout: u64,
    /// The `AdmissionReview` or `ConversionReview` to send, without the uid of its request.
    pub review: Value,
}

/// The outcome of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The webhook answered.
    Answered {
        /// The uid of the request that was sent.
        uid: String,
        /// HTTP status.
        status: u16,
        /// The body as it was received.
        body: Bytes,
    },
    /// Reason why no answer came, in the words of Go's HTTP client: `context deadline exceeded`.
    Failed(String),
}

impl Conversation {
    /// Begins to execute the request.
    pub(crate) fn begin(&mut self) {
        self.position = 0;
        self.pending = None;
    }

    /// The answer to a question; None if it is still to be asked.
    pub(crate) fn ask(&mut self, question: Question) -> Option<Reply> {
        // A question may not be asked again, because what was learned from its answer is known by now.
        let later = self.answered[self.position..].iter().position(|(known, _)| *known == question);
        match later.and_then(|later| self.answered.get(self.position + later).map(|found| (later, found.1.clone()))) {
            Some((later, reply)) => {
                self.position += later + 1;
                Some(reply)
            }
            None => {
                self.answered.truncate(self.position);
                self.pending = Some(question);
                None
            }
        }
    }

    /// The question without whose answer the request cannot be executed, if there is one.
    pub fn question(&self) -> Option<&Question> {
        self.pending.as_ref()
    }

    /// Answers the question.
    pub fn answer(&mut self, reply: Reply) {
        self.answered.extend(self.pending.take().map(|question| (question, reply)));
    }
}
