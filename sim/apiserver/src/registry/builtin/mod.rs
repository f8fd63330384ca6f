//! The built-in kinds, from their table.
use super::{
    events, go_types,
    group::RBAC,
    kind::{Kind, ResetFields, Scale},
};
use crate::{
    base::{
        id::ResourceId,
        names::NameRule,
        selectors::field::{SelectableField, metadata_fields},
    },
    structured_merge::{Types, set::Set},
};
use row::Builtin;
use std::sync::LazyLock;
use table::{BODIES, KINDS};

mod row;
mod table;

/// The kind of a body that only subresources take: a request for a token, a scale, an eviction, or options of a delete.
pub(crate) fn body_kind(name: &str) -> &'static Kind {
    static KINDS: LazyLock<Vec<Kind>> =
        LazyLock::new(|| BODIES.iter().map(|body| body.kind(ResourceId(u16::MAX))).collect());
    KINDS.iter().find(|kind| kind.kind == name).expect("the body of a subresource is of a known kind")
}

pub(crate) fn kinds() -> Vec<Kind> {
    let kinds = (0_u16..).zip(KINDS);
    let mut kinds: Vec<_> = kinds.map(|(id, builtin)| builtin.kind(ResourceId(id))).collect();
    for (index, builtin) in KINDS.iter().enumerate() {
        let Some((group, version)) = builtin.stored_as else { continue };
        let home = KINDS.iter().position(|k| k.kind == builtin.kind && k.group == group && k.version == version);
        let home = home.expect("a kind is stored as another row");
        kinds[index].storage = kinds[home].id;
    }
    kinds
}

impl Builtin {
    fn kind(&self, id: ResourceId) -> Kind {
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let api_version = |group: &str, version: &str| match group {
            "" => version.to_owned(),
            group => format!("{group}/{version}"),
        };
        let (types, root_type) = Types::builtin(&self.type_name());
        Kind {
            id,
            storage: id,
            stored_as: None,
            converter: None,
            shows: self.stored_as.map(|(group, version)| api_version(group, version)),
            siblings: Vec::new(),
            group: self.group.into(),
            version: self.version.into(),
            api_version: api_version(self.group, self.version),
            plural: self.plural.into(),
            singular: self.kind.to_ascii_lowercase(),
            kind: self.kind.into(),
            list_kind: format!("{}List", self.kind),
            short_names: owned(self.short_names),
            categories: owned(self.categories),
            namespaced: self.namespaced,
            custom: false,
            has_status: !self.status.is_empty(),
            below: self.below,
            create_on_update: self.create_on_update,
            unconditional_update: self.unconditional_update,
            generation: self.generation,
            returns_deleted: self.returns_deleted,
            name_rule: self.name_rule(),
            fields: self.selectable_fields(),
            create_only: self.create_only,
            computed: self.computed,
            go: go_types::builtin().of_kind(&api_version(self.group, self.version), self.kind),
            columns: Vec::new(),
            schema: None,
            types,
            root_type,
            reset: self.reset_fields(),
            openapi: None,
            scale: self.scale.then(|| Scale {
                spec: "/spec/replicas".into(),
                status: "/status/replicas".into(),
                selector: "/spec/selector".into(),
            }),
            deprecation: Some(self.deprecation.to_owned()).filter(|warning| !warning.is_empty()),
        }
    }

    /// The kind's name in the table of types: with its package, and its version unless that is `v1`.
    fn type_name(&self) -> String {
        let package = self.group.split('.').next().filter(|package| !package.is_empty()).unwrap_or("core");
        match self.version {
            "v1" => format!("{package}.{}", self.kind),
            version => format!("{package}/{version}.{}", self.kind),
        }
    }

    fn selectable_fields(&self) -> Vec<SelectableField> {
        // Kinds without fields of their own accept both labels, namespaced or not.
        let mut fields = metadata_fields(self.namespaced || self.fields.is_empty());
        let events = self.group == "events.k8s.io";
        fields.extend(self.fields.iter().map(|name| match events {
            true => SelectableField::stored_as(name, &events::stored_path(name)),
            false => SelectableField::builtin(name),
        }));
        fields
    }

    fn name_rule(&self) -> NameRule {
        match self.kind {
            // Services since 1.34 (RelaxedServiceNameValidation).
            "Namespace" | "Service" => NameRule::Label,
            "IPAddress" => NameRule::Address,
            _ if self.group == RBAC => NameRule::PathSegment,
            _ => NameRule::Subdomain,
        }
    }

    fn reset_fields(&self) -> ResetFields {
        let main = match self.kind {
            _ if self.status.is_empty() => return ResetFields::default(),
            "CertificateSigningRequest" => Set::of(&["spec", "status"]),
            _ => Set::of(&["status"]),
        };
        ResetFields { main, status: Set::of(self.status) }
    }
}
