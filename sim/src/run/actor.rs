//! Actors: the senders of API requests.
use crate::event::ActorId;
use apiserver::ServerId;

/// Actor 0 of every run: fixtures, controllers and conflicting writes are its.
pub(crate) const THIRD_PARTY: ActorId = ActorId(0);

/// Sender of API requests: a process of a replica, the script, or interference.
pub(crate) struct Actor {
    /// The replica that it is a process of.
    pub(crate) replica: Option<usize>,
    /// The API server that it talks to.
    pub(crate) server: ServerId,
    /// Whether its process has ended, so that nothing reaches it.
    pub(crate) gone: bool,
    /// Whether its calls are exempt from faults.
    pub(crate) exempt: bool,
    /// Number of its calls so far.
    pub(crate) calls: u32,
}

/// The actors of a run, by number.
#[derive(Default)]
pub(crate) struct Actors(Vec<Actor>);

impl Actors {
    /// Adds an actor; API servers are assigned in turn.
    pub(crate) fn add(&mut self, replica: Option<usize>, servers: usize) -> ActorId {
        let server = ServerId(self.0.len() % servers);
        self.0.push(Actor { replica, server, gone: false, exempt: false, calls: 0 });
        ActorId(self.0.len() as u32 - 1)
    }

    pub(crate) fn get(&self, id: ActorId) -> &Actor {
        &self.0[id.0 as usize]
    }

    pub(crate) fn get_mut(&mut self, id: ActorId) -> &mut Actor {
        &mut self.0[id.0 as usize]
    }

    /// Counts a call of an actor, and returns the number of those before it.
    pub(crate) fn count_call(&mut self, id: ActorId) -> u32 {
        let actor = self.get_mut(id);
        actor.calls += 1;
        actor.calls - 1
    }

    /// Moves the clients of a server to the next one.
    pub(crate) fn move_from(&mut self, server: ServerId, servers: usize) {
        let next = ServerId((server.0 + 1) % servers);
        self.0.iter_mut().filter(|actor| actor.server == server).for_each(|actor| actor.server = next);
    }
}
