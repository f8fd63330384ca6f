//! Pods and the templates of pods: defaults, validation and updates (k8s.io/kubernetes/pkg/apis/core/{v1,validation}).
//!
//! Not checked: the parameters of volumes, the profiles of security contexts, affinity, DNS configuration, topology
//! spread, claims of devices, resources of a whole pod.
pub(crate) mod containers;
pub(crate) mod defaults;
mod image;
pub(crate) mod qos;
mod security;
pub(crate) mod spec;
pub(crate) mod update;
