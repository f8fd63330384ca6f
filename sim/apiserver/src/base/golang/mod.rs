//! The parts of Go's standard library whose rules users of the API see: what is a URL, an address, a duration, an
//! e-mail address.
pub(crate) mod address;
pub(crate) mod base64;
pub(crate) mod duration;
pub(crate) mod mail;
pub(crate) mod time;
pub(crate) mod url;
