//! Queues that each lack one of the coalescer's precautions, to check that the search finds every one of these flaws.
use crate::{
    model::{Item, Lead, Queue},
    queue::Limits,
};
use loom::sync::{Arc, Mutex, MutexGuard};
use std::collections::{BTreeMap, VecDeque};

/// Looks whether the queue is empty in one critical section and removes the key in another.
pub const REMOVES_LATER: u8 = 1;
/// Looks whether the key is led in one critical section and adds it in another.
pub const INSERTS_LATER: u8 = 2;
/// Looks at the limits in one critical section and adds the item in another.
pub const CHECKS_EARLIER: u8 = 3;
/// A leader that leaves early keeps its key.
pub const KEEPS_KEY: u8 = 4;
/// Gives the whole room to the first key that asks for it.
pub const SHARES_NOTHING: u8 = 5;

/// A coalescer with the flaw of this number.
#[derive(Debug)]
pub struct Flawed<const FLAW: u8> {
    limits: Limits,
    table: Mutex<BTreeMap<&'static str, VecDeque<Item>>>,
}

type Guard<'a> = MutexGuard<'a, BTreeMap<&'static str, VecDeque<Item>>>;

/// The leadership of a flawed queue.
#[derive(Debug)]
pub struct FlawedLead<const FLAW: u8> {
    queue: Arc<Flawed<FLAW>>,
    key: &'static str,
    leading: bool,
}

impl<const FLAW: u8> Flawed<FLAW> {
    fn lock(&self) -> Guard<'_> {
        self.table.lock().expect("no panic while locked")
    }

    /// Unlocks and locks again if the queue has this flaw.
    fn gap<'a>(&'a self, flaw: u8, held: Guard<'a>) -> Guard<'a> {
        if FLAW != flaw {
            return held;
        }
        drop(held);
        self.lock()
    }
}

fn waiting(table: &BTreeMap<&'static str, VecDeque<Item>>) -> usize {
    table.values().map(VecDeque::len).sum()
}

impl<const FLAW: u8> Queue for Flawed<FLAW> {
    type Lead = FlawedLead<FLAW>;

    fn new(limits: Limits) -> Self {
        Self { limits, table: Mutex::new(BTreeMap::new()) }
    }

    fn join(queue: &Arc<Self>, key: &'static str, item: Item) -> Result<Option<Self::Lead>, Item> {
        let table = queue.lock();
        let free = queue.limits.total.saturating_sub(waiting(&table));
        let share = if FLAW == SHARES_NOTHING { queue.limits.per_key } else { queue.limits.per_key.min(free) };
        if free == 0 || table.get(key).map_or(0, VecDeque::len) >= share {
            return Err(item);
        }
        let table = queue.gap(CHECKS_EARLIER, table);
        let led = table.contains_key(key);
        let mut table = queue.gap(INSERTS_LATER, table);
        if led && let Some(waiting) = table.get_mut(key) {
            waiting.push_back(item);
            return Ok(None);
        }
        table.insert(key, VecDeque::from([item]));
        Ok(Some(FlawedLead { queue: queue.clone(), key, leading: true }))
    }

    fn census(&self) -> (usize, usize) {
        let table = self.lock();
        (waiting(&table), table.len())
    }
}

impl<const FLAW: u8> Lead for FlawedLead<FLAW> {
    fn take(&mut self, max: usize) -> Option<Vec<Item>> {
        let mut table = self.queue.lock();
        let waiting = table.get_mut(self.key)?;
        if !waiting.is_empty() {
            return Some(waiting.drain(..max.min(waiting.len())).collect());
        }
        let mut table = self.queue.gap(REMOVES_LATER, table);
        table.remove(self.key);
        self.leading = false;
        None
    }
}

impl<const FLAW: u8> Drop for FlawedLead<FLAW> {
    fn drop(&mut self) {
        if self.leading && FLAW != KEEPS_KEY {
            let abandoned = self.queue.lock().remove(self.key);
            drop(abandoned);
        }
    }
}
