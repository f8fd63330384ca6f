//! What the answer of a webhook means (k8s.io/apiserver/pkg/admission/plugin/webhook/request/admissionreview.go,
//! webhook/errors/statuserror.go, k8s.io/client-go/rest).
use super::{conversation::Reply, webhook::AdmissionResponse};
use crate::{
    base::{
        go_text::quoted,
        json::{list, text},
        status::{self, Status},
    },
    codec::json::operations::{self, Operation},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

/// The decision of a webhook.
pub(crate) enum Verdict {
    /// It allows the write, with these changes.
    Allowed(Vec<Operation>),
    Denied(Box<Status>),
    /// The call failed; the failure policy decides.
    Failed(String),
}

/// The verdict of a function in the place of a webhook.
pub(super) fn of_function(response: AdmissionResponse, name: &str, url: &str, can_change: bool) -> Verdict {
    match response {
        AdmissionResponse::Allow => Verdict::Allowed(Vec::new()),
        AdmissionResponse::Patch(patch) if can_change => {
            let text = serde_json::to_vec(&patch).unwrap_or_default();
            match operations::parse(&text, false) {
                Ok(operations) => Verdict::Allowed(operations.list),
                Err(why) => Verdict::Failed(format!("received undecodable patch in webhook response: {why}")),
            }
        }
        AdmissionResponse::Deny { code, reason, message } => {
            Verdict::Denied(status::denied_by_webhook(name, code, reason, &message))
        }
        AdmissionResponse::Patch(_) => Verdict::Failed(
            "received invalid webhook response: webhook response attempted to modify the object, which is not \
             supported for this type of webhook"
                .to_owned(),
        ),
        AdmissionResponse::Fail(why) => Verdict::Failed(unreached(url, &why)),
    }
}

fn unreached(url: &str, why: &str) -> String {
    format!("failed to call webhook: Post {}: {why}", quoted(url))
}

/// The verdict of a webhook that was called over the network; its warnings go to the client.
pub(super) fn of_reply(reply: Reply, name: &str, url: &str, mutating: bool, warnings: &mut Vec<String>) -> Verdict {
    let (uid, code, body) = match reply {
        Reply::Failed(why) => return Verdict::Failed(unreached(url, &why)),
        Reply::Answered { uid, status, body } => (uid, status, body),
    };
    if !(200..300).contains(&code) {
        return Verdict::Failed(format!("failed to call webhook: {}", refused(code, &body)));
    }
    let review: Value = match serde_json::from_slice(&body) {
        Ok(review) => review,
        Err(why) => {
            let why = format!("couldn't get version/kind; json parse error: {why}");
            return Verdict::Failed(format!("failed to call webhook: {why}"));
        }
    };
    match checked(&review, &uid, mutating) {
        Err(why) => Verdict::Failed(why),
        Ok(operations) => {
            let response = &review["response"];
            for warning in list(response, "warnings").iter().filter_map(Value::as_str) {
                if !warnings.iter().any(|known| known == warning) {
                    warnings.push(warning.to_owned());
                }
            }
            if response["allowed"] == true {
                Verdict::Allowed(operations)
            } else {
                Verdict::Denied(denied(name, response))
            }
        }
    }
}

/// The error that client-go makes of an HTTP status.
pub(crate) fn refused(code: u16, body: &[u8]) -> String {
    let said = String::from_utf8_lossy(body);
    let known: Option<Value> = serde_json::from_slice(body).ok().filter(|body: &Value| body["kind"] == "Status");
    if let Some(status) = known {
        return text(&status, "message").to_owned();
    }
    match code {
        400 => "the server rejected our request for an unknown reason".to_owned(),
        401 => "the server has asked for the client to provide credentials".to_owned(),
        403 => said.trim().to_owned(),
        404 => "the server could not find the requested resource".to_owned(),
        405 => "the server does not allow this method on the requested resource".to_owned(),
        409 => "the server reported a conflict".to_owned(),
        422 => "the server rejected our request due to an error in our request".to_owned(),
        429 => "the server has received too many requests and has asked us to try again later".to_owned(),
        503 => "the server is currently unable to handle the request".to_owned(),
        504 => {
            "the server was unable to return a response in the time allotted, but may still be processing the request"
                .to_owned()
        }
        500.. => format!("an error on the server ({}) has prevented the request from succeeding", quoted(said.trim())),
        code => format!("the server responded with the status code {code} but did not return more information"),
    }
}

/// Checks an answer, and decodes its patch.
fn checked(review: &Value, uid: &str, mutating: bool) -> Result<Vec<Operation>, String> {
    let invalid = |why: String| format!("received invalid webhook response: {why}");
    let Some(response) = review.get("response").filter(|response| response.is_object()) else {
        return Err(invalid("webhook response was absent".to_owned()));
    };
    let (version, kind) = (text(review, "apiVersion"), text(review, "kind"));
    let is_beta = version == "admission.k8s.io/v1beta1";
    if !is_beta && text(response, "uid") != uid {
        let got = quoted(text(response, "uid"));
        return Err(invalid(format!("expected response.uid={}, got {got}", quoted(uid))));
    }
    if !is_beta && (version != "admission.k8s.io/v1" || kind != "AdmissionReview") {
        let wanted = "admission.k8s.io/v1, Kind=AdmissionReview";
        return Err(invalid(format!("expected webhook response of {wanted}, got {version}, Kind={kind}")));
    }
    let (patch, of) = (text(response, "patch"), response.get("patchType").and_then(Value::as_str));
    let problem = match (mutating, patch.is_empty(), of) {
        _ if is_beta => None,
        (false, false, _) => Some("validating webhook may not return response.patch"),
        (false, true, Some(_)) => Some("validating webhook may not return response.patchType"),
        (true, false, None) => Some("webhook returned response.patch but not response.patchType"),
        (true, true, Some(_)) => Some("webhook returned response.patchType but not response.patch"),
        (true, false, Some("")) => Some("webhook returned invalid response.patchType of \"\""),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(invalid(problem.to_owned()));
    }
    if patch.is_empty() || !mutating || response["allowed"] != true {
        return Ok(Vec::new());
    }
    if let Some(of) = of.filter(|of| *of != "JSONPatch") {
        return Err(format!("unsupported patch type {}", quoted(of)));
    }
    let undecodable = |why: String| format!("received undecodable patch in webhook response: {why}");
    let decoded = STANDARD.decode(patch).map_err(|why| undecodable(why.to_string()))?;
    operations::parse(&decoded, false).map(|operations| operations.list).map_err(undecodable)
}

/// The refusal of a webhook, with its own code and reason.
fn denied(name: &str, response: &Value) -> Box<Status> {
    let result = &response["status"];
    let code = result["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or_default();
    let details = serde_json::from_value(result["details"].clone()).ok();
    status::denied_by_webhook(name, code, text(result, "reason").to_owned(), text(result, "message"))
        .with_details(details)
}
