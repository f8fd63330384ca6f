//! The wire format of protobuf: varints, lengths and field keys.
use super::error::DecodeError;

/// The undecoded value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

impl Item<'_> {
    pub(super) fn wire_type(self) -> u8 {
        match self {
            Self::Varint(_) => 0,
            Self::Fixed64(_) => 1,
            Self::Bytes(_) => 2,
            Self::Fixed32(_) => 5,
        }
    }
}

/// The fields of a message in wire order, each with its number.
pub(super) fn fields(mut rest: &[u8]) -> impl Iterator<Item = Result<(u32, Item<'_>), DecodeError>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let field = next(&mut rest);
        if field.is_err() {
            rest = &[];
        }
        Some(field)
    })
}

fn next<'a>(rest: &mut &'a [u8]) -> Result<(u32, Item<'a>), DecodeError> {
    let key = varint(rest)?;
    let wire_type = u8::try_from(key & 7).unwrap_or_default();
    let number = u32::try_from(key >> 3).unwrap_or_default();
    let item = match wire_type {
        _ if number == 0 => return Err(DecodeError::IllegalWireType(wire_type)),
        0 => Item::Varint(varint(rest)?),
        1 => Item::Fixed64(u64::from_le_bytes(take(rest)?)),
        2 => {
            let length = usize::try_from(varint(rest)?).map_err(|_| DecodeError::UnexpectedEnd)?;
            let (bytes, after) = rest.split_at_checked(length).ok_or(DecodeError::UnexpectedEnd)?;
            *rest = after;
            Item::Bytes(bytes)
        }
        5 => Item::Fixed32(u32::from_le_bytes(take(rest)?)),
        other => return Err(DecodeError::IllegalWireType(other)),
    };
    Ok((number, item))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], DecodeError> {
    let (bytes, after) = rest.split_first_chunk::<N>().ok_or(DecodeError::UnexpectedEnd)?;
    *rest = after;
    Ok(*bytes)
}

fn varint(rest: &mut &[u8]) -> Result<u64, DecodeError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = take(rest)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(DecodeError::Overflow)
}

pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or_default());
}

pub(super) fn put_number(out: &mut Vec<u8>, field: u32, value: u64) {
    put_varint(out, u64::from(field) << 3);
    put_varint(out, value);
}

pub(super) fn put_double(out: &mut Vec<u8>, field: u32, value: f64) {
    put_varint(out, (u64::from(field) << 3) | 1);
    out.extend(value.to_le_bytes());
}

pub(super) fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_varint(out, (u64::from(field) << 3) | 2);
    put_varint(out, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_return() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, 19, value);
            assert_eq!(fields(&bytes).next(), Some(Ok((19, Item::Varint(value)))));
        }
    }

    #[test]
    fn cut_message_ends_with_error() {
        let mut bytes = Vec::new();
        put_bytes(&mut bytes, 1, b"abc");
        assert_eq!(fields(&bytes[..4]).next(), Some(Err(DecodeError::UnexpectedEnd)));
        assert_eq!(fields(&[0x80; 12]).next(), Some(Err(DecodeError::Overflow)));
        assert_eq!(fields(&[7]).count(), 1);
    }
}
