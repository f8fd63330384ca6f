//! The lock for stateright: a state machine, written by hand, whose states are compared.
use crate::store::{Form, Replica, Store};
use stateright::{Checker, Model, Property};

/// The next call of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Reads the lease.
    Read,
    /// Creates it.
    Create,
    /// Takes it over at this version.
    Take(u32),
    /// Looks for a request.
    Look,
    /// Creates one.
    Post,
    /// Reads the lease before it is released.
    ReadAgain,
    /// Deletes it.
    Delete,
    /// Nothing: the signal is answered.
    Done,
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    store: Store,
    replicas: [Next; 2],
    expired: bool,
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The next call of this replica.
    Call(Replica),
    /// The lease expires.
    Expire,
}

/// The lock.
#[derive(Debug, Clone, Copy)]
pub struct Lock(pub Form);

impl Lock {
    fn call(self, store: &mut Store, me: Replica, next: Next) -> Next {
        let entered = |acquired: bool| if acquired { Next::Look } else { Next::Done };
        match next {
            Next::Read => match store.lease() {
                None => Next::Create,
                Some(lease) if lease.expired => Next::Take(lease.version),
                Some(_) => Next::Done,
            },
            Next::Create => entered(store.create_lease(me)),
            Next::Take(version) => entered(store.take_lease(me, version)),
            Next::Look if store.has_request() => Next::ReadAgain,
            Next::Look => Next::Post,
            Next::Post => {
                store.create_request(self.0.name(me));
                Next::ReadAgain
            }
            Next::ReadAgain if store.lease().is_some_and(|lease| lease.holder == me) => Next::Delete,
            Next::Delete => {
                store.delete_lease();
                Next::Done
            }
            Next::ReadAgain | Next::Done => Next::Done,
        }
    }
}

impl Model for Lock {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State { store: Store::default(), replicas: [Next::Read; 2], expired: false }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let calls = (0..2).filter(|&me| state.replicas[usize::from(me)] != Next::Done);
        actions.extend(calls.map(Action::Call));
        actions.extend((!state.expired).then_some(Action::Expire));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = state.clone();
        match action {
            Action::Call(me) => {
                let next = &mut state.replicas[usize::from(me)];
                *next = self.call(&mut state.store, me, *next);
            }
            Action::Expire => {
                state.expired = true;
                state.store.expire();
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("one request", |_, state: &State| state.store.requests() <= 1)]
    }
}

/// Visits states breadth first, until the bug or the end: the number of them, and whether the bug was found.
pub fn explore(form: Form) -> (u64, bool) {
    let checker = Lock(form).checker().spawn_bfs().join();
    (checker.unique_state_count() as u64, checker.discovery("one request").is_some())
}
