//! The kinds that the API server serves: by them the label `pod` names a Pod, and its path is known.
//!
//! A snapshot, loaded at the start and replaced every five minutes. Aggregated discovery takes two requests. A server
//! without it (before 1.27) answers with the plain documents, and then each group takes a request. Only what resolution
//! needs is kept. It is read directly from the text, since replicas boot often in simulation.
use kube::{Client, core::discovery::v2::ACCEPT_AGGREGATED_DISCOVERY_V2};
use serde::Deserialize;
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// A kind whose objects can be read by GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: String,
    /// The group's preferred version that serves the kind.
    pub version: String,
    /// Kind, as in `Deployment`.
    pub kind: String,
    /// Resource, as in `deployments`.
    pub plural: String,
    /// Whether its objects are namespaced.
    pub namespaced: bool,
}

/// The kinds that an API server serves.
#[derive(Debug, Default)]
pub struct Discovery {
    kinds: Vec<Arc<Kind>>,
    /// Kinds by singular name and by lower-case kind. The core group has precedence, then the server's order.
    names: BTreeMap<String, Arc<Kind>>,
}

impl Kind {
    /// `group/version`, or the bare version for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether Kubernetes itself defines the kind. An owner of another kind ends the chain: its operator decides about
    /// its objects.
    pub fn is_built_in(&self) -> bool {
        let group = self.group.as_str();
        !group.contains('.') || (group.ends_with(".k8s.io") && !group.ends_with(".x-k8s.io"))
    }

    /// Whether the gateway must be able to read its objects, because it decides by them which fault an alert is about.
    /// The role in `deploy/` grants exactly these; a test compares them.
    pub fn is_needed(&self) -> bool {
        let kinds: &[&str] = match self.group.as_str() {
            "" => &[
                "Pod",
                "Node",
                "Service",
                "Namespace",
                "PersistentVolume",
                "PersistentVolumeClaim",
                "ReplicationController",
                "ResourceQuota",
            ],
            "apps" => &["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
            "batch" => &["CronJob", "Job"],
            "autoscaling" => &["HorizontalPodAutoscaler"],
            "policy" => &["PodDisruptionBudget"],
            "networking.k8s.io" => &["Ingress"],
            _ => &[],
        };
        kinds.contains(&self.kind.as_str())
    }

    /// The path of its collection. `namespace` is ignored for cluster-scoped kinds.
    pub fn path(&self, namespace: &str) -> String {
        let Self { group, version, plural, .. } = self;
        let prefix = if group.is_empty() { "/api".to_owned() } else { format!("/apis/{group}") };
        if self.namespaced {
            format!("{prefix}/{version}/namespaces/{namespace}/{plural}")
        } else {
            format!("{prefix}/{version}/{plural}")
        }
    }
}

impl Discovery {
    /// Loads the kinds from the API server.
    pub async fn load(client: &Client) -> Result<Self, kube::Error> {
        let mut discovery = Self::default();
        let core = aggregated(client, "/api").await?;
        if !discovery.add_aggregated(&core)? {
            discovery.add_plain(client).await?;
            return Ok(discovery);
        }
        let groups = aggregated(client, "/apis").await?;
        discovery.add_aggregated(&groups)?;
        Ok(discovery)
    }

    /// The kind that a label's key names, by singular name or lower-case kind.
    pub fn by_label(&self, key: &str) -> Option<&Arc<Kind>> {
        self.names.get(key)
    }

    /// The kind called `kind`, in the group of `api_version` if one is given.
    pub fn by_kind(&self, kind: &str, api_version: Option<&str>) -> Option<&Arc<Kind>> {
        let group = api_version.map(|version| version.rsplit_once('/').map_or("", |(group, _)| group));
        self.kinds.iter().find(|known| known.kind == kind && group.is_none_or(|group| known.group == group))
    }

    /// Whether it has no kinds, as from no real API server.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Adds a kind, unless an earlier version of its group serves it; those kinds begin at the index `group`.
    fn add(&mut self, group: usize, kind: Kind, singular: &str) {
        if self.kinds[group..].iter().any(|known| known.kind == kind.kind) {
            return;
        }
        let kind = Arc::new(kind);
        let lower_case = kind.kind.to_ascii_lowercase();
        if !singular.is_empty() && singular != lower_case {
            self.names.entry(singular.to_owned()).or_insert_with(|| kind.clone());
        }
        self.names.entry(lower_case).or_insert_with(|| kind.clone());
        self.kinds.push(kind);
    }

    /// Adds the kinds of an aggregated document; `false` if it is not aggregated.
    fn add_aggregated(&mut self, text: &str) -> Result<bool, kube::Error> {
        let list: GroupList<'_> = serde_json::from_str(text).map_err(kube::Error::SerdeError)?;
        if list.kind != "APIGroupDiscoveryList" {
            return Ok(false);
        }
        for group in list.items {
            let first = self.kinds.len();
            for version in group.versions {
                for resource in version.resources.into_iter().filter(|resource| resource.verbs.get) {
                    let Some(of) = resource.response_kind else { continue };
                    let kind = Kind {
                        group: group.metadata.name.to_string(),
                        version: version.version.to_string(),
                        kind: of.kind.into_owned(),
                        plural: resource.resource.into_owned(),
                        namespaced: resource.scope == "Namespaced",
                    };
                    self.add(first, kind, &resource.singular_resource);
                }
            }
        }
        Ok(true)
    }

    async fn add_plain(&mut self, client: &Client) -> Result<(), kube::Error> {
        let first = self.kinds.len();
        for version in client.list_core_api_versions().await?.versions {
            let resources = client.list_core_api_resources(&version).await?;
            self.add_resources(first, ("", &version), resources.resources);
        }
        for group in client.list_api_groups().await?.groups {
            let preferred = group.preferred_version.as_ref().or(group.versions.first());
            let Some(preferred) = preferred else { continue };
            let resources = client.list_api_group_resources(&preferred.group_version).await?;
            self.add_resources(self.kinds.len(), (&group.name, &preferred.version), resources.resources);
        }
        Ok(())
    }

    fn add_resources(
        &mut self,
        first: usize,
        (group, version): (&str, &str),
        resources: Vec<k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResource>,
    ) {
        let objects = resources.into_iter().filter(|resource| !resource.name.contains('/'));
        for resource in objects.filter(|resource| resource.verbs.iter().any(|verb| verb == "get")) {
            let kind = Kind {
                group: group.to_owned(),
                version: version.to_owned(),
                kind: resource.kind,
                plural: resource.name,
                namespaced: resource.namespaced,
            };
            self.add(first, kind, &resource.singular_name);
        }
    }
}

async fn aggregated(client: &Client, path: &'static str) -> Result<String, kube::Error> {
    let request = http::Request::get(path).header(http::header::ACCEPT, ACCEPT_AGGREGATED_DISCOVERY_V2);
    client.request_text(request.body(Vec::new()).map_err(kube::Error::HttpError)?).await
}

/// An APIGroupDiscoveryList of apidiscovery.k8s.io/v2, as far as it is read, borrowed from the text.
#[derive(Deserialize)]
struct GroupList<'a> {
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    items: Vec<Group<'a>>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow, default)]
    metadata: GroupName<'a>,
    #[serde(borrow, default)]
    versions: Vec<Version<'a>>,
}

#[derive(Default, Deserialize)]
struct GroupName<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Version<'a> {
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow, default)]
    resources: Vec<Resource<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    #[serde(borrow)]
    resource: Cow<'a, str>,
    #[serde(borrow)]
    response_kind: Option<ResponseKind<'a>>,
    #[serde(borrow, default)]
    scope: Cow<'a, str>,
    #[serde(borrow, default)]
    singular_resource: Cow<'a, str>,
    #[serde(default)]
    verbs: Verbs,
}

/// A list of verbs, reduced to whether it contains `get`.
#[derive(Default)]
struct Verbs {
    get: bool,
}

impl<'de> Deserialize<'de> for Verbs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(VerbsVisitor)
    }
}

struct VerbsVisitor;

impl<'de> serde::de::Visitor<'de> for VerbsVisitor {
    type Value = Verbs;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of verbs")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut verbs: A) -> Result<Verbs, A::Error> {
        let mut get = false;
        while let Some(Verb(is_get)) = verbs.next_element()? {
            get |= is_get;
        }
        Ok(Verbs { get })
    }
}

/// A verb, reduced to whether it is `get`.
struct Verb(bool);

impl<'de> Deserialize<'de> for Verb {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IsGet;
        impl serde::de::Visitor<'_> for IsGet {
            type Value = Verb;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a verb")
            }

            fn visit_str<E: serde::de::Error>(self, verb: &str) -> Result<Verb, E> {
                Ok(Verb(verb == "get"))
            }
        }
        deserializer.deserialize_str(IsGet)
    }
}

#[derive(Deserialize)]
struct ResponseKind<'a> {
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
}
