//! The paths and methods that a kind has.
use super::page;
use crate::{
    base::{
        request::Answer,
        status::{self, Outcome},
    },
    registry::{builtin::absent, kind::Kind, resources::Registry},
    request::request_info::RequestInfo,
};
use http::Method;

/// The 404 for an unknown resource: built-in groups answer in JSON, custom ones in plain text, because two servers of a
/// chain answer.
pub(crate) fn unknown_resource(registry: &Registry, info: &RequestInfo<'_>) -> Outcome<Answer> {
    if absent::ABSENT_GROUPS.contains(&info.group) {
        return Err(status::not_simulated(&format!("API group {}", info.group)));
    }
    let known = registry.kinds().find(|k| k.group == info.group && k.version == info.version);
    match known {
        Some(kind) if !kind.custom && absent::ABSENT_RESOURCES.contains(&info.resource) => {
            Err(status::not_simulated(&format!("resource {}", info.resource)))
        }
        Some(kind) if !kind.custom => Err(status::no_such_resource()),
        _ => Ok(page::page_not_found()),
    }
}

/// Checks that the kind has this path and method.
pub(crate) fn check_route(kind: &Kind, info: &RequestInfo<'_>, method: &Method) -> Outcome<()> {
    let lost = kind.namespaced && info.namespace.is_empty();
    if !kind.namespaced && !info.namespace.is_empty() {
        return Err(status::no_such_resource());
    }
    let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method);
    if !known {
        let unsupported = kind.custom && !matches!(*method, Method::HEAD | Method::OPTIONS);
        return Err(if unsupported {
            status::unsupported_method(kind.subject(), "")
        } else {
            status::method_not_allowed()
        });
    }
    if info.watch_prefix && method != Method::GET {
        return Err(status::method_not_allowed());
    }
    if lost && (!info.name.is_empty() || method != Method::GET) {
        let reading = method == Method::GET || !info.name.is_empty() || kind.create_only;
        return Err(if reading { status::no_such_resource() } else { status::method_not_allowed() });
    }
    if !info.subresource.is_empty() {
        return check_subresource(kind, info, method);
    }
    let on_collection = info.name.is_empty();
    match *method {
        _ if kind.create_only && !on_collection => Err(status::no_such_resource()),
        Method::POST if kind.create_only => Ok(()),
        _ if kind.create_only => Err(status::method_not_allowed()),
        Method::POST if !on_collection && !kind.custom => Err(status::method_not_allowed()),
        Method::DELETE if on_collection && !kind.has_delete_collection() => Err(status::method_not_allowed()),
        Method::PUT | Method::PATCH if on_collection && kind.custom => {
            Err(status::bad_request("name must be provided"))
        }
        Method::PUT | Method::PATCH if on_collection => Err(status::method_not_allowed()),
        _ => Ok(()),
    }
}

pub(crate) fn check_subresource(kind: &Kind, info: &RequestInfo<'_>, method: &Method) -> Outcome<()> {
    match info.subresource {
        "scale" if kind.scale.is_some() && matches!(*method, Method::GET | Method::PUT | Method::PATCH) => Ok(()),
        "scale" if kind.scale.is_some() => Err(status::method_not_allowed()),
        "status" if kind.has_status && matches!(*method, Method::GET | Method::PUT | Method::PATCH) => Ok(()),
        "status" if kind.has_status => Err(status::method_not_allowed()),
        "finalize" if kind.kind == "Namespace" && !kind.custom && method == Method::PUT => Ok(()),
        "finalize" if kind.kind == "Namespace" && !kind.custom => Err(status::method_not_allowed()),
        // The custom resource handler answers 404 even if the object exists.
        _ if kind.custom => Err(status::not_found(kind.subject(), &info.name)),
        other => {
            let absent = absent::ABSENT_SUBRESOURCES
                .iter()
                .any(|(plural, list)| *plural == kind.plural && list.contains(&other));
            Err(if absent {
                status::not_simulated(&format!("{}/{other}", kind.plural))
            } else {
                status::no_such_resource()
            })
        }
    }
}
