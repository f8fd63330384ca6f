//! The program as an operator starts it: its messages and exit codes, and a whole life of it, from the first probe to
//! SIGTERM, before a small API server.
mod api;
mod life;
mod messages;
mod process;
mod telemetry;
