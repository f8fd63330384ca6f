//! Objects as the oracle sees them: what is stored, read without the orchestrator's types, so that it does not agree
//! with a mistake in them.
use serde_json::Value;
use sim::View;

/// A stored RemediationRequest.
pub(crate) struct Remediation {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) phase: String,
    pub(crate) terminating: bool,
    pub(crate) created: Option<jiff::Timestamp>,
}

/// A stored WorkflowExecution.
pub(crate) struct Execution {
    pub(crate) name: String,
    pub(crate) target: String,
    pub(crate) remediation: String,
    pub(crate) remediation_uid: String,
    pub(crate) phase: String,
    pub(crate) created: Option<jiff::Timestamp>,
    pub(crate) completed: Option<jiff::Timestamp>,
}

/// Everything that is stored of both kinds.
pub(crate) struct Cluster {
    pub(crate) remediations: Vec<Remediation>,
    pub(crate) executions: Vec<Execution>,
}

impl Cluster {
    /// The cluster after the last commit.
    ///
    /// # Errors
    /// A sentence when a kind is not served.
    pub(crate) fn of(view: &View) -> Result<Self, String> {
        let remediations = view.values("kubernaut.ai", "remediationrequests")?;
        let executions = view.values("kubernaut.ai", "workflowexecutions")?;
        Ok(Self::read(remediations, executions))
    }

    pub(crate) fn read<'a>(
        remediations: impl Iterator<Item = &'a Value>,
        executions: impl Iterator<Item = &'a Value>,
    ) -> Self {
        Self {
            remediations: remediations.map(Remediation::read).collect(),
            executions: executions.map(Execution::read).collect(),
        }
    }

    /// The executions that have not ended.
    pub(crate) fn running(&self) -> impl Iterator<Item = &Execution> {
        self.executions.iter().filter(|execution| execution.running())
    }
}

impl Remediation {
    fn read(object: &Value) -> Self {
        let metadata = &object["metadata"];
        Self {
            name: text(&metadata["name"]),
            uid: text(&metadata["uid"]),
            phase: text(&object["status"]["phase"]),
            terminating: !metadata["deletionTimestamp"].is_null(),
            created: time(&metadata["creationTimestamp"]),
        }
    }

    pub(crate) fn ended(&self) -> bool {
        matches!(self.phase.as_str(), "Completed" | "Failed")
    }
}

impl Execution {
    fn read(object: &Value) -> Self {
        let (metadata, spec, status) = (&object["metadata"], &object["spec"], &object["status"]);
        Self {
            name: text(&metadata["name"]),
            target: text(&spec["target"]),
            remediation: text(&spec["remediation"]),
            remediation_uid: text(&spec["remediationUid"]),
            phase: text(&status["phase"]),
            created: time(&metadata["creationTimestamp"]),
            completed: time(&status["completedAt"]),
        }
    }

    /// Whether it has not ended: without a phase it may begin at any moment.
    pub(crate) fn running(&self) -> bool {
        !matches!(self.phase.as_str(), "Completed" | "Failed" | "Cancelled")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn time(value: &Value) -> Option<jiff::Timestamp> {
    value.as_str()?.parse().ok()
}
