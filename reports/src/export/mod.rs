//! A timeline in the formats of other programs.
//!
//! - [`chrome`]: trace events, which Perfetto and `chrome://tracing` open;
//! - [`jsonl`]: one JSON object per line, for scripts;
//! - [`mermaid`]: a sequence diagram, which GitHub and GitLab draw in Markdown;
//! - [`otlp`]: spans in OpenTelemetry's JSON, for a trace viewer such as Jaeger;
//! - [`shiviz`]: a log with vector clocks, which ShiViz draws.
pub mod chrome;
pub mod jsonl;
pub mod mermaid;
pub mod otlp;
pub mod shiviz;
mod spans;
