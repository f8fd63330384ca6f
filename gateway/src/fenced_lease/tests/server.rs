//! A small API server: as much of store, preconditions and watches as these tests need, and faults by call.
//!
//! It does not model Kubernetes; it only makes the protocol's own tests fail if the protocol is wrong.
use bytes::Bytes;
use futures::{StreamExt, channel::mpsc, stream};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use kube::client::Body;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

pub(super) const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/locks/leases";
pub(super) const REQUESTS: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/work/remediationrequests";

/// A fault of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Executed, but the answer is 504.
    AnswerLost,
    /// Executed, but never answered.
    Unanswered,
    /// Not executed; answered 500.
    NotExecuted,
    /// Answered 504 at once, and executed after this delay.
    Late(Duration),
    /// Sent twice by a proxy: executed twice, and answered with the second answer.
    Twice,
    /// Sent twice by a layer in between: executed once, and answered with that layer's refusal of the second copy.
    SecondRefused(u16),
    /// Executed after the first delay, and answered after the second.
    Slow(Duration, Duration),
    /// Refused with this status code.
    Refused(u16),
}

type Choose = Box<dyn FnMut(&str) -> Option<Fault> + Send>;
type Lags = Box<dyn FnMut() -> Duration + Send>;
type Events = mpsc::UnboundedSender<Bytes>;

/// A watch of a collection: all of it, or only the objects with a gateway's label.
struct Watch {
    collection: String,
    labelled: bool,
    events: Events,
}

impl Watch {
    fn shows(&self, path: &str, object: &Value) -> bool {
        path.starts_with(&self.collection) && (!self.labelled || is_labelled(object))
    }
}

#[derive(Default)]
struct State {
    version: u64,
    objects: BTreeMap<String, Value>,
    watches: Vec<Watch>,
    /// Queries of all watches so far.
    watched: Vec<String>,
    silent: bool,
    /// Events since the beginning, for watches that resume.
    history: Vec<(u64, String, Value)>,
    lags: Option<Lags>,
    two_active: Option<String>,
    log: Vec<String>,
    faults: Option<Choose>,
}

#[derive(Clone, Default)]
pub(super) struct Server(Arc<Mutex<State>>);

impl Server {
    pub(super) fn client(&self) -> kube::Client {
        let server = self.clone();
        kube::Client::new(tower::service_fn(move |request| server.clone().answer(request)), "work")
    }

    /// Chooses the fault of each call by its line in the log.
    pub(super) fn fault(&self, choose: impl FnMut(&str) -> Option<Fault> + Send + 'static) {
        self.state().faults = Some(Box::new(choose));
    }

    /// Gives `fault` to the first call whose line begins with `call`.
    pub(super) fn fault_once(&self, call: &'static str, fault: Fault) {
        let mut left = Some(fault);
        self.fault(move |line| if line.starts_with(call) { left.take() } else { None });
    }

    /// Calls since the previous use, without watches.
    pub(super) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }

    pub(super) fn all(&self, collection: &str) -> Vec<Value> {
        let state = self.state();
        state
            .objects
            .iter()
            .filter(|(path, _)| path.starts_with(collection))
            .map(|(_, object)| object.clone())
            .collect()
    }

    /// Changes the only object of `collection`, as another program would.
    pub(super) fn edit(&self, collection: &str, change: Value) {
        self.edit_nth(collection, 0, change);
    }

    /// Changes one of several, in the order of names.
    pub(super) fn edit_nth(&self, collection: &str, n: usize, change: Value) {
        let mut state = self.state();
        let path = state.objects.keys().filter(|path| path.starts_with(collection)).nth(n).expect("an object").clone();
        let mut object = state.objects[&path].clone();
        merge(&mut object, &change);
        state.store(&path, object, "MODIFIED");
    }

    /// Puts an object there as another program would.
    pub(super) fn put(&self, collection: &str, object: Value) {
        self.state().create(collection, object).expect("the name is free");
    }

    /// Deletes everything in `collection`.
    pub(super) fn delete_all(&self, collection: &str) {
        let mut state = self.state();
        let paths: Vec<String> = state.objects.keys().filter(|path| path.starts_with(collection)).cloned().collect();
        paths.iter().for_each(|path| drop(state.delete(path, &Value::Null)));
    }

    /// Stops all events of watches from now on.
    pub(super) fn silence_watches(&self) {
        self.state().silent = true;
    }

    /// Delays each event by the next of `lags`.
    pub(super) fn lag_watches(&self, lags: impl FnMut() -> Duration + Send + 'static) {
        self.state().lags = Some(Box::new(lags));
    }

    /// All requests at the first commit that left two of them active.
    pub(super) fn two_active(&self) -> Option<String> {
        self.state().two_active.clone()
    }

    /// Ends every watch with an ERROR event 410; no watch can resume.
    pub(super) fn expire_watches(&self) {
        let event = json!({"type": "ERROR", "object": {"kind": "Status", "status": "Failure", "code": 410}});
        let mut state = self.state();
        state.history.clear();
        for watch in state.watches.drain(..) {
            drop(watch.events.unbounded_send(line(&event)));
        }
    }

    /// Queries of the watches since the previous use.
    pub(super) fn take_watched(&self) -> Vec<String> {
        std::mem::take(&mut self.state().watched)
    }

    /// The moments of the calls whose line begins with `call`; all of them get `fault`.
    pub(super) fn moments(&self, call: &'static str, fault: Fault) -> Arc<Mutex<Vec<tokio::time::Instant>>> {
        let moments = Arc::new(Mutex::new(Vec::new()));
        let noted = moments.clone();
        self.fault(move |line| {
            line.starts_with(call).then(|| {
                noted.lock().expect("no test panics in here").push(tokio::time::Instant::now());
                fault
            })
        });
        moments
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics in here")
    }

    async fn answer(self, request: Request<Body>) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.expect("a body in memory").to_bytes();
        let path = parts.uri.path().to_owned();
        if let Some(query) = parts.uri.query().filter(|query| query.contains("watch=true")) {
            let line = format!("WATCH {}", if path == LEASES { "leases" } else { "requests" });
            let fault = self.state().faults.as_mut().and_then(|choose| choose(&line));
            if let Some(Fault::Refused(code)) = fault {
                return Ok(respond(Err((code, "Refused"))));
            }
            let since = query.rsplit_once("resourceVersion=").and_then(|(_, version)| version.parse().ok());
            return Ok(self.watch(path, query, since.expect("a watch resumes from a version")));
        }
        let short = path.replace(LEASES, "leases").replace(REQUESTS, "requests");
        let query_has = |text| parts.uri.query().is_some_and(|query| query.contains(text));
        let (dry, labelled) = (query_has("dryRun"), query_has("labelSelector"));
        let line = format!("{} {short}{}", parts.method, if dry { "?dryRun" } else { "" });
        let fault = {
            let mut state = self.state();
            state.log.push(line.clone());
            state.faults.as_mut().and_then(|choose| choose(&line))
        };
        let server = self.clone();
        let execute = move || server.state().execute_call(&parts.method, &path, &body, (dry, labelled));
        let answer = match fault {
            None => execute(),
            Some(Fault::AnswerLost) => execute().and(Err((504, "Timeout"))),
            Some(Fault::Twice) => {
                drop(execute());
                execute()
            }
            Some(Fault::SecondRefused(code)) => execute().and(Err((code, "Refused"))),
            Some(Fault::Slow(before, after)) => {
                tokio::time::sleep(before).await;
                let answer = execute();
                tokio::time::sleep(after).await;
                answer
            }
            Some(Fault::NotExecuted) => Err((500, "InternalError")),
            Some(Fault::Refused(code)) => Err((code, "Refused")),
            Some(Fault::Unanswered) => {
                drop(execute());
                std::future::pending().await
            }
            Some(Fault::Late(delay)) => {
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    drop(execute());
                });
                Err((504, "Timeout"))
            }
        };
        Ok(respond(answer))
    }

    fn watch(&self, collection: String, query: &str, since: u64) -> Response<BoxBody<Bytes, Infallible>> {
        let (events, lines) = mpsc::unbounded();
        let watch = Watch { collection, labelled: query.contains("labelSelector"), events };
        let mut state = self.state();
        state.watched.push(query.to_owned());
        for (_, _, event) in
            state.history.iter().filter(|(version, at, event)| *version > since && watch.shows(at, &event["object"]))
        {
            drop(watch.events.unbounded_send(line(event)));
        }
        state.watches.push(watch);
        drop(state);
        let server = self.clone();
        let frames = lines.then(move |line| {
            let lag = server.state().lags.as_mut().map(|lags| lags());
            async move {
                if let Some(lag) = lag {
                    tokio::time::sleep(lag).await;
                }
                Ok(hyper::body::Frame::data(line))
            }
        });
        Response::new(BodyExt::boxed(StreamBody::new(frames)))
    }
}

type Answer = Result<(u16, Value), (u16, &'static str)>;

fn respond(answer: Answer) -> Response<BoxBody<Bytes, Infallible>> {
    let (code, body) =
        answer.unwrap_or_else(|(code, reason)| (code, json!({"reason": reason, "message": "as the test wants it"})));
    let frame = stream::iter([Ok(hyper::body::Frame::data(Bytes::from(body.to_string())))]);
    let mut response = Response::new(BodyExt::boxed(StreamBody::new(frame)));
    *response.status_mut() = StatusCode::from_u16(code).expect("a status code");
    response
}

impl State {
    fn execute_call(&mut self, method: &Method, path: &str, body: &[u8], (dry, labelled): (bool, bool)) -> Answer {
        let (before, silent) =
            (dry.then(|| (self.version, self.objects.clone(), self.two_active.clone())), self.silent);
        self.silent |= dry;
        let answer = self.execute(method, path, body, labelled);
        self.silent = silent;
        if let Some(before) = before {
            (self.version, self.objects, self.two_active) = before;
        }
        answer
    }

    fn execute(&mut self, method: &Method, path: &str, body: &[u8], labelled: bool) -> Answer {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        match method.as_str() {
            "GET" if path == LEASES || path == REQUESTS => Ok((200, self.list(path, labelled))),
            "GET" => Ok((200, self.get(path)?.clone())),
            "POST" => self.create(path, body).map(|object| (201, object)),
            "PUT" => self.replace(path, body),
            "PATCH" => self.patch(path.strip_suffix("/status").expect("only status is patched"), &body),
            _ => self.delete(path, &body["preconditions"]),
        }
    }

    fn get(&self, path: &str) -> Result<&Value, (u16, &'static str)> {
        self.objects.get(path).ok_or((404, "NotFound"))
    }

    fn list(&self, collection: &str, labelled: bool) -> Value {
        let listed =
            |(path, object): &(&String, &Value)| path.starts_with(collection) && (!labelled || is_labelled(object));
        let items: Vec<&Value> = self.objects.iter().filter(listed).map(|(_, object)| object).collect();
        json!({"metadata": {"resourceVersion": self.version.to_string()}, "items": items})
    }

    fn create(&mut self, collection: &str, mut object: Value) -> Result<Value, (u16, &'static str)> {
        let path = format!("{collection}/{}", object["metadata"]["name"].as_str().expect("a name"));
        if self.objects.contains_key(&path) {
            return Err((409, "AlreadyExists"));
        }
        object["metadata"]["uid"] = json!(format!("{:08x}-0000-4000-8000-000000000000", self.version + 1));
        Ok(self.store(&path, object, "ADDED"))
    }

    fn replace(&mut self, path: &str, object: Value) -> Answer {
        let stored = self.objects.get(path).ok_or((409, "Conflict"))?;
        for field in ["uid", "resourceVersion"] {
            if stored["metadata"][field] != object["metadata"][field] {
                return Err((409, "Conflict"));
            }
        }
        Ok((200, self.store(path, object, "MODIFIED")))
    }

    fn patch(&mut self, path: &str, patch: &Value) -> Answer {
        let mut object = self.get(path)?.clone();
        if object["metadata"]["uid"] != patch["metadata"]["uid"] {
            return Err((422, "Invalid"));
        }
        if object["metadata"]["resourceVersion"] != patch["metadata"]["resourceVersion"] {
            return Err((409, "Conflict"));
        }
        merge(&mut object["status"], &patch["status"]);
        Ok((200, self.store(path, object, "MODIFIED")))
    }

    fn delete(&mut self, path: &str, preconditions: &Value) -> Answer {
        let mut object = self.get(path)?.clone();
        for field in ["uid", "resourceVersion"] {
            if preconditions.get(field).is_some_and(|expected| *expected != object["metadata"][field]) {
                return Err((409, "Conflict"));
            }
        }
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.objects.remove(path);
        self.notify(path, "DELETED", &object);
        Ok((200, object))
    }

    fn store(&mut self, path: &str, mut object: Value, event: &str) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.objects.insert(path.to_owned(), object.clone());
        self.notify(path, event, &object);
        let requests = self.objects.iter().filter(|(path, _)| path.starts_with(REQUESTS));
        let active = requests.filter(|(_, object)| object["status"]["overallPhase"] != "Completed");
        if active.clone().count() > 1 {
            self.two_active.get_or_insert(format!("{:#?}", active.collect::<Vec<_>>()));
        }
        object
    }

    fn notify(&mut self, path: &str, event: &str, object: &Value) {
        if self.silent {
            return;
        }
        let event = json!({"type": event, "object": object});
        self.watches.retain(|watch| !watch.shows(path, object) || watch.events.unbounded_send(line(&event)).is_ok());
        self.history.push((self.version, path.to_owned(), event));
    }
}

/// Whether an object has the label that gateways give their leases.
fn is_labelled(object: &Value) -> bool {
    object["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "gateway-service"
}

fn line(event: &Value) -> Bytes {
    format!("{event}\n").into()
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else { return target.clone_from(patch) };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            target.as_object_mut().expect("made one above").remove(name);
        } else {
            merge(&mut target[name], value);
        }
    }
}
