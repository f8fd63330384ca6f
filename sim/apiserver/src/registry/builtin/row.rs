//! One row of the table of built-in kinds.
//!
//! A row begins with the scope, the group, the kind and its plural; each further property is one call.
use crate::registry::kind::{Generation, Subresource};

/// One row of the table of built-in kinds.
#[derive(Clone, Copy)]
pub(crate) struct Builtin {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) short_names: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    pub(crate) namespaced: bool,
    /// The fields that writes of the status subresource reset; empty without that subresource.
    pub(crate) status: &'static [&'static str],
    /// Subresources other than `status` and `scale`.
    pub(crate) below: &'static [Subresource],
    /// Whether the kind has a scale subresource.
    pub(crate) scale: bool,
    /// How the kind counts generations.
    pub(crate) generation: Generation,
    /// Whether a DELETE answers with the object.
    pub(crate) returns_deleted: bool,
    /// Whether a PUT of an absent object creates it.
    pub(crate) create_on_update: bool,
    /// Whether a PUT needs no resourceVersion.
    pub(crate) unconditional_update: bool,
    /// Selectable fields other than name and namespace.
    pub(crate) fields: &'static [&'static str],
    /// Whether objects are answered at once and never stored, as reviews are.
    pub(crate) create_only: bool,
    /// Whether objects are computed for each request, as component statuses are.
    pub(crate) computed: bool,
    /// Group and version of the kind that stores the objects, if it is another one.
    pub(crate) stored_as: Option<(&'static str, &'static str)>,
    /// The warning of a deprecated kind; empty for all others.
    pub(crate) deprecation: &'static str,
}

pub(crate) const fn namespaced(group: &'static str, kind: &'static str, plural: &'static str) -> Builtin {
    Builtin {
        group,
        version: "v1",
        kind,
        plural,
        short_names: &[],
        categories: &[],
        namespaced: true,
        status: &[],
        below: &[],
        scale: false,
        generation: Generation::None,
        returns_deleted: false,
        create_on_update: false,
        unconditional_update: true,
        fields: &[],
        create_only: false,
        computed: false,
        stored_as: None,
        deprecation: "",
    }
}

pub(crate) const fn cluster(group: &'static str, kind: &'static str, plural: &'static str) -> Builtin {
    Builtin { namespaced: false, ..namespaced(group, kind, plural) }
}

/// A kind of workload: it has a status, counts generations, and belongs to `all`.
pub(crate) const fn workload(group: &'static str, kind: &'static str, plural: &'static str) -> Builtin {
    namespaced(group, kind, plural).all().status().generation()
}

impl Builtin {
    pub(crate) const fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    pub(crate) const fn short(self, short_names: &'static [&'static str]) -> Self {
        Self { short_names, ..self }
    }

    /// Adds the kind to the category `all`.
    pub(crate) const fn all(self) -> Self {
        Self { categories: &["all"], ..self }
    }

    pub(crate) const fn extension(self) -> Self {
        Self { categories: &["api-extensions"], ..self }
    }

    pub(crate) const fn status(self) -> Self {
        self.status_resets(&["spec"])
    }

    /// The kind has a status subresource, whose writes change no metadata.
    pub(crate) const fn bare_status(self) -> Self {
        self.status_resets(&["metadata", "spec"])
    }

    pub(crate) const fn status_resets(self, status: &'static [&'static str]) -> Self {
        Self { status, ..self }
    }

    pub(crate) const fn below(self, below: &'static [Subresource]) -> Self {
        Self { below, ..self }
    }

    pub(crate) const fn scale(self) -> Self {
        Self { scale: true, ..self }
    }

    pub(crate) const fn generation(self) -> Self {
        self.generations(Generation::Counted)
    }

    pub(crate) const fn generations(self, generation: Generation) -> Self {
        Self { generation, ..self }
    }

    pub(crate) const fn returns_deleted(self) -> Self {
        Self { returns_deleted: true, ..self }
    }

    pub(crate) const fn create_on_update(self) -> Self {
        Self { create_on_update: true, ..self }
    }

    /// A PUT must name a resourceVersion.
    pub(crate) const fn conditional_update(self) -> Self {
        Self { unconditional_update: false, ..self }
    }

    pub(crate) const fn fields(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }

    pub(crate) const fn create_only(self) -> Self {
        Self { create_only: true, ..self }
    }

    pub(crate) const fn computed(self) -> Self {
        Self { computed: true, ..self }
    }

    pub(crate) const fn deprecated(self, deprecation: &'static str) -> Self {
        Self { deprecation, ..self }
    }

    pub(crate) const fn stored_as(self, group: &'static str, version: &'static str) -> Self {
        Self { stored_as: Some((group, version)), ..self }
    }
}
