//! One line of a watch, read from its bytes up to the end of its metadata and no further.
//!
//! Watches carry more bytes than everything else in a run, and their objects are big. This parser shares no code with
//! the simulated server that writes the lines.
use model::observation::Change;

/// The part of a line that is read: `{"type":"ADDED","object":{…,"metadata":{…}…}}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The effect on the object; `None` for a bookmark.
    pub(super) change: Option<Change>,
    /// Version of the object, or of the bookmark.
    pub(super) revision: u64,
    /// Namespace of the object; empty without one.
    pub(super) namespace: &'a str,
    /// Name of the object; empty for a bookmark.
    pub(super) name: &'a str,
}

impl<'a> Line<'a> {
    /// Reads a line; `None` for an ERROR and for anything that is not a watch event.
    pub(super) fn read(line: &'a [u8]) -> Option<Self> {
        let mut json = Json { text: line, at: 0 };
        json.enter(b"type")?;
        let change = match json.string()? {
            "ADDED" => Some(Change::Created),
            "MODIFIED" => Some(Change::Modified),
            "DELETED" => Some(Change::Deleted),
            "BOOKMARK" => None,
            _ => return None,
        };
        json.seek(b"object")?;
        json.enter(b"metadata")?;
        let (mut revision, mut namespace, mut name) = (None, "", "");
        json.open()?;
        while let Some(member) = json.member() {
            match member {
                "name" => name = json.string()?,
                "namespace" => namespace = json.string()?,
                "resourceVersion" => revision = json.string()?.parse().ok(),
                _ => json.skip()?,
            }
        }
        Some(Self { change, revision: revision?, namespace, name })
    }
}

/// A cursor in compact JSON. It does not unescape strings: names and versions contain no escapes.
struct Json<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Json<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Enters an object.
    fn open(&mut self) -> Option<()> {
        (self.peek()? == b'{').then(|| self.at += 1)
    }

    /// Moves to the next member's value and returns its name; `None` at the end of the object.
    fn member(&mut self) -> Option<&'a str> {
        if self.peek()? == b',' {
            self.at += 1;
        }
        let name = self.string()?;
        (self.peek()? == b':').then(|| self.at += 1)?;
        Some(name)
    }

    /// Enters an object and moves to the value of one of its members.
    fn enter(&mut self, wanted: &[u8]) -> Option<()> {
        self.open()?;
        self.seek(wanted)
    }

    /// Moves to the value of one of the following members of this object.
    fn seek(&mut self, wanted: &[u8]) -> Option<()> {
        while let Some(name) = self.member() {
            if name.as_bytes() == wanted {
                return Some(());
            }
            self.skip()?;
        }
        None
    }

    fn string(&mut self) -> Option<&'a str> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let mut end = start;
        loop {
            match self.text.get(end)? {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        self.at = end + 1;
        std::str::from_utf8(self.text.get(start..end)?).ok()
    }

    /// Skips a value.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => _ = self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b'}' | b']' if depth == 0 => return Some(()),
                _ => self.at += 1,
            }
            if depth == 0 && matches!(self.peek()?, b',' | b'}' | b']') {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Line<'_>> {
        Line::read(line.as_bytes())
    }

    #[test]
    fn lines_are_read_to_their_metadata() {
        let line = concat!(
            r#"{"type":"MODIFIED","object":{"a":[{"metadata":{"name":"no"}},"}\"{"],"kind":"Lease","metadata":{"#,
            r#""annotations":{"resourceVersion":"3","x":"\"name\":\"y\""},"labels":{},"name":"n","namespace":"s","#,
            r#""resourceVersion":"12","uid":"u"},"spec":{"n":1}}}"#
        );
        let expected = Line { change: Some(Change::Modified), revision: 12, namespace: "s", name: "n" };
        assert_eq!(read(line), Some(expected));
        let bookmark = r#"{"type":"BOOKMARK","object":{"kind":"Lease","metadata":{"resourceVersion":"9"}}}"#;
        assert_eq!(read(bookmark), Some(Line { change: None, revision: 9, namespace: "", name: "" }));
    }

    #[test]
    fn errors_and_fragments_say_nothing() {
        assert_eq!(read(r#"{"type":"ERROR","object":{"kind":"Status","metadata":{},"code":410}}"#), None);
        for cut in ["", "{", r#"{"type":"ADDED""#, r#"{"type":"ADDED","object":{"metadata":{"name":"a"#] {
            assert_eq!(read(cut), None, "{cut}");
        }
    }
}
