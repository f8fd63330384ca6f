//! The schemas of a group version: for built-in kinds from k8s-openapi, for custom ones from their definition
//! (k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder).
use super::group_version_kind;
use crate::{extensions, registry::resources::Kind};
use k8s_openapi::{
    api::{
        admissionregistration::v1 as admission, apps::v1 as apps, authentication::v1 as authentication,
        authorization::v1 as authorization, batch::v1 as batch, coordination::v1 as coordination, core::v1 as core,
        events::v1 as events, rbac::v1 as rbac,
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
    apimachinery::pkg::apis::meta::v1 as meta,
};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

const API_VERSION: &str = "APIVersion defines the versioned schema of this representation of an object. Servers should \
    convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";
const KIND: &str = "Kind is a string value representing the REST resource this object represents. Servers may infer this \
    from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";
const METADATA: &str = "Standard object's metadata. More info: \
    https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// All schemas that the kinds of one group version need.
pub(super) fn of(kinds: &[&Kind]) -> Map<String, Value> {
    let mut generator = SchemaSettings::openapi3().into_generator();
    let mut custom = Map::new();
    for kind in kinds {
        match &kind.openapi {
            Some(schema) => {
                generator.subschema_for::<meta::ObjectMeta>();
                custom.insert(name(kind), custom_schema(kind, schema));
            }
            None => add_builtin(&mut generator, kind),
        }
    }
    let mut schemas = generator.take_definitions(true);
    for schema in schemas.values_mut() {
        refer_in_all_of(schema);
        without_required_metadata(schema);
    }
    super::enums::add(&mut schemas);
    for kind in kinds {
        if let Some(schema) = schemas.get_mut(&name(kind)).filter(|_| !kind.custom) {
            schema["x-kubernetes-group-version-kind"] = json!([group_version_kind(kind)]);
        }
    }
    schemas.append(&mut custom);
    schemas
}

/// The name of a kind's schema: `io.k8s.api.apps.v1.Deployment`; for a custom kind its group reversed.
pub(super) fn name(kind: &Kind) -> String {
    let group = kind.group.as_str();
    if kind.custom {
        let backwards: Vec<_> = group.split('.').rev().collect();
        return format!("{}.{}.{}", backwards.join("."), kind.version, kind.kind);
    }
    if group == extensions::GROUP {
        return format!("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.{}.{}", kind.version, kind.kind);
    }
    let package = group.split('.').next().filter(|package| !package.is_empty()).unwrap_or("core");
    format!("io.k8s.api.{package}.{}.{}", kind.version, kind.kind)
}

fn add_builtin(generator: &mut SchemaGenerator, kind: &Kind) {
    fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
        generator.subschema_for::<T>();
    }
    let add: fn(&mut SchemaGenerator) = match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => add::<core::Pod>,
        ("", "Node") => add::<core::Node>,
        ("", "Service") => add::<core::Service>,
        ("", "Event") => add::<core::Event>,
        ("", "ConfigMap") => add::<core::ConfigMap>,
        ("", "Namespace") => add::<core::Namespace>,
        ("", "Secret") => add::<core::Secret>,
        ("", "ServiceAccount") => add::<core::ServiceAccount>,
        ("", "LimitRange") => add::<core::LimitRange>,
        ("", "ResourceQuota") => add::<core::ResourceQuota>,
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => {
            add::<admission::MutatingWebhookConfiguration>
        }
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => {
            add::<admission::ValidatingWebhookConfiguration>
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => add::<CustomResourceDefinition>,
        ("authentication.k8s.io", "SelfSubjectReview") => add::<authentication::SelfSubjectReview>,
        ("authentication.k8s.io", "TokenReview") => add::<authentication::TokenReview>,
        ("authorization.k8s.io", "LocalSubjectAccessReview") => add::<authorization::LocalSubjectAccessReview>,
        ("authorization.k8s.io", "SelfSubjectAccessReview") => add::<authorization::SelfSubjectAccessReview>,
        ("authorization.k8s.io", "SelfSubjectRulesReview") => add::<authorization::SelfSubjectRulesReview>,
        ("authorization.k8s.io", "SubjectAccessReview") => add::<authorization::SubjectAccessReview>,
        ("rbac.authorization.k8s.io", "ClusterRole") => add::<rbac::ClusterRole>,
        ("rbac.authorization.k8s.io", "ClusterRoleBinding") => add::<rbac::ClusterRoleBinding>,
        ("rbac.authorization.k8s.io", "Role") => add::<rbac::Role>,
        ("rbac.authorization.k8s.io", "RoleBinding") => add::<rbac::RoleBinding>,
        ("apps", "Deployment") => add::<apps::Deployment>,
        ("apps", "ReplicaSet") => add::<apps::ReplicaSet>,
        ("apps", "StatefulSet") => add::<apps::StatefulSet>,
        ("apps", "DaemonSet") => add::<apps::DaemonSet>,
        ("batch", "Job") => add::<batch::Job>,
        ("batch", "CronJob") => add::<batch::CronJob>,
        ("coordination.k8s.io", "Lease") => add::<coordination::Lease>,
        ("events.k8s.io", "Event") => add::<events::Event>,
        _ => return,
    };
    add(generator);
}

fn custom_schema(kind: &Kind, schema: &Value) -> Value {
    let mut schema = schema.clone();
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    let reference = json!([{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}]);
    schema["properties"]["apiVersion"] = json!({"description": API_VERSION, "type": "string"});
    schema["properties"]["kind"] = json!({"description": KIND, "type": "string"});
    schema["properties"]["metadata"] = json!({"description": METADATA, "allOf": reference});
    schema["x-kubernetes-group-version-kind"] = json!([group_version_kind(kind)]);
    schema
}

/// Makes metadata optional, as in the API; the Rust types always have it.
fn without_required_metadata(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    let Some(required) = map.get_mut("required").and_then(Value::as_array_mut) else { return };
    required.retain(|name| name != "metadata");
    if required.is_empty() {
        map.remove("required");
    }
}

/// Wraps a reference in `allOf`, because a reference cannot have a description beside it.
fn refer_in_all_of(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.len() > 1
                // JSONSchemaProps has a member of that name.
                && map.get("$ref").is_some_and(Value::is_string)
                && let Some(reference) = map.remove("$ref")
            {
                map.insert("allOf".into(), json!([{"$ref": reference}]));
            }
            map.values_mut().for_each(refer_in_all_of);
        }
        Value::Array(list) => list.iter_mut().for_each(refer_in_all_of),
        _ => {}
    }
}
