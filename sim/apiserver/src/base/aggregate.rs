//! Several errors in one message (k8s.io/apimachinery/pkg/util/errors, Aggregate).

/// The message of these errors, equal ones once; None without errors.
pub(crate) fn aggregate(errors: impl IntoIterator<Item = String>) -> Option<String> {
    let mut shown: Vec<String> = Vec::new();
    for error in errors {
        if !shown.contains(&error) {
            shown.push(error);
        }
    }
    match shown.len() {
        0 | 1 => shown.pop(),
        _ => Some(format!("[{}]", shown.join(", "))),
    }
}
