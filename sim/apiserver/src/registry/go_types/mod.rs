//! Go's types of the built-in kinds: the structs of k8s.io/api with the names of their members, by which bodies are
//! decoded and written as encoding/json does it.
//!
//! The table is generated (tests/tools/control-plane/cmd/types). The types for merges and field owners are another
//! table, in `structured_merge`: they come from schemas, these from Go's structs.
use read::Reader;
use std::sync::LazyLock;
pub(crate) use types::{Alternative, Form, GoTypes, StructId, TypeId};

mod read;
mod types;

const TABLE: &str = include_str!("kubernetes_1_36.txt");

static BUILTIN: LazyLock<GoTypes> = LazyLock::new(|| Reader::read(TABLE));

/// The types of the built-in kinds.
pub(crate) fn builtin() -> &'static GoTypes {
    &BUILTIN
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn zeros_are_as_in_go() {
        let types = builtin();
        let zero = |kind: &str| Value::Object(types.zero_struct(types.of_kind("v1", kind).unwrap()));
        assert_eq!(zero("ConfigMap"), json!({"metadata": {}}));
        assert_eq!(zero("Pod"), json!({"metadata": {}, "spec": {"containers": null}, "status": {}}));
        let event = json!({"metadata": {}, "involvedObject": {}, "source": {}, "firstTimestamp": null,
            "lastTimestamp": null, "eventTime": null, "reportingComponent": "", "reportingInstance": ""});
        assert_eq!(zero("Event"), event);
    }

    #[test]
    fn types_are_named_as_in_go() {
        let types = builtin();
        let of = types.structure(types.of_kind("v1", "LimitRange").unwrap());
        let spec = &of.fields[of.position("spec").unwrap()];
        assert_eq!(types.name(spec.of), "v1.LimitRangeSpec");
        let Form::Struct(id) = types.form(spec.of) else { panic!("a struct") };
        assert_eq!(types.name(types.structure(id).fields[0].of), "[]v1.LimitRangeItem");
        let kind = &of.fields[of.position("kind").unwrap()];
        assert_eq!((kind.embedded, types.name(kind.of)), ("TypeMeta", "string"));
    }
}
