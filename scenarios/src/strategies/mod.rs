//! Strategies: how the choices of a random run are made. One file each, behind one trait.
//!
//! A run is a function of its strategy, its seed and, for the [`portfolio`], of the runs before its batch. The record
//! of its choices replays it, whatever made them.
mod delay;
mod dice;
mod mutation;
mod name;
mod pct;
pub mod portfolio;
mod pos;
mod shape;
mod strategy;
mod swarm;
mod uniform;
mod walk;

pub use name::StrategyName;
pub use pct::bound as pct_bound;
pub use shape::Shape;
pub use strategy::Strategy;
