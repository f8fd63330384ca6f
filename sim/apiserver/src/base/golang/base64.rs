//! Base64 as Go decodes it (package encoding/base64, StdEncoding): line breaks are ignored, spare bits too.
use base64::{
    Engine, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};

const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// The position at which the decoder gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("illegal base64 data at input byte {0}")]
pub(crate) struct CorruptInput(usize);

/// The bytes of a text.
///
/// # Errors
/// If the text is not base64.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, CorruptInput> {
    let plain: String = text.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
    LENIENT.decode(&plain).map_err(|_| CorruptInput(first_wrong(text.as_bytes())))
}

fn first_wrong(text: &[u8]) -> usize {
    let positions: Vec<usize> = (0..text.len()).filter(|at| !matches!(text[*at], b'\r' | b'\n')).collect();
    for (index, at) in positions.iter().enumerate() {
        match text[*at] {
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => continue,
            b'=' => {}
            _ => return *at,
        }
        let next = |offset: usize| positions.get(index + offset).copied();
        return match (index % 4, next(1)) {
            (0 | 1, _) => *at,
            (2, None) => text.len(),
            (2, Some(second)) if text[second] == b'=' => next(2).unwrap_or(text.len()),
            (2, Some(other)) => other - 1,
            (_, after) => after.unwrap_or(text.len()),
        };
    }
    text.len() - positions.len() % 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_and_spare_bits_are_ignored() {
        assert_eq!(decode("aGV\nsbG8="), Ok(b"hello".to_vec()));
        assert_eq!(decode("YR=="), Ok(b"a".to_vec()));
    }

    #[test]
    fn errors_name_the_byte_of_go() {
        for (text, at) in
            [("not base64!", 3), ("abc", 0), ("aGVsbG8", 4), ("a=", 1), ("ab=c", 2), ("ab==c", 4), ("=", 0)]
        {
            assert_eq!(decode(text), Err(CorruptInput(at)), "{text}");
        }
    }
}
