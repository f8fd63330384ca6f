//! Parses a request's path and method, independently of any resource
//! (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go).
use crate::base::percent;
use http::Method;
use std::borrow::Cow;

/// A request to a resource, as the authorizer and the router see it.
#[derive(Debug, Clone)]
pub(crate) struct RequestInfo<'a> {
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    /// The resource's plural.
    pub(crate) resource: &'a str,
    /// The namespace; empty for cluster-scoped requests.
    pub(crate) namespace: Cow<'a, str>,
    /// The object's name; empty for collections.
    pub(crate) name: Cow<'a, str>,
    /// `status` or another subresource; empty for the object itself.
    pub(crate) subresource: &'a str,
    /// Whether the path has the deprecated `/watch/` prefix.
    pub(crate) watch_prefix: bool,
    /// Whether the path goes on after the subresource.
    pub(crate) has_more: bool,
}

/// The target of a request.
#[derive(Debug, Clone)]
pub(crate) enum Target<'a> {
    /// A resource of a group and version.
    Resource(RequestInfo<'a>),
    /// A non-resource path: discovery, health and others.
    Path(&'a str),
    /// The deprecated `/watch/` prefix without a resource.
    Unknowable(&'a str),
}

/// Maximum number of segments in a resource path that are interpreted: apis, group, version, watch, namespaces, ns,
/// resource, name, subresource.
const SEGMENTS: usize = 9;

pub(crate) fn parse(path: &str) -> Target<'_> {
    let mut parts = [""; SEGMENTS];
    let (mut count, mut has_more) = (0, false);
    // Slashes at both ends are ignored; empty segments in between are segments.
    let mut rest = Some(path.trim_matches('/'));
    while let Some(text) = rest {
        if count == SEGMENTS {
            has_more = true;
            break;
        }
        // Segments are too short for the search that `split` sets up.
        (parts[count], rest) = match text.bytes().position(|byte| byte == b'/') {
            Some(end) => (&text[..end], Some(&text[end + 1..])),
            None => (text, None),
        };
        count += 1;
    }
    let (group, version, rest) = match parts[0] {
        _ if path.starts_with("//") => return Target::Path(path),
        "api" if count > 2 => ("", parts[1], &parts[2..count]),
        "apis" if count > 3 => (parts[1], parts[2], &parts[3..count]),
        _ => return Target::Path(path),
    };
    let (watch_prefix, rest) = match rest {
        ["watch"] => return Target::Unknowable(path),
        ["watch", rest @ ..] => (true, rest),
        _ => (false, rest),
    };
    let (namespace, rest) = match rest {
        ["namespaces", _, "status" | "finalize", ..] | ["namespaces", _] => ("", rest),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        _ => ("", rest),
    };
    let at = |i: usize| rest.get(i).copied().unwrap_or_default();
    Target::Resource(RequestInfo {
        group,
        version,
        resource: at(0),
        namespace: percent::decode_segment(namespace),
        name: percent::decode_segment(at(1)),
        subresource: at(2),
        watch_prefix,
        has_more: has_more || rest.len() > 3,
    })
}

/// The RBAC verb of a method on a resource; empty for an unknown method.
pub(crate) fn verb(method: &Method, collection: bool, watch: bool) -> &'static str {
    match *method {
        Method::GET | Method::HEAD if watch && collection => "watch",
        Method::GET | Method::HEAD if collection => "list",
        Method::GET | Method::HEAD => "get",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if collection => "deletecollection",
        Method::DELETE => "delete",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(path: &str) -> RequestInfo<'_> {
        match parse(path) {
            Target::Resource(info) => info,
            Target::Path(path) | Target::Unknowable(path) => panic!("{path} has no resource"),
        }
    }

    #[test]
    fn namespaced_status_path_splits_fully() {
        let info = resource("/apis/kubernaut.ai/v1alpha1/namespaces/a/remediationrequests/rr1/status");
        assert_eq!((info.group, info.version, info.resource), ("kubernaut.ai", "v1alpha1", "remediationrequests"));
        assert_eq!((&*info.namespace, &*info.name, info.subresource), ("a", "rr1", "status"));
    }

    #[test]
    fn namespaces_are_themselves_a_resource() {
        let info = resource("/api/v1/namespaces/a");
        assert_eq!((info.resource, &*info.namespace, &*info.name), ("namespaces", "", "a"));
        let info = resource("/api/v1/namespaces/a/finalize");
        assert_eq!((info.resource, &*info.name, info.subresource), ("namespaces", "a", "finalize"));
    }

    #[test]
    fn discovery_paths_have_no_resource() {
        for path in ["/api", "/api/v1", "/apis/apps/v1", "/healthz", "/"] {
            assert!(matches!(parse(path), Target::Path(_)), "{path}");
        }
    }
}
