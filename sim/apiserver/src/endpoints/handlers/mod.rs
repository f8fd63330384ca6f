//! Request handling (k8s.io/apiserver/pkg/endpoints/handlers and pkg/registry/generic/registry): routing, and the code
//! that all verbs share. Each verb has a module.
use super::discovery;
use crate::{
    Answer, AnswerBody, Request, ResourceId, ServerId,
    access::{
        authentication::{self, User},
        authorizer::{self, Attributes, Decision},
        rbac::{
            Rbac,
            escalation::{self, Grant},
        },
    },
    apply::managed_fields::FieldManager,
    base::{
        object::{self, Object, encode},
        selectors::{self, demanded_name},
        status::{self, Outcome},
    },
    codec::{
        negotiation::{self, Encoding, Form, Shape},
        representation,
        table::{self, Include, Style},
    },
    extensions,
    registry::{
        builtin::{self, access::RBAC},
        resources::{Kind, Registry},
    },
    request::{
        options::Options,
        request_info::{self, RequestInfo, Target},
    },
    server::state::ApiServer,
    validation::{self, event::Through},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

mod apply;
mod create;
mod definition;
mod delete;
mod get;
mod list;
mod namespace;
mod patch;
mod response;
mod scale;
mod update;
mod watch;

/// The actor of fixtures: not subject to authorization.
pub(crate) const ADMIN: u32 = u32::MAX;

/// One request to a known resource.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    pub(crate) server: ServerId,
    pub(crate) actor: u32,
    /// The authenticated user, if requests are authenticated.
    pub(crate) user: Option<&'a User>,
    pub(crate) now: Timestamp,
    pub(crate) kind: &'a Kind,
    /// The namespace; empty for cluster-scoped kinds and for all namespaces.
    pub(crate) namespace: &'a str,
    /// The object's name; empty for collections.
    pub(crate) name: &'a str,
    /// `status`, `scale`, for namespaces `finalize`; empty for the object itself.
    pub(crate) subresource: &'a str,
    pub(crate) options: Options<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) form: Form,
    /// The part of each object that accompanies its row in a table.
    pub(crate) include: Include,
}

impl Call<'_> {
    pub(crate) fn resource(&self) -> ResourceId {
        self.kind.storage
    }

    pub(crate) fn key(&self) -> String {
        self.kind.key(self.namespace, self.name)
    }

    /// An object in its stored form.
    pub(crate) fn stored(&self, value: Value) -> Value {
        if self.kind.custom && self.kind.is_view() { extensions::stored(&value, self.kind) } else { value }
    }

    /// The field manager: the one that the request names, or the program's name (prefixFromUserAgent).
    pub(crate) fn manager(&self) -> String {
        if !self.options.field_manager.is_empty() {
            return self.options.field_manager.clone().into_owned();
        }
        let agent = self.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let program =
            agent.split('/').next().unwrap_or_default().chars().filter(|c| validation::options::is_printable(*c));
        program.take(validation::options::FIELD_MANAGER_LIMIT).collect()
    }

    pub(crate) fn field_manager<'a>(&'a self, registry: &'a Registry) -> FieldManager<'a> {
        FieldManager::new(registry, self.kind, self.subresource, self.now)
    }

    /// The encoding of the body.
    ///
    /// # Errors
    /// 415 for a type that no Kubernetes API knows, 501 for protobuf of a custom resource: kube-apiserver 1.36 panics
    /// on it and closes the connection.
    pub(crate) fn body_encoding(&self) -> Outcome<Encoding> {
        match negotiation::of_body(self.headers)? {
            Encoding::Protobuf if self.kind.custom => Err(status::not_simulated("protobuf of a custom resource")),
            encoding => Ok(encoding),
        }
    }

    /// The 404 for the object of this call.
    pub(crate) fn not_found(&self) -> Box<status::Status> {
        status::not_found(self.kind.subject(), self.name)
    }

    pub(crate) fn object_answer(&self, code: u16, object: &Object, warnings: &[String]) -> Answer {
        match self.form.shape {
            Shape::Object if !self.kind.is_view() => json_answer(code, object.json().clone(), warnings),
            _ => self.value_answer(code, &object.value, warnings),
        }
    }

    /// The answer for an object that is not stored: from a dry run, or from the update that completes a deletion.
    pub(crate) fn value_answer(&self, code: u16, value: &Value, warnings: &[String]) -> Answer {
        let body = match self.form.shape {
            Shape::Object => encode(&*self.kind.shown(value)),
            Shape::Metadata { version, .. } => encode(&table::partial(version, value)),
            Shape::Table(version) => {
                let style = Style { version, include: self.include };
                encode(&table::single(self.kind, style, value, self.now, true))
            }
        };
        json_answer(code, body, warnings)
    }

    /// The API through which an event was sent.
    pub(crate) fn through(&self) -> Through {
        if self.kind.is_view() { Through::Events } else { Through::Core }
    }
}

/// A JSON answer with a Warning header for each warning.
pub(crate) fn json_answer(code: u16, body: Bytes, warnings: &[String]) -> Answer {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    status::add_warnings(&mut headers, warnings);
    Answer { status: code, headers, body: AnswerBody::Full(body) }
}

impl ApiServer {
    pub(crate) fn dispatch(
        &mut self,
        registry: &Registry,
        server: ServerId,
        actor: u32,
        request: &Request,
        now: Timestamp,
    ) -> Outcome<Answer> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let info = match request_info::parse(path) {
            Target::Resource(info) => info,
            Target::Path(path) => {
                let verb = request.method.as_str().to_ascii_lowercase();
                self.admit(&bare_attributes(actor, request, &verb, path))?;
                return discovery::answer(registry, path, request);
            }
        };
        let options = Options::parse(query);
        let collection = info.name.is_empty();
        let watch = info.watch_prefix || options.as_ref().is_ok_and(|options| options.watch);
        let prefixed = info.watch_prefix && request.method == Method::GET;
        let verb = request_info::verb(&request.method, collection || prefixed, watch);
        let mut attributes = authorizer::resource_attributes(actor, &request.headers, verb, &info, path);
        if let (true, Ok(options)) = (matches!(verb, "list" | "watch"), &options) {
            // Options that do not parse select no name.
            let parsed = |_: &&str| selectors::check_syntax(&options.label_selector, "").is_ok();
            attributes.name = demanded_name(&options.field_selector).filter(parsed).unwrap_or_default();
        }
        let user = self.admit(&attributes)?;
        let Some(kind) = registry.find(info.group, info.version, info.resource) else {
            return unknown_resource(registry, &info);
        };
        if kind.custom && kind.namespaced && info.namespace.is_empty() && (!collection || request.method != Method::GET)
        {
            return Ok(discovery::page_not_found());
        }
        check_route(kind, &info, &request.method)?;
        let form = negotiation::accepted(&request.headers, kind, verb)?;
        let options = options?;
        let namespace = if kind.namespaced { &*info.namespace } else { "" };
        let call = Call {
            server,
            actor,
            user: user.as_ref(),
            now,
            kind,
            namespace,
            name: &info.name,
            subresource: info.subresource,
            include: Include::parse(&options.include_object).unwrap_or(Include::Metadata),
            options,
            headers: &request.headers,
            body: &request.body,
            form,
        };
        let warned = |status: Box<status::Status>| match &kind.deprecation {
            Some(warning) => status.also_warned(warning),
            None => status,
        };
        let answer = self.execute(&call, verb).map_err(warned)?;
        let mut answer = call.transformed(verb, answer);
        if let Some(warning) = &kind.deprecation {
            status::warn_first(&mut answer.headers, warning);
        }
        if form.encoding == Encoding::Json { Ok(answer) } else { representation::encoded(answer, form.encoding) }
    }

    fn execute(&mut self, call: &Call<'_>, verb: &str) -> Outcome<Answer> {
        if let Some(scale) = call.kind.scale.as_ref().filter(|_| call.subresource == "scale") {
            return self.scale(call, scale, verb);
        }
        match verb {
            "get" => self.get(call),
            "list" => self.list(call),
            "watch" => self.watch(call),
            "create" if call.kind.create_only => self.review(call),
            "create" => self.create(call),
            "update" => self.update(call),
            "patch" => self.patch(call),
            "delete" if call.kind.kind == "Namespace" && !call.kind.custom => self.delete_namespace(call),
            "delete" if call.kind.group == extensions::GROUP => self.delete_definition(call),
            "delete" => self.delete(call),
            "deletecollection" => self.delete_collection(call),
            _ => Err(status::method_not_allowed()),
        }
    }

    /// Authenticates and authorizes a request; None without authentication.
    fn admit(&self, attributes: &Attributes<'_>) -> Outcome<Option<User>> {
        if attributes.actor == ADMIN {
            return Ok(None);
        }
        let Some(tokens) = self.tokens() else {
            self.ask_hook(attributes)?;
            return Ok(None);
        };
        let requestor = authentication::authenticate(tokens, attributes.headers)?;
        let attributes = Attributes { user: Some(&requestor), ..*attributes };
        let check = |wanted: &Attributes<'_>| self.check_roles(wanted);
        let impersonated = authentication::impersonate(&attributes, &check)?;
        let attributes = Attributes { user: Some(impersonated.as_ref().unwrap_or(&requestor)), ..attributes };
        self.check_roles(&attributes)?;
        self.ask_hook(&attributes)?;
        Ok(Some(impersonated.unwrap_or(requestor)))
    }

    fn ask_hook(&self, attributes: &Attributes<'_>) -> Outcome<()> {
        let Some(hook) = &self.authorizer else { return Ok(()) };
        match hook(attributes) {
            Decision::Allow => Ok(()),
            Decision::Deny { user } => Err(attributes.refusal(&user, "")),
            Decision::Unauthenticated => Err(status::unauthorized()),
        }
    }

    fn check_roles(&self, attributes: &Attributes<'_>) -> Outcome<()> {
        let Some(user) = attributes.user else { return Ok(()) };
        let verdict = Rbac::new(&self.store, &self.registry).authorize(user, attributes);
        if verdict.allowed { Ok(()) } else { Err(attributes.refuse(&verdict.reason)) }
    }

    /// Checks that a user grants only rights that he has himself.
    pub(crate) fn check_grant(&self, call: &Call<'_>, value: &Value, old: Option<&Value>) -> Outcome<()> {
        let (Some(user), RBAC) = (call.user, call.kind.group.as_str()) else { return Ok(()) };
        let request = Attributes {
            actor: call.actor,
            user: call.user,
            headers: call.headers,
            verb: "",
            group: RBAC,
            resource: &call.kind.plural,
            subresource: call.subresource,
            namespace: call.namespace,
            name: call.name,
            path: "",
        };
        let grant = Grant { kind: call.kind, user, request: &request, value, old };
        escalation::check(&Rbac::new(&self.store, &self.registry), &grant)
    }

    /// Records the field owners of an object that replaces `live` or is created.
    pub(crate) fn own_fields(&self, call: &Call<'_>, live: Option<&Value>, new: &mut Value) {
        if !self.field_management {
            object::metadata_mut(new).remove("managedFields");
            return;
        }
        let manager = call.field_manager(&self.registry);
        match live {
            Some(live) => manager.update(live, new, &call.manager()),
            None => manager.update(&manager.empty(), new, &call.manager()),
        }
    }

    /// The object of a call, in the form of the call's version.
    pub(crate) fn current(&self, call: &Call<'_>) -> Option<Arc<Object>> {
        let found = self.store.get(call.resource(), &call.key())?;
        if !call.kind.custom || !call.kind.is_view() {
            return Some(Arc::clone(found));
        }
        let (namespace, name) = (Arc::clone(&found.namespace), Arc::clone(&found.name));
        let value = call.kind.shown(&found.value).into_owned();
        Some(Arc::new(Object::new(namespace, name, Arc::new(value), found.revision)))
    }

    /// Namespace lifecycle admission: refuses a creation in a namespace that does not exist or is terminating, or of a
    /// kind whose definition is being deleted.
    pub(crate) fn admit_create(&self, call: &Call<'_>, name: &str) -> Outcome<()> {
        if call.kind.custom && self.extensions.is_terminating(call.resource()) {
            let why = "create not allowed while custom resource definition is terminating";
            return Err(status::forbidden(call.kind.subject(), name, why));
        }
        if !call.kind.namespaced {
            return Ok(());
        }
        let Some(namespaces) = self.registry.find("", "v1", "namespaces") else { return Ok(()) };
        let Some(namespace) = self.store.get(namespaces.id, call.namespace) else {
            return Err(status::not_found(namespaces.subject(), call.namespace));
        };
        if namespace.is_terminating() {
            return Err(status::namespace_terminating(call.kind.subject(), name, call.namespace));
        }
        Ok(())
    }
}

fn bare_attributes<'a>(actor: u32, request: &'a Request, verb: &'a str, path: &'a str) -> Attributes<'a> {
    Attributes {
        actor,
        user: None,
        headers: &request.headers,
        verb,
        group: "",
        resource: "",
        subresource: "",
        namespace: "",
        name: "",
        path,
    }
}

/// The 404 for an unknown resource: built-in groups answer in JSON, custom ones in plain text, because two servers of a
/// chain answer.
fn unknown_resource(registry: &Registry, info: &RequestInfo<'_>) -> Outcome<Answer> {
    if builtin::ABSENT_GROUPS.contains(&info.group) {
        return Err(status::not_simulated(&format!("API group {}", info.group)));
    }
    let known = registry.kinds().find(|k| k.group == info.group && k.version == info.version);
    match known {
        Some(kind) if !kind.custom && builtin::ABSENT_RESOURCES.contains(&info.resource) => {
            Err(status::not_simulated(&format!("resource {}", info.resource)))
        }
        Some(kind) if !kind.custom => Err(status::no_such_resource()),
        _ => Ok(discovery::page_not_found()),
    }
}

/// Checks that the kind has this path and method.
fn check_route(kind: &Kind, info: &RequestInfo<'_>, method: &Method) -> Outcome<()> {
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

fn check_subresource(kind: &Kind, info: &RequestInfo<'_>, method: &Method) -> Outcome<()> {
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
            let absent = builtin::ABSENT_SUBRESOURCES
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

/// Parses a resourceVersion; an empty one is 0.
///
/// # Errors
/// Go's message for a text that is not a number.
pub(crate) fn parse_revision(text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    // Go's ParseUint accepts no sign.
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        let value = Value::from(text);
        format!("resourceVersion: Invalid value: {value}: strconv.ParseUint: parsing {value}: invalid syntax")
    })
}

/// The resourceVersion in a body.
pub(crate) fn body_revision(value: &Value) -> Outcome<u64> {
    let text = object::meta_str(value, "resourceVersion");
    parse_revision(text)
        .map_err(|_| status::bare_error(format!("strconv.ParseUint: parsing {}: invalid syntax", Value::from(text))))
}
