//! Plays a script on any client: its requests, watches and waits.
use crate::{
    client::{Client, Line, Reply, Unanswered},
    script::{Action, Call, Script, Step},
    users::Tokens,
    variables::Variables,
};
use apiserver::Request;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

/// The headers that are compared.
const HEADERS: [&str; 5] = ["content-type", "retry-after", "warning", "www-authenticate", "allow"];
/// Time for which a request is repeated until its answer has the values of `until`.
const REPEAT_TIMEOUT: Duration = Duration::from_secs(8);
const REPEAT_INTERVAL: Duration = Duration::from_millis(100);
/// Time for which a watch is read by default, in seconds.
const READ_SECONDS: u64 = 5;
/// Time for which a watch is read after the last expected event, to detect surplus ones.
const SURPLUS_WAIT: Duration = Duration::from_millis(250);

struct Player<'a, C: Client> {
    client: &'a mut C,
    tokens: &'a Tokens,
    script: &'a Script,
    variables: Variables,
    /// Open watches by name: the stream, if the watch was accepted, and the time for which it is read.
    watches: BTreeMap<String, (Option<C::Stream>, Duration)>,
}

/// Plays a script in a new namespace; returns the raw answers of all steps.
pub(super) async fn play<C: Client>(
    client: &mut C,
    tokens: &Tokens,
    script: &Script,
    namespace: &str,
) -> Result<Vec<Value>, Unanswered> {
    let mut player = Player { client, tokens, script, variables: Variables::new(namespace), watches: BTreeMap::new() };
    player.create_namespace(namespace).await?;
    let mut answers = Vec::with_capacity(script.steps.len());
    for step in &script.steps {
        let answer = player.step(step).await?;
        let found = answer.get("body").or_else(|| answer.get("events"));
        for (name, pointer) in &step.capture {
            player.variables.set(name, found.and_then(|body| body.pointer(pointer)).cloned().unwrap_or_default());
        }
        answers.push(answer);
    }
    Ok(answers)
}

impl<C: Client> Player<'_, C> {
    async fn create_namespace(&mut self, name: &str) -> Result<(), Unanswered> {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let call = Call {
            method: Some("POST".to_owned()),
            path: "/api/v1/namespaces".to_owned(),
            raw: Some(body.to_string()),
            user: Some("admin".to_owned()),
            ..Call::default()
        };
        let answer = self.request(&call).await?;
        let created = answer.get("status") == Some(&json!(201));
        if created { Ok(()) } else { Err(Unanswered(format!("the namespace {name} cannot be created: {answer}"))) }
    }

    async fn step(&mut self, step: &Step) -> Result<Value, Unanswered> {
        match &step.action {
            Action::Do(call) => self.repeated(call, &step.until).await,
            Action::Watch(call) => self.open(call).await,
            Action::Collect(name) => Ok(self.collect(name, step.count).await),
            Action::Sleep(seconds) => {
                self.client.sleep(Duration::try_from_secs_f64(*seconds).unwrap_or_default()).await;
                Ok(json!({}))
            }
            Action::Compact(revision) => {
                let revision = self.variables.text(revision);
                let number =
                    revision.parse().map_err(|_| Unanswered(format!("{revision} is not a revision to compact")))?;
                Ok(json!({"status": self.client.compact(number).await?}))
            }
        }
    }

    async fn repeated(&mut self, call: &Call, until: &BTreeMap<String, Value>) -> Result<Value, Unanswered> {
        let end = self.client.elapsed() + REPEAT_TIMEOUT;
        loop {
            let answer = self.request(call).await?;
            let reached = until.iter().all(|(pointer, wanted)| answer.pointer(pointer) == Some(wanted));
            if reached || self.client.elapsed() >= end {
                return Ok(answer);
            }
            self.client.sleep(REPEAT_INTERVAL).await;
        }
    }

    async fn request(&mut self, call: &Call) -> Result<Value, Unanswered> {
        let reply = self.client.send(self.build(call)?).await?;
        Ok(answer_value(&reply))
    }

    async fn open(&mut self, call: &Call) -> Result<Value, Unanswered> {
        let mut call = call.clone();
        call.query.entry("watch".to_owned()).or_insert_with(|| "true".into());
        let (reply, stream) = self.client.watch(self.build(&call)?).await?;
        let mut head = answer_value(&reply);
        if let (Some(_), Some(head)) = (&stream, head.as_object_mut()) {
            head.remove("body");
        }
        self.watches.insert(call.name, (stream, Duration::from_secs(call.seconds.unwrap_or(READ_SECONDS))));
        Ok(head)
    }

    /// Collects events: with a count, that many and any surplus; without, until the server ends the stream.
    async fn collect(&mut self, name: &str, count: Option<usize>) -> Value {
        let (stream, read_time) = self.watches.remove(name).unwrap_or_default();
        let mut end = self.client.elapsed() + read_time;
        let (mut events, mut ended) = (Vec::new(), stream.is_none());
        if let Some(mut stream) = stream {
            let mut missing = count;
            loop {
                if missing == Some(0) {
                    end = self.client.elapsed() + SURPLUS_WAIT;
                    missing = None;
                }
                let within = end.saturating_sub(self.client.elapsed());
                match self.client.next_line(&mut stream, within).await {
                    Line::Event(line) => {
                        let event: Value = serde_json::from_slice(&line).unwrap_or_default();
                        let bookmark = event.get("type") == Some(&json!("BOOKMARK"));
                        missing = missing.map(|n| n - usize::from(!bookmark));
                        events.push(event);
                    }
                    Line::Quiet => break,
                    Line::End => {
                        ended = true;
                        break;
                    }
                }
            }
        }
        if count.is_some() { json!({"events": events}) } else { json!({"events": events, "ended": ended}) }
    }

    fn build(&self, call: &Call) -> Result<Request, Unanswered> {
        let broken = |what: &str, text: &str| Unanswered(format!("the case has no valid {what}: {text}"));
        let method = call.method.as_deref().unwrap_or("GET");
        let method: Method = method.parse().map_err(|_| broken("method", method))?;
        let body = match (&call.body, &call.raw, &call.base64) {
            (Some(body), ..) => Some(body.substitute(&self.variables).text().into_bytes()),
            (_, Some(raw), _) => Some(self.variables.text(raw).into_bytes()),
            (_, _, Some(coded)) => Some(STANDARD.decode(coded).map_err(|_| broken("base64", coded))?),
            _ => None,
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static("conf/1.0"));
        if let Some(token) = self.tokens.of(call.user.as_ref().unwrap_or(&self.script.user)) {
            let value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| broken("token", token))?;
            headers.insert(header::AUTHORIZATION, value);
        }
        if body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in &call.headers {
            let header: HeaderName = name.parse().map_err(|_| broken("header", name))?;
            headers.remove(&header);
            if let Some(value) = value {
                let value = self.variables.text(value);
                headers.insert(header, HeaderValue::from_str(&value).map_err(|_| broken("header", &value))?);
            }
        }
        Ok(Request { method, target: self.target(call), headers, body: body.unwrap_or_default().into() })
    }

    fn target(&self, call: &Call) -> String {
        let mut target = encode(&self.variables.text(&call.path), "/:%");
        let mut mark = '?';
        for (name, value) in &call.query {
            let values = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
            for value in values {
                let text = value.as_str().map_or_else(|| value.to_string(), |text| self.variables.text(text));
                target.push_str(&format!("{mark}{}={}", encode(name, ""), encode(&text, "")));
                mark = '&';
            }
        }
        target
    }
}

fn encode(text: &str, safe: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-~".contains(&b) || safe.as_bytes().contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The parts of an answer that are compared, before normalisation.
fn answer_value(reply: &Reply) -> Value {
    let mut headers = Map::new();
    for name in HEADERS {
        let values: Vec<_> =
            reply.headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
        if !values.is_empty() {
            headers.insert(name.into(), if name == "warning" { json!(values) } else { values.join(", ").into() });
        }
    }
    let body: Value = match reply.body.as_ref() {
        [] => "".into(),
        [b'k', b'8', b's', 0, ..] => "$protobuf".into(),
        text => serde_json::from_slice(text).unwrap_or_else(|_| String::from_utf8_lossy(text).into_owned().into()),
    };
    json!({"status": reply.status, "headers": headers, "body": body})
}
