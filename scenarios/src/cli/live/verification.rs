//! Whether the gateways of a run were built for a given verification report.
use crate::live::run::Build;
use anyhow::{Context, bail};
use reports::json;
use std::path::Path;

/// Digest of a report that held.
///
/// # Errors
/// If the file is not a report, or the report did not hold.
pub(super) fn digest(file: &Path) -> anyhow::Result<String> {
    let path = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("--verification: cannot read {path}"))?;
    let report = json::parse(&text).with_context(|| format!("--verification: {path} is not a report"))?;
    match reports::digest(&report) {
        Ok(digest) => Ok(digest),
        Err(_) => bail!("--verification: {path} verifies nothing: name a report that held, of a run that ended"),
    }
}

/// A sentence for each gateway that was not built for the report with this digest.
pub(super) fn differences(digest: &str, builds: &[Build]) -> Vec<String> {
    let different = builds.iter().filter(|build| build.verification.as_deref() != Some(digest));
    let sentence = |build: &Build| {
        let found = build.verification.as_deref().unwrap_or("its metrics do not say which");
        format!("the gateway {} was not built for the report {digest}: {found}", build.gateway)
    };
    different.map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_and_unknown_builds_are_named() {
        let build = |verification: Option<&str>| Build {
            gateway: "gw-0".to_owned(),
            verification: verification.map(str::to_owned),
        };
        assert!(differences("sha256:a", &[build(Some("sha256:a"))]).is_empty());
        let named = differences("sha256:a", &[build(Some("unverified")), build(None)]);
        assert!(named.len() == 2 && named[0].contains("unverified") && named[1].contains("do not say"), "{named:?}");
    }
}
