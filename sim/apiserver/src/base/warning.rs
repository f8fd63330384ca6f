//! Warning headers of answers (k8s.io/apiserver/pkg/warning).
use http::{HeaderMap, HeaderValue, header};

/// Adds a Warning header for each warning (the code 299, obsoleted by RFC 9111).
pub(crate) fn add_warnings(headers: &mut HeaderMap, warnings: &[String]) {
    for warning in warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            headers.append(header::WARNING, value);
        }
    }
}

/// Adds a warning before all others.
pub(crate) fn warn_first(headers: &mut HeaderMap, warning: &str) {
    let others: Vec<_> = headers.get_all(header::WARNING).iter().cloned().collect();
    headers.remove(header::WARNING);
    add_warnings(headers, &[warning.to_owned()]);
    for other in others {
        headers.append(header::WARNING, other);
    }
}
