//! Who comes in to a served cluster: kube-apiserver's token file, or one administrator.
use anyhow::{Context, bail};
use sim::apiserver::{Attributes, Authorizer, Decision};
use std::{collections::BTreeMap, path::Path};

/// Whose members may do everything.
const MASTERS: &str = "system:masters";

/// A user behind a token.
#[derive(Debug, Clone)]
struct User {
    name: String,
    groups: Vec<String>,
}

/// Token → user, in the order of the file.
#[derive(Debug)]
pub(super) struct TokenTable {
    first: String,
    users: BTreeMap<String, User>,
}

/// One administrator, whose token nobody can guess.
#[expect(clippy::disallowed_methods, reason = "a real server's token; no run sees it")]
pub(super) fn administrator() -> TokenTable {
    let token = uuid::Uuid::new_v4().to_string();
    let user = User { name: "admin".to_owned(), groups: vec![MASTERS.to_owned()] };
    TokenTable { first: token.clone(), users: BTreeMap::from([(token, user)]) }
}

impl TokenTable {
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut table = Self { first: String::new(), users: BTreeMap::new() };
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let fields = fields(line);
            let [token, name, _uid, groups @ ..] = fields.as_slice() else {
                bail!("{} line {} is not token,user,uid,\"groups\"", file.display(), at + 1);
            };
            let groups = groups.iter().flat_map(|g| g.split(',')).map(|g| g.trim().to_owned()).collect();
            if table.first.is_empty() {
                token.clone_into(&mut table.first);
            }
            table.users.insert(token.clone(), User { name: name.clone(), groups });
        }
        if table.users.is_empty() {
            bail!("{} names no user: write lines of token,user,uid,\"groups\"", file.display());
        }
        Ok(table)
    }

    /// The first user of the file and its token.
    pub(super) fn first(&self) -> (String, String) {
        let name = self.users.get(&self.first).map(|user| user.name.clone()).unwrap_or_default();
        (name, self.first.clone())
    }

    /// Administrators may do everything, other users may look around, nobody else may do anything.
    pub(super) fn authorizer(self) -> Authorizer {
        Box::new(move |attributes| self.decide(attributes))
    }

    fn decide(&self, attributes: &Attributes<'_>) -> Decision {
        let header = attributes.headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let token = match header.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => "",
        };
        let bare = attributes.resource.is_empty();
        let path = attributes.path;
        let open = bare && ["/version", "/healthz", "/livez", "/readyz"].contains(&path);
        let discovery = bare && ["/api", "/apis"].iter().any(|root| path.starts_with(root));
        match self.users.get(token) {
            Some(user) if user.groups.iter().any(|group| group == MASTERS) => Decision::Allow,
            Some(_) | None if open => Decision::Allow,
            Some(_) if discovery => Decision::Allow,
            Some(user) => Decision::Deny { user: user.name.clone() },
            None if token.is_empty() => Decision::Deny { user: "system:anonymous".to_owned() },
            None => Decision::Unauthenticated,
        }
    }
}

/// A line of CSV: fields may be quoted.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for c in line.trim().chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => fields.last_mut().expect("there is a first field").push(c),
        }
    }
    fields
}
