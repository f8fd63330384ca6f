//! Dispatches a request to the handler of its verb (k8s.io/apiserver/pkg/endpoints/installer.go).
use super::{authorize, discovery, page, routes};
use crate::{
    base::{
        id::ServerId,
        names::NameRule,
        request::{Answer, Request},
        selectors::{self, field::demanded_name},
        status::{self, Outcome},
        warning,
    },
    codec::{
        negotiation::{self, Encoding},
        representation,
        table::Include,
    },
    registry::{group::EXTENSIONS, resources::Registry},
    request::{
        call::Call,
        duration,
        options::Options,
        request_info::{self, Target},
    },
    server::state::ApiServer,
};
use jiff::Timestamp;

/// The name that the options of a list or a watch select; none if the options do not parse
/// (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go).
fn selected_name(verb: &str, options: &Options<'_>) -> Option<String> {
    if !matches!(verb, "list" | "watch") || options.check(verb, false).is_err() {
        return None;
    }
    let name = demanded_name(&options.field_selector)?;
    let parsed = selectors::check_syntax(&options.label_selector, "").is_ok();
    (parsed && NameRule::PathSegment.check(&name).is_empty()).then_some(name)
}

/// Subresources whose requests last as long as their clients want.
const LONG_RUNNING: [&str; 5] = ["attach", "exec", "log", "portforward", "proxy"];

/// Checks the timeout that the client asks for. Watches have one of their own.
fn check_timeout(options: &Options<'_>, long_running: bool) -> Outcome<()> {
    if long_running || options.timeout.is_empty() {
        return Ok(());
    }
    duration::check(&options.timeout)
        .map_err(|why| status::bad_request(format!("invalid timeout specified in the request URL - {why}")))
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
        let options = Options::parse(query);
        let info = match request_info::parse(path) {
            Target::Resource(info) => info,
            Target::Unknowable(path) => return Ok(page::unknowable(path)),
            Target::Path(path) => {
                check_timeout(&options, path.starts_with("/debug/pprof/"))?;
                return self.answer_path(registry, actor, request, path);
            }
        };
        let collection = info.name.is_empty();
        let watch = info.watch_prefix || options.watch;
        let verb = match info.watch_prefix {
            true => "watch",
            false => request_info::verb(&request.method, collection, watch),
        };
        let mut attributes = authorize::resource_attributes(actor, &request.headers, verb, &info, path);
        let named = if info.watch_prefix { None } else { selected_name(verb, &options) };
        check_timeout(&options, verb == "watch" || LONG_RUNNING.contains(&info.subresource))?;
        if let Some(name) = &named {
            attributes.name = name;
        }
        let user = self.admit(&attributes)?;
        let Some(kind) = registry.find(info.group, info.version, info.resource) else {
            return routes::unknown_resource(registry, &info);
        };
        let across = matches!(verb, "list" | "watch") && (collection || info.watch_prefix);
        if kind.custom && kind.namespaced == info.namespace.is_empty() && !(kind.namespaced && across) {
            return Ok(page::page_not_found());
        }
        routes::check_route(kind, &info, &request.method)?;
        let form = negotiation::accepted(&request.headers, kind, verb, info.subresource)?;
        options.check(verb, !request.body.is_empty())?;
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
            admitted: false,
            form,
        };
        let warned = |status: Box<status::Status>| match &kind.deprecation {
            Some(warning) => status.also_warned(warning),
            None => status,
        };
        let answer = self.execute(&call, verb).map_err(warned)?;
        let mut answer = call.transformed(verb, answer);
        if let Some(warning) = &kind.deprecation {
            warning::warn_first(&mut answer.headers, warning);
        }
        if form.encoding == Encoding::Json { Ok(answer) } else { representation::encoded(answer, form.encoding) }
    }

    /// Answers a request that is not for a resource.
    fn answer_path(&mut self, registry: &Registry, actor: u32, request: &Request, path: &str) -> Outcome<Answer> {
        let verb = request.method.as_str().to_ascii_lowercase();
        self.admit(&authorize::bare_attributes(actor, request, &verb, path))?;
        discovery::answer(registry, path, request)
    }

    fn execute(&mut self, call: &Call<'_>, verb: &str) -> Outcome<Answer> {
        if let Some(scale) = call.kind.scale.as_ref().filter(|_| call.subresource == "scale") {
            return self.scale(call, scale, verb);
        }
        if let Some(below) = call.kind.below.iter().find(|below| below.name == call.subresource) {
            return self.execute_below(call, below, verb);
        }
        match verb {
            "get" | "list" if call.kind.computed => self.component_statuses(call),
            "watch" if call.kind.computed => Err(status::unsupported_method(call.kind.subject(), verb)),
            "create" if call.kind.kind == "Binding" && !call.kind.custom => self.bind(call),
            "get" => self.get(call),
            "list" => self.list(call),
            "watch" => self.watch(call),
            "create" if call.kind.create_only => self.review(call),
            "create" => self.create(call),
            "update" => self.update(call),
            "patch" => self.patch(call),
            "delete" if call.kind.kind == "Namespace" && !call.kind.custom => self.delete_namespace(call),
            "delete" if call.kind.group == EXTENSIONS => self.delete_definition(call),
            "delete" => self.delete(call),
            "deletecollection" => self.delete_collection(call),
            _ => Err(status::method_not_allowed()),
        }
    }
}
