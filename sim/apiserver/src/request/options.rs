//! The options of a request, from its query string (`metav1.ListOptions`, `GetOptions`, `CreateOptions` …).
use crate::base::{
    go_text::quoted,
    percent::decode,
    status::{self, Outcome},
};
use std::{
    borrow::Cow,
    num::{IntErrorKind, ParseIntError},
};

/// Places of the options in which a number can be malformed.
const LIST: usize = 0;
const DELETE: usize = 1;

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
    pub(crate) grace_period_seconds: Option<i64>,
    /// A precondition of a delete.
    pub(crate) uid: Cow<'a, str>,
    /// Time after which the client gives up, as written; nothing takes time here.
    pub(crate) timeout: Cow<'a, str>,
    /// The first malformed number of a list's options, and of a delete's.
    wrong: [Option<String>; 2],
    /// The container of a log.
    pub(crate) container: Cow<'a, str>,
}

impl<'a> Options<'a> {
    /// Parses a query string. Of a repeated member the first value counts.
    pub(crate) fn parse(query: &'a str) -> Self {
        let mut options = Self::default();
        let mut seen: Vec<Cow<'a, str>> = Vec::new();
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name);
            if name != "dryRun" && seen.contains(&name) {
                continue;
            }
            options.set(&name, decode(value));
            seen.push(name);
        }
        options
    }

    fn set(&mut self, name: &str, value: Cow<'a, str>) {
        match name {
            "resourceVersion" => self.resource_version = value,
            "resourceVersionMatch" => self.resource_version_match = value,
            "continue" => self.continue_token = value,
            "labelSelector" => self.label_selector = value,
            "fieldSelector" => self.field_selector = value,
            "limit" => self.limit = self.number(&value, LIST).unwrap_or_default(),
            "watch" => self.watch = truth(&value),
            "allowWatchBookmarks" => self.allow_watch_bookmarks = truth(&value),
            "sendInitialEvents" => self.send_initial_events = Some(truth(&value)),
            "timeoutSeconds" => {
                let seconds = self.number(&value, LIST).and_then(|seconds| u32::try_from(seconds).ok());
                self.timeout_seconds = seconds.filter(|seconds| *seconds > 0);
            }
            "gracePeriodSeconds" => self.grace_period_seconds = self.number(&value, DELETE),
            "timeout" => self.timeout = value,
            "uid" => self.uid = value,
            "dryRun" => self.dry_run.push(value),
            "fieldValidation" => self.field_validation = value,
            "fieldManager" => self.field_manager = value,
            "includeObject" => self.include_object = value,
            "force" => self.force = Some(truth(&value)),
            "propagationPolicy" => self.propagation_policy = Some(value),
            "container" => self.container = value,
            "orphanDependents" => self.orphan_dependents = Some(truth(&value)),
            _ => {}
        }
    }

    /// A number; a malformed one is noted for the options that have it.
    fn number(&mut self, text: &str, of: usize) -> Option<i64> {
        match number(text) {
            Ok(number) => Some(number),
            Err(why) => {
                self.wrong[of].get_or_insert(why);
                None
            }
        }
    }

    /// Checks the options that a request of this verb has: each kind of options is decoded on its own.
    ///
    /// # Errors
    /// 400 for a malformed number.
    pub(crate) fn check(&self, verb: &str, has_body: bool) -> Outcome<()> {
        let lists = matches!(verb, "list" | "watch" | "deletecollection");
        let deletes = matches!(verb, "delete" | "deletecollection") && !has_body;
        let wrong = self.wrong[LIST].as_ref().filter(|_| lists);
        let wrong = wrong.or(self.wrong[DELETE].as_ref().filter(|_| deletes));
        wrong.map_or(Ok(()), |why| Err(status::bad_request(why.as_str())))
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        !self.dry_run.is_empty()
    }
}

/// Go's `ParseBool` with apimachinery's leniency: everything but false is true.
fn truth(text: &str) -> bool {
    !matches!(text, "false" | "0" | "False" | "FALSE" | "f" | "F")
}

/// Go's `strconv.ParseInt`.
fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|why: ParseIntError| {
        let what = match why.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.ParseInt: parsing {}: {what}", quoted(text))
    })
}
