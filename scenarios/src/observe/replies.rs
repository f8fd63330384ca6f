//! Replies: the answer to one delivery, as one reply per signal.
use bytes::Bytes;
use model::observation::Reply;
use serde::Deserialize;
use std::{borrow::Cow, sync::Arc};

/// Members of an answer that the oracle reads, by the contract of the existing gateway.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body<'a> {
    #[serde(borrow)]
    remediation_request_name: Option<Cow<'a, str>>,
    metadata: Option<Counted>,
    #[serde(borrow)]
    results: Vec<Member<'a>>,
}

#[derive(Deserialize)]
struct Counted {
    count: Option<u32>,
}

#[derive(Deserialize)]
struct Member<'a> {
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
}

/// The reply to each of `count` signals of one delivery; `None` is a broken connection.
pub(crate) fn replies(count: usize, response: Option<http::Response<Bytes>>) -> Vec<Reply> {
    let Some(response) = response else { return vec![Reply::Lost; count] };
    let status = response.status().as_u16();
    let retry_after = response.headers().contains_key(http::header::RETRY_AFTER);
    let body: Body<'_> = match status {
        201 | 202 | 207 => {
            let text = std::str::from_utf8(response.body()).unwrap_or_default();
            serde_json::from_str(text).unwrap_or_default()
        }
        _ => Body::default(),
    };
    let name = body.remediation_request_name.as_deref().map(Arc::from);
    let one = match status {
        200 => Reply::Ignored,
        201 => Reply::Created { name },
        202 => Reply::Duplicate { name, count: body.metadata.and_then(|metadata| metadata.count) },
        207 => return (0..count).map(|index| member(body.results.get(index))).collect(),
        400..=499 => Reply::ClientError { status },
        _ => Reply::ServerError { status, retry_after },
    };
    vec![one; count]
}

/// The reply in one member of a 207, which has a status but no name or count.
fn member(result: Option<&Member<'_>>) -> Reply {
    match result.and_then(|result| result.status.as_deref()) {
        Some("created") => Reply::Created { name: None },
        Some("duplicate") => Reply::Duplicate { name: None, count: None },
        Some("rejected") => Reply::Ignored,
        // The sender does not retry a failed member of a 2xx.
        _ => Reply::ClientError { status: 207 },
    }
}
