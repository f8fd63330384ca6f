//! Users of a served cluster: those of kube-apiserver's token file, or one administrator.
use anyhow::{Context, bail};
use apiserver::{TokenTable, User};
use std::path::Path;

/// One administrator with a random token.
#[expect(clippy::disallowed_methods, reason = "a real server's token; no run sees it")]
pub(super) fn administrator() -> TokenTable {
    let mut table = TokenTable::default();
    let groups = vec!["system:masters".to_owned()];
    table.insert(&uuid::Uuid::new_v4().to_string(), User { name: "admin".to_owned(), groups, ..User::default() });
    table
}

pub(super) fn read(file: &Path) -> anyhow::Result<TokenTable> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let table = TokenTable::parse(&text).with_context(|| format!("{} is not a token file", file.display()))?;
    if table.first().is_none() {
        bail!("{} has no user; write lines of token,user,uid,\"groups\"", file.display());
    }
    Ok(table)
}
