//! The plan of an input: what happens to the replica's API calls, and the bytes that a sender sends.
//!
//! An input that begins with `!` has a first line with one letter for each call; all others are bytes of a sender.

/// What happens to one API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is executed and answered.
    Answered,
    /// It is executed, and its answer is lost.
    Lost,
    /// The connection ends before it is executed.
    Dropped,
    /// It is refused with a status, and not executed.
    Refused(u16),
    /// It is executed, and answered with a 500.
    Denied,
    /// It is executed, and half of the answer's body arrives.
    Cut,
}

/// An input, taken apart.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Whether senders need a token.
    pub guarded: bool,
    /// The outcomes of the first calls, in order; the others are answered.
    pub outcomes: Vec<Outcome>,
    /// What the sender sends on one connection.
    pub sent: &'a [u8],
}

/// The longest first line.
const LINE_BYTES_MAX: usize = 64;

impl<'a> Plan<'a> {
    /// The plan of `input`. Every input has one.
    pub fn of(input: &'a [u8]) -> Self {
        let line = input.strip_prefix(b"!").and_then(|rest| {
            let end = rest.iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\n')?;
            Some((&rest[..end], &rest[end + 1..]))
        });
        let Some((line, sent)) = line else { return Self { guarded: false, outcomes: Vec::new(), sent: input } };
        let guarded = line.first() == Some(&b'g');
        let outcomes = line.iter().skip(usize::from(guarded)).map(|letter| outcome(*letter)).collect();
        Self { guarded, outcomes, sent }
    }

    /// Whether every call is executed and answered.
    pub fn is_calm(&self) -> bool {
        self.outcomes.iter().all(|outcome| *outcome == Outcome::Answered)
    }
}

fn outcome(letter: u8) -> Outcome {
    match letter {
        b'l' => Outcome::Lost,
        b'd' => Outcome::Dropped,
        b'n' => Outcome::Denied,
        b'c' => Outcome::Cut,
        b'3' => Outcome::Refused(403),
        b'4' => Outcome::Refused(404),
        b'9' => Outcome::Refused(409),
        b't' => Outcome::Refused(429),
        b'5' => Outcome::Refused(503),
        _ => Outcome::Answered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_line_is_the_plan() {
        let plan = Plan::of(b"!g.l5\nPOST / HTTP/1.1");
        assert!(plan.guarded && !plan.is_calm());
        assert_eq!(plan.outcomes, [Outcome::Answered, Outcome::Lost, Outcome::Refused(503)]);
        assert_eq!(plan.sent, b"POST / HTTP/1.1");
    }

    #[test]
    fn other_inputs_are_sent_whole() {
        let long = [b"!".as_slice(), &[b'.'; 80], b"\n"].concat();
        for input in [&b"POST / HTTP/1.1\n"[..], b"", b"!", &long] {
            let plan = Plan::of(input);
            assert!(!plan.guarded && plan.is_calm());
            assert_eq!(plan.sent, input);
        }
    }
}
