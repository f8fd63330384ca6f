//! One row of the table of built-in kinds.
use crate::registry::member_type::MemberType;

pub(crate) const PLAIN: Builtin = Builtin {
    group: "",
    kind: "",
    plural: "",
    short_names: &[],
    categories: &[],
    namespaced: true,
    status: false,
    generation: false,
    fields: &[],
    create_only: false,
    members: None,
};

/// One row of the table of built-in kinds.
pub(crate) struct Builtin {
    pub(crate) group: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) short_names: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    pub(crate) namespaced: bool,
    /// Whether the kind has a status subresource.
    pub(crate) status: bool,
    /// Whether the kind counts generations.
    pub(crate) generation: bool,
    /// Selectable fields other than name and namespace.
    pub(crate) fields: &'static [&'static str],
    /// Whether objects are answered at once and never stored, as reviews are.
    pub(crate) create_only: bool,
    /// The kind's members; without them, bodies are not checked.
    pub(crate) members: Option<&'static [(&'static str, MemberType)]>,
}

pub(crate) const fn workload(
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
) -> Builtin {
    Builtin { group, kind, plural, short_names: short, categories: &["all"], status: true, generation: true, ..PLAIN }
}
