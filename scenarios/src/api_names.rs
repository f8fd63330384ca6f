//! Names of API calls: the verb and the object that a request line is about.

/// The verb of Kubernetes: `get`, `list`, `watch`, `create`, `update`, `patch` or `delete`.
pub fn verb(method: &http::Method, target: &str) -> &'static str {
    let named = name(target).is_some();
    match method.as_str() {
        "GET" if target.contains("watch=") => "watch",
        "GET" if named => "get",
        "GET" => "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        _ => "delete",
    }
}

fn parts(target: &str) -> impl Iterator<Item = &str> {
    let path = target.split('?').next().unwrap_or(target);
    path.split('/').skip_while(|segment| *segment != "namespaces").skip(2)
}

fn name(target: &str) -> Option<&str> {
    parts(target).nth(1)
}

/// The object, with its subresource: `leases/gw-lock-1`, `remediationrequests/rr-1/status`.
pub fn object(target: &str) -> String {
    let mut segments = parts(target);
    match (segments.next(), segments.next(), segments.next()) {
        (Some(plural), Some(name), Some(sub)) => format!("{plural}/{name}/{sub}"),
        (Some(plural), Some(name), None) => format!("{plural}/{name}"),
        (Some(plural), None, _) => plural.to_owned(),
        _ => target.split('?').next().unwrap_or(target).to_owned(),
    }
}

/// The resource without the object's name: `leases`, `remediationrequests/status`.
pub fn resource(target: &str) -> String {
    let mut segments = parts(target);
    match (segments.next(), segments.next(), segments.next()) {
        (Some(plural), Some(_), Some(sub)) => format!("{plural}/{sub}"),
        (Some(plural), ..) => plural.to_owned(),
        _ => target.split('?').next().unwrap_or(target).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{object, resource, verb};

    #[test]
    fn calls_are_named_by_their_path() {
        let status = "/apis/kubernaut.ai/v1alpha1/namespaces/n/remediationrequests/rr-1/status?fieldValidation=Strict";
        assert_eq!(verb(&http::Method::PATCH, status), "patch");
        assert_eq!(object(status), "remediationrequests/rr-1/status");
        assert_eq!(resource(status), "remediationrequests/status");
        let leases = "/apis/coordination.k8s.io/v1/namespaces/n/leases?limit=500";
        assert_eq!((verb(&http::Method::GET, leases), resource(leases)), ("list", "leases".to_owned()));
        assert_eq!(object("/version"), "/version");
    }
}
