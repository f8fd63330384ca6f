//! The users of the corpus: their tokens, and their rights on a simulated server.
use apiserver::{ApiServer, TokenTable};
use jiff::Timestamp;

/// The token file of the recorded cluster.
const TOKEN_FILE: &str =
    "conf-admin-token,admin,admin-uid,\"system:masters\"\nconf-user-token,conf-user,conf-user-uid\n";

/// The tokens of the users in whose name cases send requests.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// User `admin` in group `system:masters`.
    pub admin: String,
    /// User `conf-user`, who has no rights.
    pub user: String,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { admin: "conf-admin-token".to_owned(), user: "conf-user-token".to_owned() }
    }
}

impl Tokens {
    /// The token of a user as scripts name it; None for a request without a token.
    pub(super) fn of(&self, user: &str) -> Option<&str> {
        match user {
            "admin" => Some(&self.admin),
            "user" => Some(&self.user),
            "bad" => Some("no-such-token"),
            _ => None,
        }
    }
}

/// Adds the users of the corpus to a simulated server, as on the recorded cluster.
///
/// # Panics
/// If the server's registry lacks the kinds of RBAC.
pub fn admit_users(api: &mut ApiServer) {
    let tokens = TokenTable::parse(TOKEN_FILE).expect("a constant table parses");
    api.set_tokens(tokens, Timestamp::UNIX_EPOCH).expect("the bootstrap roles are accepted");
}
