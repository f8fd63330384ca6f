//! The paths and methods that a kind has.
use super::page;
use crate::{
    base::{
        request::Answer,
        status::{self, Outcome},
    },
    registry::{kind::Kind, resources::Registry},
    request::request_info::{self, RequestInfo},
};
use http::Method;

/// The answer for an unknown resource.
pub(crate) fn unknown_resource(registry: &Registry, info: &RequestInfo<'_>) -> Outcome<Answer> {
    no_such_path(registry, if info.group.is_empty() { "api" } else { "apis" }, Some(info.group))
}

/// The 404 for a path that no version has: below `/api` and the built-in groups the routes answer in JSON, elsewhere
/// the outermost mux answers in plain text (k8s.io/apiserver/pkg/server/handler.go, director).
pub(crate) fn no_such_path(registry: &Registry, root: &str, group: Option<&str>) -> Outcome<Answer> {
    let builtin = |group: &str| registry.kinds().any(|kind| !kind.custom && kind.group == group);
    if root == "api" || group.is_some_and(builtin) {
        Err(status::no_such_resource())
    } else {
        Ok(page::page_not_found())
    }
}

/// Checks that the kind has this path and method.
pub(crate) fn check_route(kind: &Kind, info: &RequestInfo<'_>, method: &Method) -> Outcome<()> {
    if kind.custom {
        return check_custom(kind, info, method);
    }
    let on_collection = info.name.is_empty();
    let lost = kind.namespaced && info.namespace.is_empty();
    let misplaced = !kind.namespaced && !info.namespace.is_empty();
    let no_objects = kind.create_only && (lost || !on_collection || info.watch_prefix);
    if misplaced || no_objects || info.has_more && info.subresource != "proxy" || (lost && !on_collection) {
        return Err(status::no_such_resource());
    }
    if !info.subresource.is_empty() {
        return check_subresource(kind, info, method);
    }
    let allowed = match *method {
        _ if kind.create_only => method == Method::POST,
        _ if kind.computed => method == Method::GET,
        Method::GET => true,
        _ if info.watch_prefix || lost => false,
        Method::POST => on_collection,
        Method::PUT | Method::PATCH => !on_collection,
        Method::DELETE => !on_collection || kind.has_delete_collection(),
        _ => false,
    };
    if allowed { Ok(()) } else { Err(status::method_not_allowed()) }
}

/// The handler of custom resources has one path for everything, and decides by verb
/// (k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go). It ignores what follows a subresource.
fn check_custom(kind: &Kind, info: &RequestInfo<'_>, method: &Method) -> Outcome<()> {
    let on_collection = info.name.is_empty();
    let verb = request_info::verb(method, on_collection, false);
    match info.subresource {
        _ if info.watch_prefix => Ok(()),
        "" if verb.is_empty() => Err(status::unsupported_method(kind.subject(), verb)),
        "" if on_collection && matches!(verb, "update" | "patch") => Err(status::bad_request("name must be provided")),
        "" => Ok(()),
        "status" if kind.has_status => check_part(kind, verb),
        "scale" if kind.scale.is_some() => check_part(kind, verb),
        // 404 even if the object exists.
        _ => Err(status::not_found(kind.subject(), &info.name)),
    }
}

fn check_part(kind: &Kind, verb: &str) -> Outcome<()> {
    if matches!(verb, "get" | "update" | "patch") {
        Ok(())
    } else {
        Err(status::unsupported_method(kind.subject(), verb))
    }
}

fn check_subresource(kind: &Kind, info: &RequestInfo<'_>, method: &Method) -> Outcome<()> {
    let methods: &[Method] = match info.subresource {
        "scale" if kind.scale.is_some() => &[Method::GET, Method::PUT, Method::PATCH],
        "status" if kind.has_status => &[Method::GET, Method::PUT, Method::PATCH],
        name => {
            let below = kind.below.iter().find(|below| below.name == name).ok_or_else(status::no_such_resource)?;
            let allowed = below.verbs.contains(&request_info::verb(method, false, false));
            return if allowed { Ok(()) } else { Err(status::method_not_allowed()) };
        }
    };
    if methods.contains(method) { Ok(()) } else { Err(status::method_not_allowed()) }
}
