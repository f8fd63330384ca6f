//! Reads the table of Go's types; its head explains the form of its lines.
use super::types::{Alternative, Field, Form, GoTypes, Struct, StructId, Type, TypeId, Written};
use std::collections::BTreeMap;

pub(super) struct Reader {
    types: GoTypes,
    structs: BTreeMap<&'static str, StructId>,
    /// Types by their text in the table.
    known: BTreeMap<&'static str, TypeId>,
}

impl Reader {
    pub(super) fn read(table: &'static str) -> GoTypes {
        let mut reader = Self { types: GoTypes::default(), structs: BTreeMap::new(), known: BTreeMap::new() };
        let lines: Vec<&'static str> = table.lines().filter(|line| !line.starts_with('#')).collect();
        let heads = lines.iter().filter_map(|line| line.split_once(':').filter(|_| is_head(line)));
        for (index, (name, _)) in (0..).zip(heads) {
            reader.structs.insert(name, StructId(index));
        }
        for line in lines {
            match line.strip_prefix('@') {
                Some(kind) => reader.kind(kind),
                None => reader.members(line),
            }
        }
        for of in &mut reader.types.structs {
            let mut sorted: Vec<u8> = (0..).take(of.fields.len()).collect();
            sorted.sort_by_key(|at| of.fields[usize::from(*at)].name);
            of.sorted = sorted;
        }
        reader.types
    }

    fn kind(&mut self, line: &'static str) {
        let parts = line.split_once(" = ").and_then(|(head, of)| Some((head.split_once(' ')?, of)));
        let ((api_version, kind), of) = parts.expect("a kind has an apiVersion and a struct");
        self.types.kinds.insert((api_version, kind), self.structs[of]);
    }

    /// Reads the members in a line: those of a new struct, or more of the one before.
    fn members(&mut self, line: &'static str) {
        let members = match line.split_once(':').filter(|_| is_head(line)) {
            Some((name, members)) => {
                let keeps_empty_lists = name.starts_with("apiextensions.CustomResource");
                let name = name.rsplit_once('.').map_or(name, |(_, name)| name);
                let of = Struct { name, fields: Vec::new(), sorted: Vec::new(), keeps_empty_lists };
                self.types.structs.push(of);
                members
            }
            None => line,
        };
        for member in members.split(',').map(str::trim).filter(|member| !member.is_empty()) {
            let field = self.field(member);
            self.types.structs.last_mut().expect("the table begins with a struct").fields.push(field);
        }
    }

    fn field(&mut self, member: &'static str) -> Field {
        let (name, of) = member.split_once(' ').expect("a member has a name and a type");
        let (name, written) = match name.split_at(1) {
            ("!", name) => (name, Written::Always),
            ("~", name) => (name, Written::IfNotZero),
            _ => (name, Written::IfFull),
        };
        let (embedded, name) = name.split_once('/').unwrap_or(("", name));
        Field { name, embedded, of: self.reference(of), written }
    }

    fn reference(&mut self, text: &'static str) -> TypeId {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let (form, name) = self.parse(text);
        let id = TypeId(u16::try_from(self.types.types.len()).expect("the table has fewer than 65,536 types"));
        self.types.types.push(Type { form, name });
        self.known.insert(text, id);
        id
    }

    fn parse(&mut self, text: &'static str) -> (Form, String) {
        if let Some(inner) = text.strip_prefix('*') {
            let inner = self.reference(inner);
            return (Form::Pointer(inner), format!("*{}", self.types.name(inner)));
        }
        if text == "[]uint8" {
            return (Form::Bytes, text.to_owned());
        }
        if let Some(inner) = text.strip_prefix("[]") {
            let inner = self.reference(inner);
            return (Form::List(inner), format!("[]{}", self.types.name(inner)));
        }
        if let Some((key, inner)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            let inner = self.reference(inner);
            let key = if key.is_empty() { "string" } else { key };
            return (Form::Map(inner), format!("map[{key}]{}", self.types.name(inner)));
        }
        if let Some((name, of)) = text.split_once('=') {
            let of = self.reference(of);
            return (self.types.form(of), name.to_owned());
        }
        let (form, name) = match text {
            "string" => (Form::Text, text),
            "bool" => (Form::Flag, text),
            "uint8" => (Form::Byte, text),
            "int32" => (Form::Int32, text),
            "int" | "int64" => (Form::Int64, text),
            "float64" => (Form::Float, text),
            "time" => (Form::Time, "v1.Time"),
            "microtime" => (Form::MicroTime, "v1.MicroTime"),
            "quantity" => (Form::Quantity, "resource.Quantity"),
            "intstr" => (Form::IntOrString, "intstr.IntOrString"),
            "raw" => (Form::Raw, "runtime.RawExtension"),
            "fields" => (Form::Raw, "v1.FieldsV1"),
            "json" => (Form::Raw, "v1.JSON"),
            "schema|bool" => (Form::SchemaOr(Alternative::Flag), "v1.JSONSchemaPropsOrBool"),
            "schema|list" => (Form::SchemaOr(Alternative::Schemas), "v1.JSONSchemaPropsOrArray"),
            "schema|texts" => (Form::SchemaOr(Alternative::Texts), "v1.JSONSchemaPropsOrStringArray"),
            name => {
                let id = *self.structs.get(name).unwrap_or_else(|| panic!("the table has no {name}"));
                return (Form::Struct(id), go_name(name));
            }
        };
        (form, name.to_owned())
    }
}

/// Whether the line begins a struct.
fn is_head(line: &str) -> bool {
    !line.starts_with([' ', '@'])
}

/// Go's name of a struct, by the name of its package: `v1.Pod` of `core.Pod`, `v2.X` of `autoscaling/v2.X`.
fn go_name(name: &str) -> String {
    let (package, name) = name.split_once('.').unwrap_or(("", name));
    let version = package.split_once('/').map_or("v1", |(_, version)| version);
    format!("{version}.{name}")
}
