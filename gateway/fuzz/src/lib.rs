//! What the fuzz targets share: bodies as an independent parser reads them, and a whole replica on a simulated cluster.
//!
//! Each target is a binary in `targets`, with one property beyond "does not panic". `gateway/fuzz/run` builds and runs
//! them.
pub mod answers;
pub mod cluster;
pub mod json;
pub mod plan;
pub mod replica;
