//! Errors of decoding, in the words of gogo/protobuf.

/// A decoding error, in the words of gogo/protobuf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// The four magic bytes are missing.
    #[error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    NoPrefix,
    /// A length goes beyond the end of the message.
    #[error("unexpected EOF")]
    UnexpectedEnd,
    /// A field has the wrong wire type.
    #[error("proto: wrong wireType = {wire} for field {field}")]
    WrongWireType {
        /// Wire type in the key.
        wire: u8,
        /// The field's name in Go.
        field: String,
    },
    /// An unknown wire type, or a field without a number.
    #[error("proto: illegal wireType {0}")]
    IllegalWireType(u8),
    /// A varint of more than ten bytes.
    #[error("proto: integer overflow")]
    Overflow,
    /// A kind without a message in the table.
    #[error(
        "no kind \"{kind}\" is registered for version \"{api_version}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\""
    )]
    UnknownKind {
        /// The apiVersion in the envelope.
        api_version: String,
        /// The kind in the envelope.
        kind: String,
    },
}
