//! Expressions of policies and of matchConditions: their variables, and their compilation
//! (k8s.io/apiserver/pkg/admission/plugin/cel/compile.go).
use crate::cel::{OBJECT, PATCH, Program, Refused, Type, opaque};

/// The variables that an expression has besides `object`, `oldObject`, `namespaceObject` and `request`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variables {
    pub(crate) params: bool,
    pub(crate) authorizer: bool,
}

/// The types that an expression may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Bool,
    Text,
    TextOrNull,
    /// An object to apply.
    Object,
    /// The operations of a JSON patch.
    Patches,
    Any,
}

/// Why an expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Uncompiled {
    /// It is wrong, or of another type than wanted.
    Invalid(String),
    /// A constant part has no value.
    Internal(String),
    /// It needs what is not simulated.
    Missing(String),
}

/// The names and types of an expression's variables. The names of a policy's own expressions follow as `variables`.
pub(crate) fn scope(variables: Variables, named: Option<&[(String, Type)]>) -> Vec<(&'static str, Type)> {
    let mut scope =
        vec![("object", Type::Dyn), ("oldObject", Type::Dyn), ("namespaceObject", namespace()), ("request", request())];
    if variables.params {
        scope.push(("params", Type::Dyn));
    }
    if variables.authorizer {
        scope.push(("authorizer", opaque("authorizer")));
        scope.push(("authorizer.requestResource", opaque("resourcecheck")));
    }
    // The last one: it has no value.
    if let Some(named) = named {
        let fields = named.iter().map(|(name, of)| (name.clone(), of.clone()));
        scope.push(("variables", Type::object("kubernetes.variables", fields)));
    }
    scope
}

/// The names and types for an expression that makes an object or a patch: also the types of those.
pub(crate) fn mutation_scope(params: bool, named: Option<&[(String, Type)]>) -> Vec<(&'static str, Type)> {
    let mut scope = scope(Variables { params, authorizer: true }, named);
    let fields = [("op", Type::String), ("path", Type::String), ("from", Type::String), ("value", Type::Dyn)];
    scope.push((OBJECT, Type::of_type(Type::open(OBJECT))));
    scope.push((PATCH, Type::of_type(Type::object(PATCH, fields))));
    scope
}

/// Compiles an expression.
///
/// # Errors
/// In the words of a policy's validation.
pub(crate) fn compile(source: &str, scope: &[(&str, Type)], wanted: Wanted) -> Result<Program, Uncompiled> {
    let program = Program::compile(source, scope).map_err(|refused| match refused {
        Refused::Issues(issues) => Uncompiled::Invalid(format!("compilation failed: {issues}")),
        Refused::Constant(why) => Uncompiled::Internal(format!("program instantiation failed: {why}")),
        Refused::Missing(what) => Uncompiled::Missing(what),
    })?;
    let found = &program.result;
    let (fits, words) = match wanted {
        Wanted::Bool => (*found == Type::Bool, "bool"),
        Wanted::Text => (*found == Type::String, "string"),
        Wanted::TextOrNull => (matches!(found, Type::String | Type::Null), "one of [string null_type]"),
        Wanted::Object => (*found == Type::open(OBJECT), OBJECT),
        Wanted::Patches => (*found == Type::list(Type::open(PATCH)), "list(JSONPatch)"),
        Wanted::Any => (true, ""),
    };
    if !fits {
        return Err(Uncompiled::Invalid(format!("must evaluate to {words} but got {}", found.declared())));
    }
    Ok(program)
}

/// The type under which other expressions know a named one (convertCelTypeToDeclType): only simple types, lists and
/// maps of them keep theirs.
pub(crate) fn known_as(of: &Type) -> Type {
    match of {
        Type::List(items) => Type::list(known_as(items)),
        Type::Map(keys, values) => Type::map(known_as(keys), known_as(values)),
        Type::Null
        | Type::Bool
        | Type::Int
        | Type::Uint
        | Type::Double
        | Type::String
        | Type::Bytes
        | Type::Timestamp
        | Type::Duration => of.clone(),
        _ => Type::Dyn,
    }
}

fn texts<const N: usize>(names: [&'static str; N]) -> [(&'static str, Type); N] {
    names.map(|name| (name, Type::String))
}

/// The type of `request` (BuildRequestType).
fn request() -> Type {
    let kind = Type::object("kubernetes.GroupVersionKind", texts(["group", "version", "kind"]));
    let resource = Type::object("kubernetes.GroupVersionResource", texts(["group", "version", "resource"]));
    let user = Type::object(
        "kubernetes.UserInfo",
        [
            ("username", Type::String),
            ("uid", Type::String),
            ("groups", Type::list(Type::String)),
            ("extra", Type::map(Type::String, Type::list(Type::String))),
        ],
    );
    Type::object(
        "kubernetes.AdmissionRequest",
        [
            ("kind", kind.clone()),
            ("resource", resource.clone()),
            ("subResource", Type::String),
            ("requestKind", kind),
            ("requestResource", resource),
            ("requestSubResource", Type::String),
            ("name", Type::String),
            ("namespace", Type::String),
            ("operation", Type::String),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    )
}

/// The type of `namespaceObject` (BuildNamespaceType). Some members have other types at run time: times are texts.
fn namespace() -> Type {
    let labels = || Type::map(Type::String, Type::String);
    let spec = Type::object("kubernetes.NamespaceSpec", [("finalizers", Type::list(Type::String))]);
    let condition = Type::object(
        "kubernetes.NamespaceCondition",
        [
            ("status", Type::String),
            ("type", Type::String),
            ("lastTransitionTime", Type::Timestamp),
            ("message", Type::String),
            ("reason", Type::String),
        ],
    );
    let status =
        Type::object("kubernetes.NamespaceStatus", [("conditions", Type::list(condition)), ("phase", Type::String)]);
    let metadata = Type::object(
        "kubernetes.NamespaceMetadata",
        [
            ("name", Type::String),
            ("generateName", Type::String),
            ("namespace", Type::String),
            ("labels", labels()),
            ("annotations", labels()),
            ("UID", Type::String),
            ("creationTimestamp", Type::Timestamp),
            ("deletionGracePeriodSeconds", Type::Int),
            ("deletionTimestamp", Type::Timestamp),
            ("generation", Type::Int),
            ("resourceVersion", Type::String),
            ("finalizers", Type::list(Type::String)),
        ],
    );
    Type::object("kubernetes.Namespace", [("metadata", metadata), ("spec", spec), ("status", status)])
}
