//! Conformance of the simulated API server: recorded answers of a real kube-apiserver, and the player that compares.
//!
//! How a case is played:
//! 1. [`load`] reads its steps from `cases/` and the answers of kube-apiserver 1.36.3 from `answers/`
//!    (`tests/conformance`).
//! 2. The player sends each step to a [`Client`]: a simulated server in process ([`InProcess`]), one behind a socket,
//!    or a real kube-apiserver.
//! 3. The answers are normalised: uids, versions, times and generated names become placeholders.
//! 4. [`check_on`] compares them with the recorded ones and returns the first [`Difference`], or
//! 5. [`write_answers`] records them, if the server is the real one.
//!
//! [`fidelity`] lists the behaviours that the cases cover, and those that are not simulated.

mod case;
mod check;
mod client;
mod corpus;
mod difference;
mod error;
pub mod fidelity;
mod files;
mod in_process;
mod install;
mod normalise;
mod ordered;
mod pattern;
mod player;
mod script;
mod users;
mod variables;

pub use case::Case;
pub use check::{check, check_on, compare, play};
pub use client::{Client, Line, Reply, Unanswered};
pub use corpus::{definition, gaps_in, known_gaps, load, load_unanswered, write_answers};
pub use error::{CorpusError, Difference, Problem};
pub use files::built_in;
pub use in_process::{InProcess, InProcessStream};
pub use install::install;
pub use users::{Tokens, admit_users};
