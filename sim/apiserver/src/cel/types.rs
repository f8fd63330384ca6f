//! Types of expressions, and which of them can stand for which (cel-go, checker/types.go).
use std::{collections::BTreeMap, fmt, sync::Arc};

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "a type has a type, and the language calls it so")]
pub(crate) enum Type {
    Dyn,
    /// The type of what has been reported as an error already.
    Error,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    List(Arc<Type>),
    Map(Arc<Type>, Arc<Type>),
    Object(Arc<ObjectType>),
    /// A type of a library, by its name.
    Opaque(&'static str),
    Optional(Arc<Type>),
    /// The type of a type.
    Type(Arc<Type>),
    /// A parameter of a signature, or a type that is not known yet.
    Param(u32),
}

/// An object with declared fields; two are the same type if their names are equal.
#[derive(Debug)]
pub(crate) struct ObjectType {
    pub(crate) name: String,
    pub(crate) fields: BTreeMap<String, Type>,
    /// Whether it may have any other field, of any type.
    pub(crate) open: bool,
}

impl PartialEq for ObjectType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ObjectType {}

impl Type {
    pub(crate) fn list(of: Self) -> Self {
        Self::List(Arc::new(of))
    }

    pub(crate) fn optional(of: Self) -> Self {
        Self::Optional(Arc::new(of))
    }

    /// The type inside of an optional, or the type itself; and whether it was an optional.
    pub(super) fn unwrapped(&self) -> (Self, bool) {
        match self {
            Self::Optional(inner) => (Self::clone(inner), true),
            other => (other.clone(), false),
        }
    }

    fn is_dyn_or_error(&self) -> bool {
        matches!(self, Self::Dyn | Self::Error)
    }

    /// The type as cel-go's `Type.String` shows it: by its full name, with its parameters.
    pub(crate) fn declared(&self) -> String {
        match self {
            Self::List(of) | Self::Optional(of) | Self::Type(of) => format!("{}({})", self.name(), of.declared()),
            Self::Map(key, value) => format!("map({}, {})", key.declared(), value.declared()),
            other => other.name().to_owned(),
        }
    }

    pub(crate) fn map(keys: Self, values: Self) -> Self {
        Self::Map(Arc::new(keys), Arc::new(values))
    }

    /// An object type with these fields.
    pub(crate) fn object<S: Into<String>>(name: &str, fields: impl IntoIterator<Item = (S, Self)>) -> Self {
        let fields = fields.into_iter().map(|(field, of)| (field.into(), of)).collect();
        Self::Object(Arc::new(ObjectType { name: name.to_owned(), fields, open: false }))
    }

    /// An object type that may have any field.
    pub(crate) fn open(name: &str) -> Self {
        Self::Object(Arc::new(ObjectType { name: name.to_owned(), fields: BTreeMap::new(), open: true }))
    }

    /// The type of a type.
    pub(crate) fn of_type(of: Self) -> Self {
        Self::Type(Arc::new(of))
    }

    /// The name of the type without its parameters.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Dyn => "dyn",
            Self::Error => "!error!",
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Duration => "google.protobuf.Duration",
            Self::List(_) => "list",
            Self::Map(..) => "map",
            Self::Object(object) => &object.name,
            Self::Opaque(name) => name,
            Self::Optional(_) => "optional_type",
            Self::Type(_) => "type",
            Self::Param(_) => "param",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(of) => write!(f, "list({of})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Optional(of) => write!(f, "optional_type({of})"),
            Self::Type(of) => write!(f, "type({of})"),
            Self::Param(number) => write!(f, "_var{number}"),
            other => f.write_str(other.name()),
        }
    }
}

/// What the types that were not known have been found to be.
#[derive(Debug, Clone, Default)]
pub(super) struct Bindings {
    known: BTreeMap<u32, Type>,
    next: u32,
}

impl Bindings {
    pub(super) fn fresh(&mut self) -> Type {
        self.next += 1;
        Type::Param(self.next - 1)
    }

    /// Whether each type can stand for the type at its place; binds what becomes known thereby.
    pub(super) fn assign_all(&mut self, from: &[Type], to: &[Type]) -> bool {
        let mut tried = self.clone();
        let fits = from.len() == to.len() && from.iter().zip(to).all(|(from, to)| tried.fits(from, to));
        if fits {
            *self = tried;
        }
        fits
    }

    pub(super) fn assign(&mut self, from: &Type, to: &Type) -> bool {
        let mut tried = self.clone();
        let fits = tried.fits(from, to);
        if fits {
            *self = tried;
        }
        fits
    }

    fn fits(&mut self, one: &Type, other: &Type) -> bool {
        if let Type::Param(param) = other {
            let (valid, bound) = self.substitutes(one, *param);
            if valid || bound {
                return valid;
            }
        }
        if let Type::Param(param) = one {
            return self.substitutes(other, *param).0;
        }
        match (one, other) {
            (one, other) if one.is_dyn_or_error() || other.is_dyn_or_error() => true,
            (Type::Null, other) | (other, Type::Null) => matches!(
                other,
                Type::Null | Type::Opaque(_) | Type::Optional(_) | Type::Object(_) | Type::Timestamp | Type::Duration
            ),
            (Type::Type(_), Type::Type(_)) => true,
            (Type::List(one), Type::List(other)) | (Type::Optional(one), Type::Optional(other)) => {
                self.fits(one, other)
            }
            (Type::Map(key, value), Type::Map(other_key, other_value)) => {
                self.fits(key, other_key) && self.fits(value, other_value)
            }
            (one, other) => one == other,
        }
    }

    /// Whether a type can be what a parameter stands for, and whether the parameter stands for something already.
    fn substitutes(&mut self, one: &Type, param: u32) -> (bool, bool) {
        if *one == Type::Param(param) {
            return (true, true);
        }
        let Some(known) = self.known.get(&param).cloned() else {
            let fits = !self.contains(one, param);
            if fits {
                self.known.insert(param, one.clone());
            }
            return (fits, false);
        };
        if *one == known {
            return (true, true);
        }
        if !self.fits(one, &known) {
            return (false, true);
        }
        let general = most_general(one, &known);
        if !self.contains(&general, param) {
            self.known.insert(param, general);
        }
        (true, true)
    }

    fn contains(&self, within: &Type, param: u32) -> bool {
        match within {
            Type::Param(number) if *number == param => true,
            Type::Param(number) => self.known.get(number).is_some_and(|known| self.contains(known, param)),
            Type::List(of) | Type::Optional(of) | Type::Type(of) => self.contains(of, param),
            Type::Map(key, value) => self.contains(key, param) || self.contains(value, param),
            _ => false,
        }
    }

    /// A type with everything that is known put in; what is not known stays, or becomes `dyn`.
    pub(super) fn resolve(&self, of: &Type, unknown_is_dyn: bool) -> Type {
        let below = |of: &Type| Arc::new(self.resolve(of, unknown_is_dyn));
        match of {
            Type::Param(number) => match self.known.get(number) {
                Some(known) => self.resolve(known, unknown_is_dyn),
                None if unknown_is_dyn => Type::Dyn,
                None => of.clone(),
            },
            Type::List(of) => Type::List(below(of)),
            Type::Optional(of) => Type::Optional(below(of)),
            Type::Type(of) => Type::Type(below(of)),
            Type::Map(key, value) => Type::Map(below(key), below(value)),
            other => other.clone(),
        }
    }
}

/// The more general of two types that fit each other.
pub(super) fn most_general(one: &Type, other: &Type) -> Type {
    if is_less_specific(one, other) { one.clone() } else { other.clone() }
}

fn is_less_specific(one: &Type, other: &Type) -> bool {
    match (one, other) {
        (Type::Dyn | Type::Param(_), _) => true,
        (_, Type::Dyn | Type::Param(_)) => false,
        (Type::List(one), Type::List(other)) | (Type::Optional(one), Type::Optional(other)) => {
            is_less_specific(one, other)
        }
        (Type::Map(key, value), Type::Map(other_key, other_value)) => {
            is_less_specific(key, other_key) && is_less_specific(value, other_value)
        }
        (Type::Type(_), Type::Type(_)) => true,
        (one, other) => one == other,
    }
}
