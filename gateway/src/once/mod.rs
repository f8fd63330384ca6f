//! The fenced lease.
