//! One small lock in every engine that explores schedules of Rust programs: what each needs, finds and finishes.
//!
//! The lock is that of the existing gateway, reduced to its core: two replicas handle one signal each. A replica takes
//! a lease (create it, or take it over once it has expired), looks for a request, creates one if there is none, and
//! releases the lease after reading its holder. A clock lets the lease expire once, at any moment. The known bug: a
//! holder whose lease expires between its look and its create, and the new holder, create one request each. The fixed
//! form gives the request one name, so that the second create is refused.
//!
//! Each engine has the lock as it needs it: [`loomed`] and [`shuttled`] as threads, [`modelled`] as a state machine for
//! stateright, [`networked`] as clients and a server on turmoil's TCP, [`simulated`] as a kube-rs program in Lockstep.
//! All but the last share the [`store`]; Lockstep has an API server of its own.
//!
//! Nothing here is in the graph of what is shipped.
pub mod document;
pub mod engines;
pub mod loomed;
pub mod modelled;
pub mod networked;
pub mod shuttled;
pub mod simulated;
pub mod store;
