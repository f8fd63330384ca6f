//! Plays a case: its requests, watches and pauses, in simulated time.
use crate::apiserver::{
    Answer, AnswerBody, ApiServer, Attributes, Decision, Registry, Request, ServerId, WatchId, WatchItem,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// The headers that are compared.
const HEADERS: [&str; 5] = ["content-type", "retry-after", "warning", "www-authenticate", "allow"];
const NAMESPACE: &str = "conf-kzbtqwxm";
/// 2026-11-20T10:00:00Z.
const START: i64 = 1_795_168_800;

struct Player {
    api: ApiServer,
    now: Timestamp,
    names: BTreeMap<String, Value>,
    watches: BTreeMap<String, Open>,
    who: String,
}

struct Open {
    watch: Option<WatchId>,
    /// Seconds that the client reads.
    patience: u64,
}

/// The answers of all steps, and the case's namespace.
pub(super) fn play(registry: &Arc<Registry>, case: &Value) -> (Vec<Value>, String) {
    let mut api = ApiServer::new(registry.clone(), 1, 7);
    api.set_auto_advance(true);
    api.set_authorizer(Box::new(decide));
    let mut player = Player {
        api,
        now: Timestamp::from_second(START).expect("a year of this century"),
        names: BTreeMap::from([("ns".to_owned(), NAMESPACE.into())]),
        watches: BTreeMap::new(),
        who: case.get("as").and_then(Value::as_str).unwrap_or("admin").to_owned(),
    };
    let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    player.send(&json!({"method": "POST", "path": "/api/v1/namespaces", "body": body, "as": "admin"}));
    let answers = super::steps(case).iter().map(|step| player.step(step)).collect();
    (answers, NAMESPACE.to_owned())
}

/// Stands in for the recorded cluster's token file and RBAC: an administrator, a user without rights, everybody else.
fn decide(attributes: &Attributes<'_>) -> Decision {
    let header = attributes.headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    };
    let deny = |user: &str| Decision::Deny { user: user.to_owned() };
    let path = attributes.path;
    let below = |root: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    let bare = attributes.resource.is_empty();
    let open = bare && ["/version", "/healthz", "/livez", "/readyz"].contains(&path);
    match token {
        "conf-admin-token" => Decision::Allow,
        "conf-user-token" if open || (bare && (below("/api") || below("/apis"))) => Decision::Allow,
        "conf-user-token" => deny("conf-user"),
        "" if open => Decision::Allow,
        "" => deny("system:anonymous"),
        _ => Decision::Unauthenticated,
    }
}

impl Player {
    fn step(&mut self, step: &Value) -> Value {
        self.now += SignedDuration::from_millis(1);
        let out = if let Some(seconds) = step.get("sleep").and_then(Value::as_f64) {
            self.now += SignedDuration::from_secs_f64(seconds);
            json!({})
        } else if let Some(revision) = step.get("compact") {
            let revision = self.substitute(revision);
            self.api.compact(revision.as_str().and_then(|r| r.parse().ok()).unwrap_or_default());
            json!({"status": 200})
        } else if let Some(watch) = step.get("watch") {
            self.open(watch)
        } else if let Some(name) = step.get("collect").and_then(Value::as_str) {
            self.collect(name, step.get("count").and_then(Value::as_u64))
        } else {
            let answer = self.send(&step["do"]);
            answer_value(&answer)
        };
        for (name, pointer) in step.get("capture").and_then(Value::as_object).into_iter().flatten() {
            let found = out.get("body").or_else(|| out.get("events"));
            let found = found.and_then(|b| b.pointer(pointer.as_str().unwrap_or_default()));
            self.names.insert(name.clone(), found.cloned().unwrap_or(Value::Null));
        }
        out
    }

    fn send(&mut self, request: &Value) -> Answer {
        let request = self.request(&self.substitute(request));
        self.api.handle(ServerId(0), 0, &request, self.now)
    }

    fn request(&self, call: &Value) -> Request {
        let text = |member: &str| call.get(member).and_then(Value::as_str);
        let mut headers = json!({"accept": "application/json", "user-agent": "conf/1.0"});
        let token = match text("as").unwrap_or(&self.who) {
            "admin" => Some("conf-admin-token"),
            "user" => Some("conf-user-token"),
            "bad" => Some("no-such-token"),
            _ => None,
        };
        if let Some(token) = token {
            headers["authorization"] = format!("Bearer {token}").into();
        }
        let body = match (call.get("body"), text("raw"), text("base64")) {
            (Some(body), ..) => Some(python_json(body).into_bytes()),
            (_, Some(raw), _) => Some(raw.as_bytes().to_vec()),
            (_, _, Some(coded)) => Some(STANDARD.decode(coded).expect("the corpus has valid base64")),
            _ => None,
        };
        if body.is_some() {
            headers["content-type"] = "application/json".into();
        }
        for (name, value) in call.get("headers").and_then(Value::as_object).into_iter().flatten() {
            headers[name.to_ascii_lowercase()] = value.clone();
        }
        Request {
            method: text("method").unwrap_or("GET").parse().unwrap_or(Method::GET),
            target: target(call),
            headers: header_map(&headers),
            body: body.unwrap_or_default().into(),
        }
    }

    fn open(&mut self, watch: &Value) -> Value {
        let mut call = watch.clone();
        let mut query = json!({"watch": "true"});
        for (name, value) in watch.get("query").and_then(Value::as_object).into_iter().flatten() {
            query[name] = value.clone();
        }
        call["query"] = query;
        let answer = self.send(&call);
        let mut head = answer_value(&answer);
        let id = match answer.body {
            AnswerBody::Watch(id) => {
                head.as_object_mut().expect("an answer is an object").remove("body");
                Some(id)
            }
            AnswerBody::Full(_) => None,
        };
        let patience = watch.get("seconds").and_then(Value::as_u64).unwrap_or(5);
        let name = watch.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.watches.insert(name, Open { watch: id, patience });
        head
    }

    /// With a count, what has come by now; without, what comes until the server ends the stream or the client's patience.
    fn collect(&mut self, name: &str, count: Option<u64>) -> Value {
        let (watch, patience) = self.watches.get(name).map_or((None, 0), |open| (open.watch, open.patience));
        let Some(watch) = watch else { return json!({"events": [], "ended": true}) };
        let mut events = Vec::new();
        let mut ended = self.drain(watch, &mut events);
        let timeout = self.api.watch_timeout(watch).filter(|t| u64::from(*t) <= patience);
        if timeout.is_some() && count.is_none() && !ended {
            self.api.bookmark(watch);
            self.drain(watch, &mut events);
            self.api.end_watch(watch);
            ended = self.drain(watch, &mut events);
        }
        self.api.close_watch(watch);
        if count.is_some() { json!({"events": events}) } else { json!({"events": events, "ended": ended}) }
    }

    fn drain(&mut self, watch: WatchId, events: &mut Vec<Value>) -> bool {
        loop {
            match self.api.next_event(watch) {
                WatchItem::Event(line) => events.push(serde_json::from_slice(&line).expect("a watch sends JSON")),
                WatchItem::Pending => return false,
                WatchItem::End => return true,
            }
        }
    }

    /// Replaces `{var}` and `{var+N}`; `{"$repeat": [text, n]}` is the text n times.
    fn substitute(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => match map.get("$repeat").and_then(Value::as_array).map(Vec::as_slice) {
                Some([Value::String(text), times]) => text.repeat(times.as_u64().map_or(0, |n| n as usize)).into(),
                _ => map.iter().map(|(k, v)| (self.text(k), self.substitute(v))).collect::<Map<_, _>>().into(),
            },
            Value::Array(list) => list.iter().map(|v| self.substitute(v)).collect(),
            Value::String(text) => {
                let whole =
                    text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).and_then(|name| self.names.get(name));
                whole.cloned().unwrap_or_else(|| self.text(text).into())
            }
            other => other.clone(),
        }
    }

    fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (name, value) in &self.names {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            out = out.replace(&format!("{{{name}}}"), &shown);
            while let Some(at) = out.find(&format!("{{{name}+")) {
                let start = at + name.len() + 2;
                let Some(end) = out[start..].find('}').map(|n| start + n) else { break };
                let sum = out[start..end].parse::<u64>().unwrap_or_default() + shown.parse::<u64>().unwrap_or_default();
                out.replace_range(at..=end, &sum.to_string());
            }
        }
        out
    }
}

/// JSON with the spaces of the recorder's encoder, which one recorded message quotes, and with apiVersion before kind before
/// the rest, as every case writes them.
fn python_json(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let rank = |name: &str| match name {
                "apiVersion" => 0,
                "kind" => 1,
                "metadata" => 2,
                "signalFingerprint" => 3,
                _ => 4,
            };
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(name, _)| rank(name));
            let members: Vec<_> = members
                .into_iter()
                .map(|(name, v)| format!("{}: {}", Value::from(name.as_str()), python_json(v)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(python_json).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn target(call: &Value) -> String {
    let mut target = encode(call.get("path").and_then(Value::as_str).unwrap_or("/"), "/:%");
    for (i, (name, value)) in call.get("query").and_then(Value::as_object).into_iter().flatten().enumerate() {
        let values = match value {
            Value::Array(list) => list.clone(),
            other => vec![other.clone()],
        };
        for value in values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let mark = if i == 0 { '?' } else { '&' };
            target.push_str(&format!("{mark}{}={}", encode(name, ""), encode(&text, "")));
        }
    }
    target
}

fn encode(text: &str, safe: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-~".contains(&b) || safe.as_bytes().contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn header_map(headers: &Value) -> HeaderMap {
    let pairs = headers.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let name: HeaderName = name.parse().ok()?;
        Some((name, HeaderValue::from_str(value.as_str()?).ok()?))
    });
    pairs.collect()
}

fn answer_value(answer: &Answer) -> Value {
    let mut headers = Map::new();
    for name in HEADERS {
        let values: Vec<_> = answer.headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect();
        if values.is_empty() {
            continue;
        }
        headers.insert(name.into(), if name == "warning" { json!(values) } else { values.join(", ").into() });
    }
    let body = match &answer.body {
        AnswerBody::Full(bytes) if bytes.is_empty() => "".into(),
        AnswerBody::Full(bytes) => {
            serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into())
        }
        AnswerBody::Watch(_) => Value::Null,
    };
    json!({"status": answer.status, "headers": headers, "body": body})
}
