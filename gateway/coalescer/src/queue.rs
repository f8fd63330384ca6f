//! The table of led keys, and the items waiting behind each leader.
//!
//! A key is in the table exactly while it has a leader. Items are dropped outside the lock: their destructors may wake
//! other tasks, which may call back into the table.
use crate::sync::{Arc, Mutex};
use std::collections::{BTreeMap, VecDeque};

/// Limits on the items that may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most items waiting behind one key. The free part of `total` is a second limit, see [`Coalescer::join`].
    pub per_key: usize,
    /// Most items waiting behind all keys together.
    pub total: usize,
}

impl Limits {
    /// How many items may wait behind one key while `waiting` items wait behind all keys.
    ///
    /// A key may hold as many items as there is still room for. So with n busy keys, 1/(n+1) of the room stays free for
    /// others. (Network switches share packet buffers like this: Choudhury and Hahne's dynamic thresholds, with factor
    /// 1.)
    fn share(self, waiting: usize) -> usize {
        self.per_key.min(self.total.saturating_sub(waiting))
    }
}

/// Batches items per key behind one leader each.
#[derive(Debug)]
pub struct Coalescer<T> {
    limits: Limits,
    table: Mutex<Table<T>>,
}

#[derive(Debug)]
struct Table<T> {
    waiting: BTreeMap<String, VecDeque<T>>,
    total: usize,
}

/// The role of the caller whose item was accepted.
#[derive(Debug)]
pub enum Joined<T> {
    /// The key had no leader: the caller leads it now, and its item is the first to take.
    Lead(Leadership<T>),
    /// The item waits for the leader's next batch.
    Queued,
}

/// The item did not fit and is returned.
#[derive(Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// The right and the duty to take a key's items until none is left.
///
/// Dropping it before [`Leadership::take`] gave `None` (a panic, an aborted task) drops the waiting items and frees the
/// key.
#[derive(Debug)]
pub struct Leadership<T> {
    coalescer: Arc<Coalescer<T>>,
    key: String,
    leading: bool,
}

impl<T> Coalescer<T> {
    /// An empty table.
    pub fn new(limits: Limits) -> Self {
        Self { limits, table: Mutex::new(Table { waiting: BTreeMap::new(), total: 0 }) }
    }

    /// Adds `item` behind `key`. Its queue may hold [`Limits::per_key`] items, and not more than there is room left
    /// for.
    ///
    /// # Errors
    /// [`Full`] with the item if a limit is reached; the caller does not become the leader then.
    pub fn join(coalescer: &Arc<Self>, key: &str, item: T) -> Result<Joined<T>, Full<T>> {
        let mut table = coalescer.table.lock();
        let share = coalescer.limits.share(table.total);
        if let Some(queue) = table.waiting.get_mut(key) {
            if queue.len() >= share {
                return Err(Full(item));
            }
            queue.push_back(item);
            table.total += 1;
            return Ok(Joined::Queued);
        }
        if share == 0 {
            return Err(Full(item));
        }
        table.waiting.insert(key.to_owned(), VecDeque::from([item]));
        table.total += 1;
        Ok(Joined::Lead(Leadership { coalescer: Arc::clone(coalescer), key: key.to_owned(), leading: true }))
    }

    /// Number of items waiting behind all keys.
    pub fn waiting(&self) -> usize {
        self.table.lock().total
    }

    /// Number of keys with a leader.
    pub fn led(&self) -> usize {
        self.table.lock().waiting.len()
    }

    fn take(&self, key: &str, max: usize) -> Option<Vec<T>> {
        let mut table = self.table.lock();
        let queue = table.waiting.get_mut(key)?;
        if queue.is_empty() {
            table.waiting.remove(key);
            return None;
        }
        let batch: Vec<T> = queue.drain(..max.max(1).min(queue.len())).collect();
        table.total -= batch.len();
        Some(batch)
    }

    fn abandon(&self, key: &str) -> VecDeque<T> {
        let mut table = self.table.lock();
        let queue = table.waiting.remove(key).unwrap_or_default();
        table.total -= queue.len();
        queue
    }
}

impl<T> Leadership<T> {
    /// The key that this leader leads.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The next items in the order of arrival, at least one and at most `max` (0 means 1). `None` if no item waits,
    /// which ends the leadership: the next caller to join leads.
    pub fn take(&mut self, max: usize) -> Option<Vec<T>> {
        if !self.leading {
            return None;
        }
        let batch = self.coalescer.take(&self.key, max);
        self.leading = batch.is_some();
        batch
    }
}

impl<T> Drop for Leadership<T> {
    fn drop(&mut self) {
        if self.leading {
            let abandoned = self.coalescer.abandon(&self.key);
            drop(abandoned);
        }
    }
}
