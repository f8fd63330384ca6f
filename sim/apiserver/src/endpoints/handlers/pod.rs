//! What the admission plugins add to a pod: tolerations of nodes that are not ready, its priority, and the demands of
//! its runtime class (k8s.io/kubernetes/plugin/pkg/admission/{defaulttolerationseconds,priority}).
use crate::{
    base::{
        object,
        status::{self, Outcome},
    },
    request::call::Call,
    server::state::ApiServer,
};
use serde_json::{Value, json};

/// The taints that every pod tolerates for a while, and for how many seconds.
const TOLERATED: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
const TOLERATION: u32 = 300;
const PREEMPTS: &str = "PreemptLowerPriority";

impl ApiServer {
    /// Adds tolerations, and to a new pod its priority and what its runtime class demands.
    ///
    /// # Errors
    /// 403 for the name of a class that does not exist.
    pub(crate) fn admit_pod(&self, call: &Call<'_>, value: &mut Value, is_new: bool) -> Outcome<()> {
        if call.kind.custom || call.kind.kind != "Pod" || !call.subresource.is_empty() {
            return Ok(());
        }
        if is_new {
            self.choose_priority(call, value)?;
        }
        let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(()) };
        let Some(tolerations) = spec.entry("tolerations").or_insert_with(|| json!([])).as_array_mut() else {
            return Ok(());
        };
        for taint in TOLERATED {
            let tolerates = |toleration: &&Value| {
                let text = |member: &str| toleration[member].as_str().unwrap_or_default();
                let key = text("key") == taint || (text("key").is_empty() && text("operator") == "Exists");
                key && matches!(text("effect"), "NoExecute" | "")
            };
            if !tolerations.iter().any(|toleration| tolerates(&toleration)) {
                let key = json!({"key": taint, "operator": "Exists", "effect": "NoExecute",
                    "tolerationSeconds": TOLERATION});
                tolerations.push(key);
            }
        }
        if is_new { self.apply_runtime_class(call, value) } else { Ok(()) }
    }

    /// The priority of the class that a pod names, or of the default class.
    fn choose_priority(&self, call: &Call<'_>, value: &mut Value) -> Outcome<()> {
        let Some(classes) = self.registry.find("scheduling.k8s.io", "v1", "priorityclasses") else { return Ok(()) };
        let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(()) };
        let wanted = spec.get("priorityClassName").and_then(Value::as_str).unwrap_or_default().to_owned();
        let all = self.store.range_at(classes.id, "", None, self.store.revision());
        let class = match wanted.as_str() {
            "" => all
                .filter(|class| class.value["globalDefault"] == true)
                .min_by_key(|class| class.value["value"].as_i64())
                .cloned(),
            name => self.store.get(classes.id, name).cloned(),
        };
        let (priority, preempts) = match (&class, wanted.as_str()) {
            (Some(class), _) => (class.value["value"].clone(), class.value["preemptionPolicy"].clone()),
            (None, "") => (json!(0), json!(PREEMPTS)),
            // These exist in every cluster.
            (None, "system-cluster-critical") => (json!(2_000_000_000), json!(PREEMPTS)),
            (None, "system-node-critical") => (json!(2_000_001_000), json!(PREEMPTS)),
            (None, name) => {
                let name = format!("no PriorityClass with name {name} was found");
                let pod = object::meta_str(value, "name").to_owned();
                return Err(status::forbidden(call.kind.subject(), &pod, &name));
            }
        };
        if let Some(class) = class.filter(|_| wanted.is_empty()) {
            spec.insert("priorityClassName".into(), class.name.as_ref().into());
        }
        if let Some(sent) = spec.get("priority").filter(|sent| **sent != priority) {
            let why = format!(
                "the integer value of priority ({sent}) must not be provided in pod spec; priority admission \
                 controller computed {priority} from the given PriorityClass name"
            );
            let pod = object::meta_str(value, "name").to_owned();
            return Err(status::forbidden(call.kind.subject(), &pod, &why));
        }
        spec.insert("priority".into(), priority);
        spec.entry("preemptionPolicy").or_insert(preempts);
        Ok(())
    }
}
