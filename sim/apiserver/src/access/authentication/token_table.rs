//! The static token file of kube-apiserver's `--token-auth-file`
//! (k8s.io/apiserver/pkg/authentication/token/tokenfile/tokenfile.go).
use crate::access::user::{AUTHENTICATED, User};
use std::collections::BTreeMap;

/// Reason why a token file cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TokenFileError {
    /// A line with too few columns.
    #[error("line {line} has {columns} columns: give token, user and uid, and groups if there are any")]
    Columns {
        /// Line number, from 1.
        line: usize,
        /// Number of columns found.
        columns: usize,
    },
    /// A quoted column that does not end, with its line number.
    #[error("line {0} has a quote that is not closed")]
    Quote(usize),
    /// A line without a token, with its number.
    #[error("line {0} has no token")]
    Empty(usize),
}

/// Tokens and their users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenTable {
    first: Option<String>,
    users: BTreeMap<String, User>,
}

impl TokenTable {
    /// Parses lines of `token,user,uid,"group1,group2"`. If a token occurs twice, the last line wins; empty lines and
    /// lines that begin with `#` are skipped.
    ///
    /// # Errors
    /// At the first line that is not of this form.
    pub fn parse(csv: &str) -> Result<Self, TokenFileError> {
        let mut table = Self::default();
        for (index, line) in csv.lines().enumerate() {
            let line_number = index + 1;
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let columns = columns(line).ok_or(TokenFileError::Quote(line_number))?;
            let [token, name, uid, rest @ ..] = columns.as_slice() else {
                return Err(TokenFileError::Columns { line: line_number, columns: columns.len() });
            };
            if token.is_empty() {
                return Err(TokenFileError::Empty(line_number));
            }
            let groups = rest.first().map(String::as_str).unwrap_or_default();
            let groups = groups.split(',').map(str::trim).filter(|g| !g.is_empty()).map(str::to_owned).collect();
            let user = User { name: name.clone(), uid: uid.clone(), groups, extra: BTreeMap::new() };
            table.insert(token, user);
        }
        Ok(table)
    }

    /// Adds a token, or replaces the user of an existing one.
    pub fn insert(&mut self, token: &str, user: User) {
        self.first.get_or_insert_with(|| token.to_owned());
        self.users.insert(token.to_owned(), user);
    }

    /// The token that was added first, with its user.
    pub fn first(&self) -> Option<(&str, &User)> {
        let token = self.first.as_deref()?;
        self.users.get(token).map(|user| (token, user))
    }

    /// The user of a token, as a member of `system:authenticated`.
    pub fn user(&self, token: &str) -> Option<User> {
        let mut user = self.users.get(token)?.clone();
        user.join(AUTHENTICATED);
        Some(user)
    }
}

/// The columns of one line (RFC 4180): a quoted column may contain commas, and doubled quotes.
fn columns(line: &str) -> Option<Vec<String>> {
    let mut columns = Vec::new();
    let mut rest = line.trim_end_matches('\r');
    loop {
        let (column, after) = match rest.trim_start().strip_prefix('"') {
            Some(quoted) => quoted_column(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim().to_owned(), &rest[end..])
            }
        };
        columns.push(column);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Some(columns),
        }
    }
}

fn quoted_column(text: &str) -> Option<(String, &str)> {
    let mut column = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        column.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                column.push('"');
                rest = next;
            }
            None => return Some((column, rest.trim_start())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_may_be_quoted_lists() {
        let table = TokenTable::parse("t1,admin,u1,\"system:masters, ops\"\n\n# nobody\nt2,bob,u2\n").unwrap();
        let admin = table.user("t1").unwrap();
        assert_eq!((admin.name.as_str(), admin.uid.as_str()), ("admin", "u1"));
        assert_eq!(admin.groups, ["system:masters", "ops", "system:authenticated"]);
        assert_eq!(table.user("t2").unwrap().groups, ["system:authenticated"]);
        assert_eq!(table.user("t3"), None);
        assert_eq!(table.first().map(|(token, user)| (token, user.name.as_str())), Some(("t1", "admin")));
    }

    #[test]
    fn broken_lines_are_named() {
        let parse = TokenTable::parse;
        assert_eq!(parse("t,user\n").unwrap_err(), TokenFileError::Columns { line: 1, columns: 2 });
        assert_eq!(parse("a,b,c\nt,user,u,\"g").unwrap_err(), TokenFileError::Quote(2));
        assert_eq!(parse(",b,c").unwrap_err(), TokenFileError::Empty(1));
    }
}
