//! Where a value of a body is stored, as a variable of Go: it keeps what it has if a member occurs twice.
use super::time;
use jiff::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{collections::BTreeMap, fmt};

/// A variable that a JSON value is stored in.
pub(in crate::signals) enum Place<'a> {
    /// A text; null leaves it alone.
    Text(&'a mut String),
    /// A time; null leaves it alone.
    Time(&'a mut Option<Timestamp>),
    /// Texts by name; null empties them, and a null among them is an empty text.
    Texts(&'a mut BTreeMap<String, String>),
    /// Named members; null leaves them alone.
    Struct(&'a mut dyn Struct),
    /// A list; null empties it.
    List(&'a mut dyn List),
}

/// A variable with named members.
pub(in crate::signals) trait Struct {
    /// The member that `name` stands for; `None` if it is not read.
    fn member(&mut self, name: &str) -> Option<(&'static str, Place<'_>)>;
}

/// A variable that is a list.
pub(in crate::signals) trait List {
    /// Forgets every element, also those that a shorter list left behind.
    fn clear(&mut self);
    /// The variable of one element. It is also asked for the element after the last one.
    fn element(&mut self, index: usize) -> Place<'_>;
    /// Notes that an element has a value that does not fit.
    fn misfit(&mut self, index: usize, misfit: Misfit);
    /// The list has this many elements.
    fn end(&mut self, length: usize);
}

/// A value of a type that its variable does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    path: Vec<&'static str>,
    expected: &'static str,
    found: &'static str,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in self.path.iter().rev() {
            write!(f, "{name}: ")?;
        }
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

/// The name among `names` that `name` stands for: the same, or else the same in other letters, as Go folds them.
pub(in crate::signals) fn field(names: &'static [&'static str], name: &str) -> Option<&'static str> {
    let folded = |text: &str, name: &str| text.chars().map(fold).eq(name.chars().map(fold));
    let exact = names.iter().find(|known| **known == name);
    exact.or_else(|| names.iter().find(|known| folded(known, name))).copied()
}

/// The letter that stands for all letters that Unicode folds to it, for those of ASCII.
fn fold(letter: char) -> char {
    match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        letter => letter.to_ascii_lowercase(),
    }
}

impl Place<'_> {
    fn misfit(&self, found: &'static str) -> Option<Misfit> {
        let expected = match self {
            Self::Text(_) => "a text",
            Self::Time(_) => "a time as in RFC 3339",
            Self::Texts(_) | Self::Struct(_) => "an object",
            Self::List(_) => "a list",
        };
        Some(Misfit { path: Vec::new(), expected, found })
    }

    fn store(self, text: &str, is_escaped: bool) -> Option<Misfit> {
        match self {
            Self::Text(place) => text.clone_into(place),
            // Go reads a time from the bytes between the quotes.
            Self::Time(place) => match Some(text).filter(|_| !is_escaped).and_then(time::parse) {
                Some(time) => *place = Some(time),
                None => return Self::Time(place).misfit("another text"),
            },
            other => return other.misfit("a text"),
        }
        None
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<Misfit>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Option<Misfit>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        match self {
            Self::Text(_) | Self::Time(_) | Self::Struct(_) => {}
            Self::Texts(place) => place.clear(),
            Self::List(place) => place.clear(),
        }
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(self.misfit("a boolean"))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(self.misfit("a number"))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(self.misfit("a number"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(self.misfit("a number"))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(self.store(text, false))
    }

    /// A text with escapes.
    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.store(text, true))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let Self::List(list) = self else {
            while elements.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(self.misfit("a list"));
        };
        let mut length = 0;
        while let Some(misfit) = elements.next_element_seed(list.element(length))? {
            if let Some(misfit) = misfit {
                list.misfit(length, misfit);
            }
            length += 1;
        }
        if length == 0 {
            list.clear();
        }
        list.end(length);
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut first = None;
        match self {
            Self::Texts(texts) => {
                while let Some(name) = members.next_key::<String>()? {
                    let mut text = String::new();
                    first = first.or(members.next_value_seed(Place::Text(&mut text))?);
                    texts.insert(name, text);
                }
            }
            Self::Struct(variable) => {
                while let Some(name) = members.next_key::<String>()? {
                    let Some((name, place)) = variable.member(&name) else {
                        members.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let misfit = members.next_value_seed(place)?;
                    first = first.or(misfit.map(|mut misfit| {
                        misfit.path.push(name);
                        misfit
                    }));
                }
            }
            other => {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return Ok(other.misfit("an object"));
            }
        }
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_as_in_go() {
        const NAMES: &[&str] = &["status", "kind"];
        for (name, expected) in [
            ("status", Some("status")),
            ("STATUS", Some("status")),
            ("\u{17f}tatu\u{17f}", Some("status")),
            ("\u{212a}ind", Some("kind")),
            ("statu\u{e9}", None),
            ("", None),
        ] {
            assert_eq!(field(NAMES, name), expected, "{name}");
        }
    }
}
