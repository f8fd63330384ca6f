//! The suites: how each is fetched, built and split into parts.
use crate::{part::Part, workshop};

mod controller_runtime;
mod kube_rs;
mod kubernetes;
mod python_client;

/// A test suite of another project.
pub(crate) struct Suite {
    /// Its name in the table and in docs/fidelity.md.
    pub(crate) name: &'static str,
    /// Sentence about the part of it that is run.
    pub(crate) about: &'static str,
    /// Programs that it needs, besides cargo.
    tools: &'static [&'static str],
    /// Fetches its sources; its parts.
    pub(crate) parts: fn(&workshop::Workshop) -> anyhow::Result<Vec<Part>>,
}

/// All suites, the quickest first.
pub(crate) const ALL: &[Suite] = &[
    Suite {
        name: "kube-rs",
        about: "the tests of kube, kube-client and kube-runtime that are ignored without a cluster",
        tools: &[],
        parts: kube_rs::parts,
    },
    Suite {
        name: "python-client",
        about: "the end-to-end tests of the official Python client, and those of its dynamic client",
        tools: &["git", "python3"],
        parts: python_client::parts,
    },
    Suite {
        name: "controller-runtime",
        about: "every package whose tests start a control plane",
        tools: &["go"],
        parts: controller_runtime::parts,
    },
    Suite {
        name: "kubernetes",
        about: "Kubernetes' own end-to-end tests: [sig-api-machinery], and [Conformance] that needs no node",
        tools: &["go"],
        parts: kubernetes::parts,
    },
];

impl Suite {
    /// A program that it needs and that is not on the PATH. The real server needs Go too, unless it is built.
    pub(crate) fn missing_tool(&self) -> Option<&'static str> {
        let plane = std::env::var_os("KUBEBUILDER_ASSETS").is_none().then_some("go");
        self.tools.iter().copied().chain(plane).find(|tool| !workshop::is_installed(tool))
    }
}
