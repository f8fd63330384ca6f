//! The types of a built-in kind's members, as Go's decoder knows them.

/// The type of a member.
#[derive(Debug)]
pub(crate) enum MemberType {
    /// `string`; an empty one counts as absent.
    Text,
    /// `*bool`.
    Flag,
    /// `int32`.
    Whole,
    /// `*int64`.
    Long,
    /// `[]string`; an empty one counts as absent.
    Texts,
    /// `[]byte`, as base64.
    Bytes,
    /// `map[string]…`; an empty one counts as absent.
    Map(&'static MemberType),
    /// A list; an empty one counts as absent.
    List(&'static MemberType),
    /// A struct: its name in Go and its members.
    Object(&'static str, &'static [(&'static str, MemberType)]),
}
