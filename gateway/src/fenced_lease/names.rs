//! Names: the lease of a fingerprint, the RemediationRequest of an episode, one acquisition of a lock.
//!
//! A RemediationRequest's name is its fence: the API server refuses the second create of one episode. The name includes
//! the lease's uid, so that a lease that was deleted and created again never leads to the same name twice. It stays
//! within 40 characters, because other controllers prefix it to name their own objects.

const LEASE_PREFIX: &str = "gw-lock-";
const REQUEST_PREFIX: &str = "rr-";
const LEASE_DIGITS: usize = 16;
const REQUEST_DIGITS: usize = 12;
const UID_DIGITS: usize = 8;
/// Enough of a pod's name to distinguish pods, and short enough for many marks in one condition message.
const POD_NAME_BYTES_MAX: usize = 63;

/// Whether `text` is a fingerprint: 64 lower-case hexadecimal digits.
pub(super) fn is_fingerprint(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The digits that a fingerprint shares with the name of its lease.
pub(super) fn lock_key(fingerprint: &str) -> &str {
    fingerprint.get(..LEASE_DIGITS).unwrap_or(fingerprint)
}

/// The digits in a lease's name; `None` if it is not a gateway's lock.
pub(super) fn lock_key_of_lease(name: &str) -> Option<&str> {
    name.strip_prefix(LEASE_PREFIX)
}

/// The name of the lease that guards `fingerprint`.
pub(super) fn lease_name(fingerprint: &str) -> String {
    format!("{LEASE_PREFIX}{}", lock_key(fingerprint))
}

/// The name of the RemediationRequest of `episode` under the lease with `lease_uid`.
pub(super) fn request_name(fingerprint: &str, lease_uid: &str, episode: u64) -> String {
    let fingerprint = fingerprint.get(..REQUEST_DIGITS).unwrap_or(fingerprint);
    let uid: String = lease_uid.chars().filter(char::is_ascii_hexdigit).take(UID_DIGITS).collect();
    format!("{REQUEST_PREFIX}{fingerprint}-{}-{episode}", uid.to_ascii_lowercase())
}

/// The episode in the name of a RemediationRequest that this protocol created for `fingerprint`; `None` for any other
/// name.
pub(super) fn episode_of_request(name: &str, fingerprint: &str) -> Option<u64> {
    let rest =
        name.strip_prefix(REQUEST_PREFIX)?.strip_prefix(fingerprint.get(..REQUEST_DIGITS)?)?.strip_prefix('-')?;
    let (uid, episode) = rest.split_once('-')?;
    let uid_fits = uid.len() == UID_DIGITS && uid.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = !episode.is_empty() && episode.bytes().all(|byte| byte.is_ascii_digit());
    (uid_fits && digits).then(|| episode.parse().ok())?
}

/// The name of the request of `episode` under the same lease as the request called `name`.
pub(super) fn of_episode(name: &str, episode: u64) -> String {
    let stem = name.rsplit_once('-').map_or(name, |(stem, _)| stem);
    format!("{stem}-{episode}")
}

/// Identifies one start of one pod: its name and 32 random bits, in characters that a mark may contain.
pub(super) fn writer(pod: &str, nonce: u64) -> String {
    let letters = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '-' };
    let mut writer: String = pod.chars().map(letters).take(POD_NAME_BYTES_MAX).collect();
    writer.push_str(&format!("-{:08x}", nonce >> 32));
    writer
}

#[cfg(test)]
mod tests {
    use super::*;

    const FP: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn names_are_derived_from_fingerprints() {
        assert_eq!(lease_name(FP), "gw-lock-0123456789abcdef");
        assert_eq!(lock_key_of_lease(&lease_name(FP)), Some(lock_key(FP)));
        let name = request_name(FP, "5D41402A-bc4b-2a76-b971-9d911017c592", 12);
        assert_eq!(name, "rr-0123456789ab-5d41402a-12");
        assert_eq!(episode_of_request(&name, FP), Some(12));
        assert_eq!(of_episode(&name, 11), "rr-0123456789ab-5d41402a-11");
    }

    #[test]
    fn foreign_names_have_no_episode() {
        for name in [
            "rr-0123456789ab-5d41402a",
            "rr-0123456789ab-5d41402a-",
            "rr-0123456789ab-5d41402a-x1",
            "rr-0123456789ab-5d41402-1",
            "rr-0123456789ab-5d41402a-99999999999999999999999",
            "rr-ffffffffffff-5d41402a-1",
            "rr-0123456789abx5d41402a-1",
            "rr-0123456789ab-5d41402x-1",
            "other",
        ] {
            assert_eq!(episode_of_request(name, FP), None, "{name}");
        }
        assert_eq!(episode_of_request("rr-0123456789ab-5d41402a-1", "0123"), None);
    }

    #[test]
    fn writer_uses_only_mark_characters() {
        assert_eq!(writer("gateway-7c9f", 0x1f2e_3d4c_0000_0000), "gateway-7c9f-1f2e3d4c");
        assert_eq!(writer("odd;pod=name:ü", 0), "odd-pod-name---00000000");
        assert_eq!(writer(&"p".repeat(253), 0).len(), POD_NAME_BYTES_MAX + 9);
    }

    #[test]
    fn only_hexadecimal_is_a_fingerprint() {
        assert!(is_fingerprint(FP));
        assert!(!is_fingerprint(&FP.to_uppercase()));
        assert!(!is_fingerprint(&FP[1..]));
        assert!(!is_fingerprint(&format!("ü{}", &FP[2..])[..0]));
    }
}
