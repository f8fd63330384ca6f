//! Impersonation: the `Impersonate-*` headers, constrained impersonation (KEP-5284) and its predecessor
//! (k8s.io/apiserver/pkg/endpoints/filters/impersonation).
//!
//! Every mode that applies is tried; if all refuse, the first refusal is the answer. The associated-node mode needs
//! service account tokens with a node and so never applies here.
use crate::base::go_text::quoted;
use crate::{
    access::{
        authorizer::Attributes,
        user::{ANONYMOUS, AUTHENTICATED, MASTERS, SERVICE_ACCOUNT, UNAUTHENTICATED, User, service_account},
    },
    base::{
        names::NameRule,
        percent::decode_segment,
        status::{self, Outcome},
    },
    registry::group::AUTHENTICATION,
};
use http::HeaderMap;

const NODE: &str = "system:node:";
const EXTRA: &str = "impersonate-extra-";
/// Number of groups or extra values from which on the server first checks the right to all of them at once.
const MANY: usize = 4;

/// Checks whether the requestor may do this: Ok, or the complete refusal.
pub(crate) type Check<'a> = &'a dyn Fn(&Attributes<'_>) -> Outcome<()>;

/// The user to impersonate; None if no header asks for one. `attributes` describes the request itself.
///
/// # Errors
/// 400 for headers without a user, 403 if the requestor lacks the right.
pub(crate) fn impersonate(attributes: &Attributes<'_>, check: Check<'_>) -> Outcome<Option<User>> {
    let Some(wanted) = wanted(attributes.headers)? else { return Ok(None) };
    let plain = wanted.uid.is_empty() && wanted.groups.is_empty() && wanted.extra.is_empty();
    let is_node = wanted.name.strip_prefix(NODE).is_some_and(|name| NameRule::Subdomain.check(name).is_empty());
    let is_account = service_account(&wanted.name).is_some();
    let constrained = match (is_node, is_account) {
        (true, _) => plain.then_some("arbitrary-node"),
        (_, true) => plain.then_some("serviceaccount"),
        _ => Some("user-info"),
    };
    let mut refusal = None;
    if let Some(mode) = constrained {
        let verb = format!("impersonate-on:{mode}:{}", attributes.verb);
        let verdict = check(&Attributes { verb: &verb, ..*attributes }).and_then(|()| {
            let verb = format!("impersonate:{mode}");
            Mode { verb: &verb, group: AUTHENTICATION, constrained: true, request: attributes, check }.act_as(&wanted)
        });
        match verdict {
            Ok(user) => return Ok(Some(user)),
            Err(why) => refusal = Some(why),
        }
    }
    let legacy = Mode { verb: "impersonate", group: "", constrained: false, request: attributes, check };
    legacy.act_as(&wanted).map(Some).map_err(|why| refusal.unwrap_or(why))
}

/// The user that the headers describe.
fn wanted(headers: &HeaderMap) -> Outcome<Option<User>> {
    let all = |name: &str| headers.get_all(name).iter().filter_map(|v| v.to_str().ok().map(str::to_owned));
    let first = |name: &str| all(name).next().unwrap_or_default();
    let mut user = User {
        name: first("impersonate-user"),
        uid: first("impersonate-uid"),
        groups: all("impersonate-group").collect(),
        ..User::default()
    };
    for name in headers.keys().filter_map(|name| name.as_str().strip_prefix(EXTRA)) {
        let values = all(&format!("{EXTRA}{name}"));
        user.extra.entry(decode_segment(name).into_owned()).or_default().extend(values);
    }
    if !user.name.is_empty() {
        return Ok(Some(user));
    }
    if user == User::default() {
        return Ok(None);
    }
    Err(status::bad_request(format!("requested {} without impersonating a user name", go_syntax(&user))))
}

/// A user as Go's `%#v` shows it.
fn go_syntax(user: &User) -> String {
    let list = |values: &[String]| match values {
        [] => "[]string(nil)".to_owned(),
        values => {
            let values: Vec<_> = values.iter().map(|v| quoted(v).to_string()).collect();
            format!("[]string{{{}}}", values.join(", "))
        }
    };
    let extra = match user.extra.len() {
        0 => "map[string][]string(nil)".to_owned(),
        _ => {
            let pairs: Vec<_> = user
                .extra
                .iter()
                .map(|(name, values)| format!("{name}:{}", list(values), name = quoted(name)))
                .collect();
            format!("map[string][]string{{{}}}", pairs.join(", "))
        }
    };
    let User { name, uid, groups, .. } = user;
    format!(
        "&user.DefaultInfo{{Name:{name}, UID:{uid}, Groups:{}, Extra:{extra}}}",
        list(groups),
        name = quoted(name),
        uid = quoted(uid)
    )
}

/// One set of rights that permits impersonation, with a check for each part of a user.
struct Mode<'a> {
    verb: &'a str,
    /// API group of the users and groups resources: the legacy mode checks them in the core group.
    group: &'a str,
    constrained: bool,
    request: &'a Attributes<'a>,
    check: Check<'a>,
}

impl Mode<'_> {
    fn act_as(&self, wanted: &User) -> Outcome<User> {
        let mut user = wanted.clone();
        self.name(wanted, &mut user)?;
        if !wanted.uid.is_empty() {
            self.ask(AUTHENTICATION, "uids", "", "", &wanted.uid)?;
        }
        self.groups(wanted)?;
        self.extra(wanted)?;
        if user.name == ANONYMOUS {
            user.join(UNAUTHENTICATED);
        } else if !user.is_in(UNAUTHENTICATED) {
            user.join(AUTHENTICATED);
        }
        Ok(user)
    }

    fn name(&self, wanted: &User, user: &mut User) -> Outcome<()> {
        if let Some((namespace, name)) = service_account(&wanted.name) {
            if wanted.groups.is_empty() {
                let all = SERVICE_ACCOUNT.trim_end_matches(':');
                user.groups = vec![format!("{all}s"), format!("{all}s:{namespace}")];
            }
            return self.ask(self.group, "serviceaccounts", "", namespace, name);
        }
        match wanted.name.strip_prefix(NODE) {
            Some(node) if self.constrained => {
                user.groups = vec!["system:nodes".to_owned()];
                self.ask(self.group, "nodes", "", "", node)
            }
            _ => self.ask(self.group, "users", "", "", &wanted.name),
        }
    }

    fn groups(&self, wanted: &User) -> Outcome<()> {
        if self.constrained {
            let refused = |name: &str, why: &str| Err(self.attributes(self.group, "groups", "", "", name).refuse(why));
            if wanted.is_in("") {
                return refused("", "impersonating the empty string group is not allowed");
            }
            if wanted.is_in(MASTERS) {
                return refused(MASTERS, "impersonating the system:masters group is not allowed");
            }
            if wanted.groups.len() >= MANY && self.ask(self.group, "groups", "", "", "*").is_ok() {
                return Ok(());
            }
        }
        wanted.groups.iter().try_for_each(|group| self.ask(self.group, "groups", "", "", group))
    }

    fn extra(&self, wanted: &User) -> Outcome<()> {
        let count = wanted.extra.values().map(Vec::len).sum::<usize>();
        let many = self.constrained && (count >= MANY || wanted.extra.len() >= MANY);
        if many && self.ask(AUTHENTICATION, "userextras", "*", "", "*").is_ok() {
            return Ok(());
        }
        for (key, values) in &wanted.extra {
            values.iter().try_for_each(|value| self.ask(AUTHENTICATION, "userextras", key, "", value))?;
        }
        Ok(())
    }

    fn ask(&self, group: &str, resource: &str, subresource: &str, namespace: &str, name: &str) -> Outcome<()> {
        (self.check)(&self.attributes(group, resource, subresource, namespace, name))
    }

    fn attributes<'b>(
        &'b self,
        group: &'b str,
        resource: &'b str,
        subresource: &'b str,
        namespace: &'b str,
        name: &'b str,
    ) -> Attributes<'b> {
        Attributes { verb: self.verb, group, resource, subresource, namespace, name, ..*self.request }
    }
}
