//! The options of a request, from its query string (`metav1.ListOptions`, `GetOptions`, `CreateOptions` …).
use crate::base::{
    percent::decode,
    status::{self, Outcome},
};
use std::borrow::Cow;

/// Maximum length of a field manager's name, in bytes.
pub(crate) const FIELD_MANAGER_LIMIT: usize = 128;

/// The parsed query. Unknown members are ignored, as kube-apiserver does.
#[derive(Debug, Default, Clone)]
pub(crate) struct Options<'a> {
    pub(crate) resource_version: Cow<'a, str>,
    pub(crate) resource_version_match: Cow<'a, str>,
    pub(crate) continue_token: Cow<'a, str>,
    pub(crate) label_selector: Cow<'a, str>,
    pub(crate) field_selector: Cow<'a, str>,
    /// Page size; 0 or less means no limit.
    pub(crate) limit: i64,
    pub(crate) watch: bool,
    pub(crate) allow_watch_bookmarks: bool,
    pub(crate) send_initial_events: Option<bool>,
    pub(crate) timeout_seconds: Option<u32>,
    pub(crate) dry_run: Vec<Cow<'a, str>>,
    pub(crate) field_validation: Cow<'a, str>,
    pub(crate) field_manager: Cow<'a, str>,
    pub(crate) include_object: Cow<'a, str>,
    pub(crate) force: Option<bool>,
    pub(crate) propagation_policy: Option<Cow<'a, str>>,
    pub(crate) orphan_dependents: Option<bool>,
}

impl<'a> Options<'a> {
    /// Parses a query string.
    ///
    /// # Errors
    /// 400 for a malformed number.
    pub(crate) fn parse(query: &'a str) -> Outcome<Self> {
        let mut options = Self::default();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            options.set(&decode(name), decode(value))?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: Cow<'a, str>) -> Outcome<()> {
        match name {
            "resourceVersion" => self.resource_version = value,
            "resourceVersionMatch" => self.resource_version_match = value,
            "continue" => self.continue_token = value,
            "labelSelector" => self.label_selector = value,
            "fieldSelector" => self.field_selector = value,
            "limit" => self.limit = number(&value)?,
            "watch" => self.watch = truth(&value),
            "allowWatchBookmarks" => self.allow_watch_bookmarks = truth(&value),
            "sendInitialEvents" => self.send_initial_events = Some(truth(&value)),
            "timeoutSeconds" => self.timeout_seconds = u32::try_from(number(&value)?).ok().filter(|s| *s > 0),
            "dryRun" => self.dry_run.push(value),
            "fieldValidation" => self.field_validation = value,
            "fieldManager" => self.field_manager = value,
            "includeObject" => self.include_object = value,
            "force" => self.force = Some(truth(&value)),
            "propagationPolicy" => self.propagation_policy = Some(value),
            "orphanDependents" => self.orphan_dependents = Some(truth(&value)),
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        !self.dry_run.is_empty()
    }
}

/// Go's `ParseBool` with apimachinery's leniency: everything but false is true.
fn truth(text: &str) -> bool {
    !matches!(text, "false" | "0" | "False" | "FALSE" | "f" | "F")
}

fn number(text: &str) -> Outcome<i64> {
    if text.is_empty() {
        return Ok(0);
    }
    let bad = |_| status::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"));
    text.parse().map_err(bad)
}
