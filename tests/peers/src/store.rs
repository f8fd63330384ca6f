//! The API server as far as the lock needs it: one lease, and requests by name. Each method is one atomic call.

/// Number of a replica.
pub type Replica = u8;

/// Form of the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// With the known bug: each replica makes up a name for its request.
    Shipped,
    /// Fixed: the request has one name.
    Fixed,
}

impl Form {
    /// Name of the request that this replica creates.
    pub fn name(self, replica: Replica) -> u8 {
        match self {
            Form::Shipped => replica,
            Form::Fixed => u8::MAX,
        }
    }
}

/// A lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The replica that took it last.
    pub holder: Replica,
    /// Number of its writes so far.
    pub version: u32,
    /// Whether its time is over.
    pub expired: bool,
}

/// The lease and the requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Store {
    lease: Option<Lease>,
    writes: u32,
    requests: Vec<u8>,
}

impl Store {
    /// Reads the lease.
    pub fn lease(&mut self) -> Option<Lease> {
        self.lease
    }

    /// Creates the lease; false if there is one.
    pub fn create_lease(&mut self, holder: Replica) -> bool {
        if self.lease.is_some() {
            return false;
        }
        self.write(holder);
        true
    }

    /// Takes the lease over at this version; false if it was written in the meantime.
    pub fn take_lease(&mut self, holder: Replica, version: u32) -> bool {
        if self.lease.is_none_or(|lease| lease.version != version) {
            return false;
        }
        self.write(holder);
        true
    }

    fn write(&mut self, holder: Replica) {
        self.writes += 1;
        self.lease = Some(Lease { holder, version: self.writes, expired: false });
    }

    /// Deletes the lease by name.
    pub fn delete_lease(&mut self) {
        self.lease = None;
    }

    /// Lets the lease expire, if there is one.
    pub fn expire(&mut self) {
        if let Some(lease) = &mut self.lease {
            lease.expired = true;
        }
    }

    /// Whether there is a request.
    pub fn has_request(&mut self) -> bool {
        !self.requests.is_empty()
    }

    /// Creates a request; false if the name is taken.
    pub fn create_request(&mut self, name: u8) -> bool {
        let free = !self.requests.contains(&name);
        self.requests.extend(free.then_some(name));
        free
    }

    /// Number of requests: two are the bug.
    pub fn requests(&self) -> usize {
        self.requests.len()
    }
}
