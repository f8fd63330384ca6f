//! What a replica runs: the gateway's own program, or lockstep itself with a baseline protocol.
use crate::protocol_name::{ProtocolName, SHIPPED};
use std::{
    io,
    path::{Path, PathBuf},
};

/// A program and its arguments, before the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Path of the program.
    pub path: PathBuf,
    /// Its first arguments.
    pub arguments: Vec<String>,
    /// Name of the protocol.
    pub protocol: String,
}

/// There is no program for a protocol.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// The gateway's program is not where it is expected.
    #[error(
        "there is no gateway at {0}: build it with `cargo build --release -p gateway`, or name it with --gateway-binary"
    )]
    NoGateway(PathBuf),
    /// This program's own path is not known.
    #[error("this program does not know its own path: {0}")]
    Own(io::Error),
}

impl Program {
    /// The gateway for the shipped protocol: `binary`, or the one beside this program. For others, this program.
    ///
    /// # Errors
    /// If there is no such program.
    pub fn of(protocol: ProtocolName, binary: Option<&Path>) -> Result<Self, ProgramError> {
        let own = std::env::current_exe().map_err(ProgramError::Own)?;
        if protocol.to_string() != SHIPPED {
            let arguments = vec!["replica".to_owned(), "--protocol".to_owned(), protocol.to_string()];
            return Ok(Self { path: own, arguments, protocol: protocol.to_string() });
        }
        let path = binary.map_or_else(|| own.with_file_name("gateway"), Path::to_owned);
        if !path.is_file() {
            return Err(ProgramError::NoGateway(path));
        }
        Ok(Self { path, arguments: Vec::new(), protocol: SHIPPED.to_owned() })
    }
}
