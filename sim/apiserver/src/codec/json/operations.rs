//! The operations of a JSON patch, as the server decodes them: once strictly, to warn, and once by the patch library
//! (k8s.io/apiserver/pkg/endpoints/handlers/patch.go, gopkg.in/evanphx/json-patch.v4).
use super::{
    JsonError,
    failure::Failure,
    reader::Reader,
    typed::kind_of,
    untyped::{self, limit},
};
use crate::base::go_text::quoted;
use serde_json::Value;

/// Go's type of one operation in strict decoding, and in the library.
const STRICT: &str = "handlers.jsonPatchOp";
const LIBRARY: &str = "jsonpatch.Operation";

/// One operation, with None for members that are absent or of the wrong type.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Operation {
    pub(crate) op: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) value: Option<Value>,
}

/// A decoded patch.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    pub(crate) list: Vec<Operation>,
    pub(crate) complaints: Vec<String>,
}

/// Decodes a patch; `strict`: types are checked, and unknown and repeated members are complaints.
///
/// # Errors
/// The decoder's error.
pub(crate) fn parse(text: &[u8], strict: bool) -> Result<Operations, String> {
    let mut walk = Walk { reader: Reader::new(text), strict, error: None, found: Operations::default() };
    walk.list().and_then(|()| walk.reader.end()).map_err(|error: JsonError| error.to_string())?;
    if let Some(failure) = walk.error {
        return Err(failure.to_string());
    }
    limit(&mut walk.found.complaints);
    Ok(walk.found)
}

struct Walk<'a> {
    reader: Reader<'a>,
    strict: bool,
    error: Option<Failure>,
    found: Operations,
}

impl Walk<'_> {
    fn list(&mut self) -> Result<(), JsonError> {
        let first = self.reader.begin()?;
        if first != b'[' {
            self.reader.skip()?;
            let wanted = if self.strict { format!("[]{STRICT}") } else { "jsonpatch.Patch".to_owned() };
            if first != b'n' {
                self.error = Some(Failure::mismatch(kind_of(first), &wanted));
            }
            return Ok(());
        }
        self.reader.enter()?;
        while self.reader.item(self.found.list.is_empty())? {
            let operation = match self.reader.begin()? {
                b'{' => self.operation()?,
                first => {
                    self.reader.skip()?;
                    if first != b'n' {
                        let wanted = if self.strict { STRICT } else { LIBRARY };
                        self.error.get_or_insert_with(|| Failure::mismatch(kind_of(first), wanted));
                    }
                    Operation::default()
                }
            };
            self.found.list.push(operation);
        }
        Ok(())
    }

    fn operation(&mut self) -> Result<Operation, JsonError> {
        self.reader.enter()?;
        let mut operation = Operation::default();
        let mut seen: Vec<String> = Vec::new();
        let mut first = true;
        while let Some(name) = self.reader.member(first)? {
            first = false;
            let repeated = seen.iter().any(|known| *known == name);
            let slot = match &*name {
                "op" => Some((&mut operation.op, "op")),
                "path" => Some((&mut operation.path, "path")),
                "from" => Some((&mut operation.from, "from")),
                _ => None,
            };
            if self.strict && (repeated || (slot.is_none() && name != "value")) {
                let word = if repeated { "duplicate" } else { "unknown" };
                let place = quoted(&format!("[{}].{name}", self.found.list.len()));
                self.found.complaints.push(format!("json patch {word} field {place}"));
            }
            match slot {
                Some((slot, member)) => match self.reader.begin()? {
                    b'"' => *slot = Some(self.reader.string()?.into_owned()),
                    first => {
                        self.reader.skip()?;
                        *slot = None;
                        if self.strict && first != b'n' {
                            let failure = Failure::mismatch(kind_of(first), "string");
                            self.error.get_or_insert_with(|| failure.within("jsonPatchOp", &[member]));
                        }
                    }
                },
                None if name == "value" => operation.value = Some(untyped::parse(self.reader.skip()?)?.0),
                None => {
                    self.reader.skip()?;
                }
            }
            seen.push(name.into_owned());
        }
        Ok(operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_types_are_go_errors() {
        let error = |text: &str| parse(text.as_bytes(), true).unwrap_err();
        assert_eq!(error("{}"), "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp");
        assert_eq!(error("[7]"), "json: cannot unmarshal number into Go value of type handlers.jsonPatchOp");
        let wanted = "json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string";
        assert_eq!(error(r#"[{"op": 1}]"#), wanted);
        let lax = parse(b"[{\"op\": 1}]", false).unwrap();
        assert_eq!(lax.list, [Operation::default()]);
    }

    #[test]
    fn strange_members_are_complaints() {
        let found = parse(br#"[{"op":"add","x":1,"op":"test","path":"/a","value":null}]"#, true).unwrap();
        let wanted = [r#"json patch unknown field "[0].x""#, r#"json patch duplicate field "[0].op""#];
        assert_eq!(found.complaints, wanted);
        assert_eq!((found.list[0].op.as_deref(), &found.list[0].value), (Some("test"), &Some(Value::Null)));
    }
}
