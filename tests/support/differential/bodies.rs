//! Bodies of objects: mostly valid, often with one member that is not.
//!
//! A reference to an earlier answer is `{"$rv": n}` or `{"$uid": n}`: the n-th candidate, the nearest first. It becomes
//! a variable of the case when the sequence is put together.
use super::draft::Resource;
use proptest::{
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Map, Value, json};

/// The names of objects: few, so that requests meet.
pub(super) const NAMES: [&str; 3] = ["a", "b", "c"];
const FINGERPRINTS: [&str; 2] = [
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100",
];
const TIMES: [&str; 3] =
    ["2026-01-01T00:00:00.000000Z", "2026-01-01T01:00:00.000000+01:00", "2026-03-04T05:06:07.123456Z"];

/// Where a member may be wrong. The first are of all kinds.
const MEMBERS: [&str; 14] = [
    "/apiVersion",
    "/kind",
    "/metadata/labels",
    "/metadata/labels/app",
    "/metadata/annotations",
    "/metadata/finalizers",
    "/metadata/ownerReferences",
    "/metadata/name",
    "/metadata/namespace",
    "/metadata/generateName",
    "/metadata/bogus",
    "/spec",
    "/spec/bogus",
    "/bogus",
];
const LEASE_MEMBERS: [&str; 8] = [
    "/spec/holderIdentity",
    "/spec/leaseDurationSeconds",
    "/spec/leaseTransitions",
    "/spec/renewTime",
    "/spec/acquireTime",
    "/spec/strategy",
    "/spec/preferredHolder",
    "/status",
];
const REQUEST_MEMBERS: [&str; 13] = [
    "/spec/signalFingerprint",
    "/spec/signalName",
    "/spec/severity",
    "/spec/signalType",
    "/spec/targetType",
    "/spec/targetResource",
    "/spec/targetResource/name",
    "/spec/targetResource/bogus",
    "/spec/signalLabels",
    "/spec/signalLabels/x",
    "/status/overallPhase",
    "/status/deduplication/occurrenceCount",
    "/status/conditions",
];

/// A member of an object of this resource.
pub(super) fn member(resource: Resource) -> impl Strategy<Value = &'static str> + Clone {
    let own: &[&str] = match resource {
        Resource::Lease => &LEASE_MEMBERS,
        Resource::Request => &REQUEST_MEMBERS,
    };
    prop_oneof![2 => select(&MEMBERS[..]), 3 => select(own)]
}

/// A value that is seldom the right one.
pub(super) fn odd_value() -> impl Strategy<Value = Value> + Clone {
    select(vec![
        json!(null),
        json!(0),
        json!(-1),
        json!(7),
        json!(1.5),
        json!(2.0),
        json!(2_147_483_648_u64),
        json!(""),
        json!("x"),
        json!("Not A Label!"),
        json!("2026-01-01T00:00:00Z"),
        json!(true),
        json!([]),
        json!(["x"]),
        json!([1]),
        json!({}),
        json!({"x": "y"}),
        json!({"x": 1}),
    ])
}

fn labels() -> impl Strategy<Value = Value> {
    let pair = (select(&["app", "tier", "example.com/team"][..]), select(&["x", "y", ""][..]));
    prop::collection::btree_map(pair.clone().prop_map(|p| p.0), pair.prop_map(|p| p.1), 0..3).prop_map(|map| json!(map))
}

fn finalizers() -> impl Strategy<Value = Value> {
    select(vec![
        json!(["example.com/a"]),
        json!(["example.com/a", "example.com/b"]),
        json!(["orphan"]),
        json!(["bad"]),
        json!(["a/b/c"]),
        json!(["Example.com/a"]),
        json!(["orphan", "foregroundDeletion"]),
    ])
}

fn owners() -> impl Strategy<Value = Value> {
    let owner = |controller: Option<bool>, reference: u8, (api_version, kind): (&str, &str)| {
        let uid = format!("00000000-0000-4000-8000-00000000000{reference}");
        let mut owner = json!({"apiVersion": api_version, "kind": kind, "name": "owner", "uid": uid});
        if let Some(controller) = controller {
            owner["controller"] = controller.into();
        }
        owner
    };
    let kinds = prop_oneof![
        8 => Just(("v1", "ConfigMap")),
        1 => Just(("v1", "Event")),
        1 => Just(("a/b/c", "ConfigMap")),
        1 => Just(("apps/", "Deployment")),
    ];
    let controller = prop::option::of(prop::bool::weighted(0.3));
    prop::collection::vec((controller, 0..3_u8, kinds), 1..3)
        .prop_map(move |list| list.into_iter().map(|(controller, n, kind)| owner(controller, n, kind)).collect())
}

/// What clients send back or make up.
fn owners_of_fields() -> impl Strategy<Value = Value> {
    let entry = |operation: &str, version: &str, fields: Value| {
        json!([{
            "manager": "bob", "operation": operation, "apiVersion": version, "time": "2026-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": fields,
        }])
    };
    let lease = "coordination.k8s.io/v1";
    select(vec![
        json!(null),
        json!([]),
        json!([{}]),
        entry("Update", lease, json!({"f:spec": {"f:holderIdentity": {}}})),
        entry("Apply", lease, json!({"f:spec": {"f:leaseDurationSeconds": {}}})),
        entry("Apply", "kubernaut.ai/v1alpha1", json!({"f:spec": {"f:severity": {}, "f:targetResource": {".": {}}}})),
        entry("Update", "kubernaut.ai/v1alpha1", json!({"f:metadata": {"f:labels": {"f:app": {}}}})),
        entry("Update", "", json!({})),
        entry("Own", lease, json!({})),
        entry("Update", lease, json!({"spec": {}})),
    ])
}

fn metadata() -> impl Strategy<Value = Map<String, Value>> {
    let system = prop_oneof![
        6 => Just(None),
        1 => (0..4_u8).prop_map(|n| Some(("uid", json!({"$uid": n})))),
        1 => Just(Some(("generation", json!(7)))),
        1 => Just(Some(("creationTimestamp", json!("2020-01-01T00:00:00Z")))),
        1 => Just(Some(("deletionTimestamp", json!("2020-01-01T00:00:00Z")))),
        1 => Just(Some(("namespace", json!("elsewhere")))),
        1 => Just(Some(("namespace", json!("{ns}")))),
        1 => Just(Some(("selfLink", json!("/x")))),
        1 => owners_of_fields().prop_map(|owners| Some(("managedFields", owners))),
    ];
    let maybe = |weight: f64, strategy: BoxedStrategy<Value>| prop::option::weighted(weight, strategy);
    (
        maybe(0.5, labels().boxed()),
        maybe(0.2, labels().boxed()),
        maybe(0.15, finalizers().boxed()),
        maybe(0.1, owners().boxed()),
        system,
    )
        .prop_map(|(labels, annotations, finalizers, owners, system)| {
            let members = [
                ("labels", labels),
                ("annotations", annotations),
                ("finalizers", finalizers),
                ("ownerReferences", owners),
            ];
            let set = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
            set.chain(system).map(|(name, value)| (name.to_owned(), value)).collect()
        })
}

fn lease_spec() -> impl Strategy<Value = Value> {
    let maybe = |strategy: BoxedStrategy<Value>| prop::option::weighted(0.6, strategy);
    let time = || select(&TIMES[..]).prop_map(Value::from).boxed();
    let text = |values: &'static [&'static str]| select(values).prop_map(Value::from).boxed();
    let numbers = |values: &'static [i64]| select(values).prop_map(Value::from).boxed();
    (
        maybe(text(&["one", "two", ""])),
        maybe(numbers(&[15, 1, 30])),
        maybe(numbers(&[0, 1, 2])),
        maybe(time()),
        maybe(time()),
    )
        .prop_map(|(holder, duration, transitions, acquired, renewed)| {
            object([
                ("holderIdentity", holder),
                ("leaseDurationSeconds", duration),
                ("leaseTransitions", transitions),
                ("acquireTime", acquired),
                ("renewTime", renewed),
            ])
        })
}

fn request_spec() -> impl Strategy<Value = Value> {
    let text = |values: &'static [&'static str]| select(values).prop_map(Value::from).boxed();
    let maybe = |weight: f64, strategy: BoxedStrategy<Value>| prop::option::weighted(weight, strategy);
    (
        text(&FINGERPRINTS),
        text(&["critical", "warning"]),
        maybe(0.4, text(&["HighLoad", "Crash"])),
        maybe(0.2, text(&["alert", "event"])),
        maybe(0.2, text(&["kubernetes", "aws"])),
        maybe(0.2, select(vec![json!({"kind": "Pod", "name": "p"})]).boxed()),
        maybe(0.2, labels().boxed()),
        maybe(0.2, text(&["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5+02:00"])),
    )
        .prop_map(|(fingerprint, severity, name, kind, target, resource, labels, time)| {
            object([
                ("signalFingerprint", Some(fingerprint)),
                ("severity", Some(severity)),
                ("signalName", name),
                ("signalType", kind),
                ("targetType", target),
                ("targetResource", resource),
                ("signalLabels", labels),
                ("firingTime", time),
            ])
        })
}

/// The status of a request.
pub(super) fn status() -> impl Strategy<Value = Value> {
    let phase = select(&["Pending", "Completed", "Failed"][..]).prop_map(Value::from);
    let count = select(&[1_i64, 2, 3][..]).prop_map(|n| json!({"occurrenceCount": n}));
    let conditions = select(vec![
        json!([{"type": "Ready", "status": "True"}]),
        json!([{"type": "Ready", "status": "True"}, {"type": "Seen", "status": "False"}]),
    ]);
    let maybe = |weight: f64, strategy: BoxedStrategy<Value>| prop::option::weighted(weight, strategy);
    (maybe(0.6, phase.boxed()), maybe(0.5, count.boxed()), maybe(0.2, conditions.boxed())).prop_map(
        |(phase, count, conditions)| {
            object([("overallPhase", phase), ("deduplication", count), ("conditions", conditions)])
        },
    )
}

fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}

/// A whole object of this name; one in five has one odd member: of several errors the real
/// server's order is that of a Go map.
pub(super) fn whole(resource: Resource, name: &'static str) -> impl Strategy<Value = Value> {
    let spec = match resource {
        Resource::Lease => lease_spec().boxed(),
        Resource::Request => request_spec().boxed(),
    };
    let status = prop::option::weighted(if resource == Resource::Request { 0.2 } else { 0.03 }, status());
    let odd = (member(resource), odd_value());
    let odds = prop_oneof![7 => Just(Vec::new()), 2 => odd.clone().prop_map(|one| vec![one]), 1 => Just(Vec::new())];
    (metadata(), spec, status, odds).prop_map(move |(mut metadata, spec, status, odds)| {
        metadata.insert("name".to_owned(), name.into());
        let mut body = json!({
            "apiVersion": resource.api_version(), "kind": resource.kind(), "metadata": metadata, "spec": spec,
        });
        if let Some(status) = status {
            body["status"] = status;
        }
        for (pointer, value) in odds {
            put(&mut body, pointer, value);
        }
        body
    })
}

/// Part of an object, as a merge patch has it: some members, some of them null.
pub(super) fn part(resource: Resource, name: &'static str) -> impl Strategy<Value = Value> {
    let nulls = prop::collection::vec(member(resource), 0..2);
    (whole(resource, name), prop::collection::vec(any::<Index>(), 1..4), nulls).prop_map(
        move |(whole, picks, nulls)| {
            let mut members = Vec::new();
            leaves(&whole, String::new(), &mut members);
            members.retain(|(pointer, _)| !matches!(pointer.as_str(), "/apiVersion" | "/kind" | "/metadata/name"));
            let mut part = json!({});
            for pick in picks.iter().filter(|_| !members.is_empty()) {
                let (pointer, value) = pick.get(&members);
                put(&mut part, pointer, value.clone());
            }
            for pointer in nulls {
                put(&mut part, pointer, Value::Null);
            }
            part
        },
    )
}

/// The members two levels deep.
fn leaves(value: &Value, at: String, out: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) if at.matches('/').count() < 2 => {
            for (name, member) in map {
                leaves(member, format!("{at}/{}", name.replace('/', "~1")), out);
            }
        }
        other => out.push((at, other.clone())),
    }
}

/// Sets a member; what is on the way and no object becomes one.
pub(super) fn put(body: &mut Value, pointer: &str, value: Value) {
    let mut at = body;
    for name in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = json!({});
        }
        at = at.as_object_mut().expect("just made one").entry(name.replace("~1", "/")).or_insert(Value::Null);
    }
    *at = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn put_makes_way_for_a_member() {
        let mut body = json!({"spec": 1});
        put(&mut body, "/spec/a/b", json!(2));
        put(&mut body, "/metadata/labels/x~1y", json!("z"));
        assert_eq!(body, json!({"spec": {"a": {"b": 2}}, "metadata": {"labels": {"x/y": "z"}}}));
    }
}
