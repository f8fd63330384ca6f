//! A built-in kind's object, as Go decodes it into its struct: unknown and repeated members are complaints in the order
//! of the body, the first wrong type is the error, and the result has the members that Go writes.
//!
//! A member that occurs twice is decoded into the value that is there: structs and maps are merged.
use super::{
    JsonError,
    failure::Failure,
    reader::Reader,
    untyped::{limit, prefix},
};
use crate::{
    base::{go_text::quoted, golang::base64, json::integral},
    registry::go_types::{self, Form, GoTypes, StructId, TypeId},
};
use ::base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Number, Value};

/// A decoded object.
#[derive(Debug, PartialEq)]
pub(crate) struct Decoded {
    pub(crate) members: Map<String, Value>,
    /// Errors of strict decoding, e.g. `unknown field "spec.bogus"`.
    pub(crate) complaints: Vec<String>,
    /// The decoder's error. The body's kind and version are checked before it counts.
    pub(crate) error: Option<String>,
}

/// Decodes an object; its kind and apiVersion may have any type.
///
/// # Errors
/// If the text is not a JSON object.
pub(crate) fn object(text: &[u8], of: StructId) -> Result<Decoded, JsonError> {
    let mut reader = Reader::new(text);
    let mut walk = Walk::new(&mut reader);
    let members = walk.root(of)?;
    let (complaints, error) = walk.outcome();
    reader.end()?;
    Ok(Decoded { members, complaints, error })
}

/// Decodes a struct inside of a value that decodes itself, without complaints.
pub(super) fn part(text: &[u8], of: StructId) -> Result<(Map<String, Value>, Option<Failure>), JsonError> {
    let mut reader = Reader::new(text);
    let mut walk = Walk::new(&mut reader);
    let members = walk.members(of, Map::new())?;
    Ok((members, walk.error))
}

/// The words of a complaint, which precede its path.
const UNKNOWN: char = 'u';
const REPEATED: char = 'd';

pub(super) struct Walk<'r, 'a> {
    pub(super) reader: &'r mut Reader<'a>,
    pub(super) types: &'static GoTypes,
    /// The struct around the current value, and the path of members to it, for errors.
    owner: &'static str,
    path: Vec<&'static str>,
    /// Paths of complaints; the kinds of complaints are in `words`, at the same positions.
    paths: Vec<String>,
    words: Vec<char>,
    error: Option<Failure>,
    /// Whether a value that decodes itself has failed: nothing after it is decoded.
    stopped: bool,
}

impl<'r, 'a> Walk<'r, 'a> {
    fn new(reader: &'r mut Reader<'a>) -> Self {
        Self {
            reader,
            types: go_types::builtin(),
            owner: "",
            path: Vec::new(),
            paths: Vec::new(),
            words: Vec::new(),
            error: None,
            stopped: false,
        }
    }

    fn outcome(self) -> (Vec<String>, Option<String>) {
        let shown = |(word, path): (&char, &String)| {
            let word = if *word == UNKNOWN { "unknown" } else { "duplicate" };
            format!("{word} field {}", quoted(path))
        };
        let mut complaints: Vec<_> = self.words.iter().zip(&self.paths).map(shown).collect();
        limit(&mut complaints);
        (complaints, self.error.map(|error| error.to_string()))
    }

    /// The members of the whole object.
    fn root(&mut self, of: StructId) -> Result<Map<String, Value>, JsonError> {
        let (mut map, mut untyped) = (Map::new(), Map::new());
        self.reader.begin()?;
        self.reader.enter()?;
        let mut first = true;
        let mut seen = 0;
        while let Some(name) = self.reader.member(first)? {
            first = false;
            if matches!(&*name, "kind" | "apiVersion") {
                if untyped.contains_key(&*name) {
                    self.complain(REPEATED, &name);
                }
                let (value, _) = super::untyped::parse(self.reader.skip()?)?;
                untyped.insert(name.into_owned(), value);
            } else {
                self.member(of, &name, &mut seen, &mut map)?;
            }
        }
        if !self.stopped {
            self.types.add_zeros(of, &mut map);
        }
        map.append(&mut untyped);
        Ok(map)
    }

    fn members(&mut self, of: StructId, mut map: Map<String, Value>) -> Result<Map<String, Value>, JsonError> {
        self.reader.begin()?;
        self.reader.enter()?;
        let mut first = true;
        let mut seen = 0;
        while let Some(name) = self.reader.member(first)? {
            first = false;
            self.member(of, &name, &mut seen, &mut map)?;
        }
        self.types.add_zeros(of, &mut map);
        Ok(map)
    }

    /// Decodes one member of a struct into its map.
    fn member(
        &mut self,
        of: StructId,
        name: &str,
        seen: &mut u128,
        map: &mut Map<String, Value>,
    ) -> Result<(), JsonError> {
        let types = self.types;
        let inside = types.structure(of);
        let position = inside.position(name).filter(|_| !self.stopped);
        let Some(position) = position else {
            self.complain(UNKNOWN, name);
            return self.reader.skip().map(|_| ());
        };
        let field = &inside.fields[position];
        let repeated = *seen & (1 << position) != 0;
        if repeated {
            self.complain(REPEATED, name);
        }
        *seen |= 1 << position;
        let owner = std::mem::replace(&mut self.owner, inside.name);
        let depth = self.path.len();
        self.path.extend(field.embedded.split('.').filter(|part| !part.is_empty()));
        self.path.push(field.name);
        let known = self.paths.len();
        let old = if map.is_empty() { None } else { map.remove(field.name) };
        let value = self.value(field.of, old)?;
        if self.paths.len() > known {
            prefix(&mut self.paths[known..], field.name);
        }
        if !self.stopped {
            self.owner = owner;
            self.path.truncate(depth);
        }
        if let Some(value) = types.written(inside, field, value) {
            map.insert(field.name.to_owned(), value);
        }
        Ok(())
    }

    /// Decodes a value into the one that is there, if any.
    fn value(&mut self, of: TypeId, old: Option<Value>) -> Result<Value, JsonError> {
        if self.stopped {
            self.reader.skip()?;
            return Ok(Value::Null);
        }
        let form = self.types.form(of);
        let old = old.filter(|old| !old.is_null());
        match form {
            Form::Pointer(inner) => {
                if self.reader.begin()? == b'n' {
                    return self.reader.word("null").map(|()| Value::Null);
                }
                return self.value(inner, old);
            }
            Form::Time | Form::MicroTime | Form::Quantity | Form::IntOrString | Form::Raw | Form::SchemaOr(_) => {
                return self.custom(form);
            }
            _ => {}
        }
        match (self.reader.begin()?, form) {
            (b'{', Form::Struct(id)) => {
                let map = if let Some(Value::Object(map)) = old { map } else { Map::new() };
                self.members(id, map).map(Value::Object)
            }
            (b'{', Form::Map(inner)) => self.map(inner, old),
            (b'[', Form::List(inner)) => self.list(inner, old),
            (b'[', Form::Bytes) => self.bytes(),
            (b'"', Form::Text) => Ok(Value::String(self.reader.string()?.into_owned())),
            (b'"', Form::Bytes) => self.base64(),
            (b't', Form::Flag) => self.reader.word("true").map(|()| Value::Bool(true)),
            (b'f', Form::Flag) => self.reader.word("false").map(|()| Value::Bool(false)),
            (b'n', _) => {
                self.reader.word("null")?;
                let nothing = matches!(form, Form::Map(_) | Form::List(_) | Form::Bytes);
                Ok(if nothing { Value::Null } else { old.unwrap_or_else(|| self.types.zero(of)) })
            }
            (b'-' | b'0'..=b'9', Form::Byte | Form::Int32 | Form::Int64 | Form::Float) => self.number(of, form),
            (first, _) => {
                self.reader.skip()?;
                self.mismatch(kind_of(first), self.types.name(of));
                Ok(self.types.zero(of))
            }
        }
    }

    fn map(&mut self, inner: TypeId, old: Option<Value>) -> Result<Value, JsonError> {
        self.reader.enter()?;
        let mut map = if let Some(Value::Object(map)) = old { map } else { Map::new() };
        // Members of a first occurrence of the map are replaced without a complaint.
        let mut seen: Option<Vec<String>> = (!map.is_empty()).then(Vec::new);
        let mut first = true;
        while let Some(name) = self.reader.member(first)? {
            first = false;
            let repeated = match &mut seen {
                None => map.contains_key(&*name),
                Some(seen) => {
                    seen.contains(&name.to_string()) || {
                        seen.push(name.to_string());
                        false
                    }
                }
            };
            if repeated {
                self.complain(REPEATED, &name);
            }
            let known = self.paths.len();
            let mut value = self.value(inner, None)?;
            if self.paths.len() > known {
                prefix(&mut self.paths[known..], &name);
            }
            if value.is_null() && self.types.form(inner) == Form::Bytes {
                value = Value::from("");
            }
            map.insert(name.into_owned(), value);
        }
        Ok(Value::Object(map))
    }

    fn list(&mut self, inner: TypeId, old: Option<Value>) -> Result<Value, JsonError> {
        self.reader.enter()?;
        let mut old = if let Some(Value::Array(list)) = old { list } else { Vec::new() }.into_iter();
        let mut list = Vec::new();
        while self.reader.item(list.is_empty())? {
            let known = self.paths.len();
            let item = self.value(inner, old.next())?;
            if self.paths.len() > known {
                prefix(&mut self.paths[known..], &format!("[{}]", list.len()));
            }
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    /// Bytes as a list of numbers.
    fn bytes(&mut self) -> Result<Value, JsonError> {
        self.reader.enter()?;
        let mut bytes = Vec::new();
        while self.reader.item(bytes.is_empty())? {
            let first = self.reader.begin()?;
            let text = self.reader.skip()?;
            let number = std::str::from_utf8(text).unwrap_or_default();
            match (first, number.parse::<u8>()) {
                (_, Ok(byte)) => bytes.push(byte),
                (b'n', _) => bytes.push(0),
                (b'-' | b'0'..=b'9', _) => self.mismatch(&format!("number {number}"), "uint8"),
                (other, _) => self.mismatch(kind_of(other), "uint8"),
            }
        }
        Ok(STANDARD.encode(bytes).into())
    }

    fn base64(&mut self) -> Result<Value, JsonError> {
        let text = self.reader.string()?;
        Ok(base64::decode(&text).map_or_else(
            |error| {
                self.error.get_or_insert(Failure::Other(error.to_string()));
                Value::Null
            },
            |bytes| STANDARD.encode(bytes).into(),
        ))
    }

    fn number(&mut self, of: TypeId, form: Form) -> Result<Value, JsonError> {
        let text = self.reader.number()?;
        let found = match form {
            Form::Byte => text.parse::<u8>().ok().map(Number::from),
            Form::Int32 => text.parse::<i32>().ok().map(Number::from),
            Form::Int64 => text.parse::<i64>().ok().map(Number::from),
            _ => super::untyped::number(text).map(|number| {
                number.as_f64().filter(|_| number.is_f64()).and_then(integral).map_or(number, Number::from)
            }),
        };
        Ok(found.map_or_else(
            || {
                self.mismatch(&format!("number {text}"), self.types.name(of));
                self.types.zero(of)
            },
            Value::Number,
        ))
    }

    fn complain(&mut self, word: char, path: &str) {
        if !self.stopped {
            self.words.push(word);
            self.paths.push(path.to_owned());
        }
    }

    /// Notes a value of the wrong type; the first one counts.
    fn mismatch(&mut self, found: &str, wanted: &str) {
        if self.error.is_none() {
            self.error = Some(Failure::mismatch(found, wanted).within(self.owner, &self.path));
        }
    }

    /// Ends the decoding: an error of a value that decodes itself comes before all others.
    pub(super) fn stop(&mut self, failure: Failure) {
        self.error = Some(failure.within(self.owner, &self.path));
        self.stopped = true;
    }
}

/// Go's word for the value that begins with a byte.
pub(super) fn kind_of(first: u8) -> &'static str {
    match first {
        b'{' => "object",
        b'[' => "array",
        b'"' => "string",
        b't' | b'f' => "bool",
        b'n' => "null",
        _ => "number",
    }
}
