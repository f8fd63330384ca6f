//! Each invariant is shown to fire on a short history written by hand, and to leave the nearest legal one alone.
mod counting;
mod crashes;
mod episodes;
mod history;
mod locks;
mod replies;
mod signals;
mod silence;
mod table;
mod watches;
