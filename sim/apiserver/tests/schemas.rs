//! `src/endpoints/openapi/schemas.json` equals the schemas of k8s-openapi's types. `LOCKSTEP_RECORD=1` rewrites it.
//!
//! The types' schemas are here and not in the crate: they are 25,000 lines of code that every build would compile.
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
use std::{env, fs};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/endpoints/openapi/schemas.json");

/// Adds the schemas of these types.
macro_rules! add {
    ($generator:ident: $($kind:ty),* $(,)?) => { $(add::<$kind>(&mut $generator);)* };
}

fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

/// The schemas of all built-in kinds, in the form of the OpenAPI documents.
fn generated() -> Map<String, Value> {
    let mut generator = SchemaSettings::openapi3().into_generator();
    add!(generator:
        core::Pod,
        core::Node,
        core::Service,
        core::Event,
        core::ConfigMap,
        core::Namespace,
        core::Secret,
        core::ServiceAccount,
        core::LimitRange,
        core::ResourceQuota,
        admission::MutatingWebhookConfiguration,
        admission::ValidatingWebhookConfiguration,
        CustomResourceDefinition,
        authentication::SelfSubjectReview,
        authentication::TokenReview,
        authorization::LocalSubjectAccessReview,
        authorization::SelfSubjectAccessReview,
        authorization::SelfSubjectRulesReview,
        authorization::SubjectAccessReview,
        rbac::ClusterRole,
        rbac::ClusterRoleBinding,
        rbac::Role,
        rbac::RoleBinding,
        apps::Deployment,
        apps::ReplicaSet,
        apps::StatefulSet,
        apps::DaemonSet,
        batch::Job,
        batch::CronJob,
        coordination::Lease,
        events::Event,
        meta::ObjectMeta,
    );
    let mut schemas = generator.take_definitions(true);
    for schema in schemas.values_mut() {
        refer_in_all_of(schema);
        without_required_metadata(schema);
    }
    schemas
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

/// One schema per line, so that a diff shows which schema changed.
fn written(schemas: &Map<String, Value>) -> String {
    let lines: Vec<String> = schemas.iter().map(|(name, schema)| format!("{}: {schema}", json!(name))).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

#[test]
fn table_has_what_the_types_say() {
    let expected = written(&generated());
    if env::var_os("LOCKSTEP_RECORD").is_some() {
        fs::write(FILE, &expected).expect("the table can be written");
    }
    let table = fs::read_to_string(FILE).expect("the table can be read");
    let differs = table.lines().zip(expected.lines()).find(|(is, wanted)| is != wanted);
    let hint = "LOCKSTEP_RECORD=1 cargo test -p apiserver --test schemas writes it anew";
    assert!(table == expected, "schemas.json differs from k8s-openapi, first at {differs:.200?}; {hint}");
}
