//! The key pair with which kube-apiserver signs service account tokens: P-256, in the PEM forms that it reads.
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use std::{fs, io, path::Path};

pub(super) const PRIVATE_KEY: &str = "service-account.key";
pub(super) const PUBLIC_KEY: &str = "service-account.pub";

/// What precedes the point in the SubjectPublicKeyInfo of a P-256 key (RFC 5480).
const PUBLIC_KEY_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Writes a new pair.
///
/// # Errors
/// If there is no randomness, or no place.
pub(super) fn write_key_pair(directory: &Path) -> io::Result<()> {
    let randomness = SystemRandom::new();
    let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &randomness)
        .map_err(|_| io::Error::other("the system gives no randomness for a key"))?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, private.as_ref(), &randomness)
        .map_err(|e| io::Error::other(e.to_string()))?;
    let public = [&PUBLIC_KEY_HEAD, pair.public_key().as_ref()].concat();
    fs::write(directory.join(PRIVATE_KEY), pem("PRIVATE KEY", private.as_ref()))?;
    fs::write(directory.join(PUBLIC_KEY), pem("PUBLIC KEY", &public))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};

    #[test]
    fn public_key_is_readable_pem() {
        let directory = tempfile::tempdir().unwrap();
        write_key_pair(directory.path()).unwrap();
        let read = SubjectPublicKeyInfoDer::from_pem_file(directory.path().join(PUBLIC_KEY)).unwrap();
        assert_eq!(read.as_ref().len(), 91);
    }
}
