//! Canonical content: texts of the API without what only the order of other writes decides.
//!
//! A version is named by its object and by the number of that object's writes so far, a uid and a generated name by
//! their object and the number of its creations. So two runs that write two objects in different orders have the same
//! canonical texts. Times need no names: where they matter, time moves only when nothing else can happen.
use apiserver::{Change, Commit};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Characters of the first group of a uid, which names of objects may contain.
const GROUP: usize = 8;
/// Characters of a generated suffix.
const SUFFIX: usize = 5;
/// What precedes a version in JSON and in a query.
const VERSIONS: [&[u8]; 2] = [b"resourceVersion\":\"", b"resourceVersion="];

/// Hash of some parts. All processes of one binary hash the same.
pub(crate) fn mix(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// The names that a run has given so far.
#[derive(Debug, Default)]
pub(crate) struct Canonical {
    /// By version.
    versions: BTreeMap<u64, u64>,
    /// By the first group of a uid: its other groups, and its name.
    uids: BTreeMap<[u8; GROUP], (Vec<u8>, u64)>,
    suffixes: BTreeMap<[u8; SUFFIX], u64>,
    /// Number of creations and writes of each object, by its name.
    written: BTreeMap<u64, (u32, u32)>,
}

impl Canonical {
    /// Names what a commit has made, and returns the names of the object and of its version. `actor` is the key of the
    /// client that wrote.
    pub(crate) fn commit(&mut self, commit: &Commit, actor: u32) -> (u64, u64) {
        self.generated_name(commit, actor);
        let object = mix((commit.resource, self.hash(commit.namespace.as_bytes()), self.hash(commit.name.as_bytes())));
        let (created, writes) = self.written.entry(object).or_default();
        *writes += 1;
        *created += u32::from(commit.change == Change::Created);
        let (created, version) = (*created, mix(("version", object, *writes)));
        self.versions.insert(commit.revision, version);
        if commit.change == Change::Created
            && let Some((first, rest)) = text(&commit.after, "uid").split_first_chunk::<GROUP>()
        {
            self.uids.insert(*first, (rest.to_vec(), mix(("uid", object, created))));
        }
        (object, version)
    }

    fn generated_name(&mut self, commit: &Commit, actor: u32) {
        let prefix = text(&commit.after, "generateName");
        if commit.change != Change::Created || prefix.is_empty() {
            return;
        }
        if let Some(suffix) = commit.name.as_bytes().last_chunk::<SUFFIX>() {
            let maker = mix(("maker", commit.resource, prefix, actor));
            let (made, _) = self.written.entry(maker).or_default();
            *made += 1;
            self.suffixes.insert(*suffix, mix((maker, *made)));
        }
    }

    /// Hash of a text, with its names replaced.
    pub(crate) fn hash(&self, text: &[u8]) -> u64 {
        let mut hasher = DefaultHasher::new();
        let (mut at, mut from) = (0, 0);
        while at < text.len() {
            if !text[at].is_ascii_alphanumeric() {
                at += 1;
                continue;
            }
            let end = text[at..].iter().position(|byte| !byte.is_ascii_alphanumeric()).map_or(text.len(), |n| at + n);
            if let Some((name, length)) = self.name_at(text, at, end) {
                hasher.write(&text[from..at]);
                hasher.write_u64(name);
                (at, from) = (at + length, at + length);
            } else {
                at = end;
            }
        }
        hasher.write(&text[from..]);
        hasher.finish()
    }

    /// The name of the word at `at`, and the number of bytes that it replaces.
    fn name_at(&self, text: &[u8], at: usize, end: usize) -> Option<(u64, usize)> {
        let word = &text[at..end];
        if let Ok(first) = <[u8; GROUP]>::try_from(word)
            && let Some((rest, name)) = self.uids.get(&first)
        {
            let whole = text[end..].starts_with(rest);
            return Some((*name, GROUP + if whole { rest.len() } else { 0 }));
        }
        if let Ok(suffix) = <[u8; SUFFIX]>::try_from(word)
            && let Some(name) = self.suffixes.get(&suffix)
        {
            return Some((*name, SUFFIX));
        }
        let is_version = word[0].is_ascii_digit() && VERSIONS.iter().any(|before| text[..at].ends_with(before));
        let version: u64 = if is_version { std::str::from_utf8(word).ok()?.parse().ok()? } else { return None };
        Some((*self.versions.get(&version)?, word.len()))
    }
}

fn text<'a>(object: &'a Value, member: &str) -> &'a [u8] {
    object["metadata"][member].as_str().unwrap_or_default().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use apiserver::ResourceId;
    use serde_json::json;
    use std::sync::Arc;

    fn created(revision: u64, name: &str, uid: &str) -> Commit {
        let object = json!({"metadata": {"name": name, "uid": uid, "resourceVersion": revision.to_string()}});
        Commit {
            revision,
            actor: 1,
            resource: ResourceId(0),
            namespace: Arc::from("a"),
            name: Arc::from(name),
            change: Change::Created,
            before: None,
            after: Arc::new(object),
        }
    }

    const UIDS: [&str; 2] = ["1a2b3c4d-0000-4000-8000-00000000000a", "5e6f7a8b-0000-4000-8000-00000000000b"];

    fn run(order: [(&str, usize); 2]) -> Canonical {
        let mut names = Canonical::default();
        for (revision, (name, uid)) in (7..).zip(order) {
            names.commit(&created(revision, name, UIDS[uid]), 1);
        }
        names
    }

    #[test]
    fn the_order_of_two_objects_is_not_seen() {
        let (one, other) = (run([("x", 0), ("y", 1)]), run([("y", 0), ("x", 1)]));
        let of_x = |version: u64, uid: usize| {
            let short = &UIDS[uid][..8];
            format!(r#"{{"resourceVersion":"{version}","uid":"{}","owner":"rr-{short}-1"}}"#, UIDS[uid])
        };
        assert_eq!(one.hash(of_x(7, 0).as_bytes()), other.hash(of_x(8, 1).as_bytes()));
        assert_ne!(one.hash(of_x(7, 0).as_bytes()), one.hash(of_x(8, 1).as_bytes()), "x is not y");
    }

    #[test]
    fn each_write_has_its_own_name() {
        let mut names = run([("x", 0), ("y", 1)]);
        let first = names.hash(br#""resourceVersion":"7""#);
        let again = Commit { change: Change::Modified, ..created(9, "x", UIDS[0]) };
        names.commit(&again, 1);
        assert_ne!(names.hash(br#""resourceVersion":"9""#), first);
        assert_ne!(names.hash(b"count 7"), names.hash(b"count 9"), "only versions have names");
    }
}
