//! Values that other modules derive from a shared value, each computed once.
use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// One value of each type, created at its first use. It lives as long as its owner: all runs of a process share one
/// registry, and so they share the documents about it.
#[derive(Default)]
pub(crate) struct Memo(Mutex<BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Memo {
    /// The value of type `T`. The first call creates it with its default.
    pub(crate) fn of<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = known.entry(TypeId::of::<T>()).or_insert_with(|| Arc::<T>::default());
        Arc::clone(value).downcast().expect("the key is the type of the value")
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_value() {
        let memo = Memo::default();
        assert!(Arc::ptr_eq(&memo.of::<Mutex<u8>>(), &memo.of::<Mutex<u8>>()));
        *memo.of::<Mutex<u8>>().lock().unwrap() = 7;
        assert_eq!(*memo.of::<Mutex<u8>>().lock().unwrap(), 7);
        assert_eq!(*memo.of::<Mutex<u16>>().lock().unwrap(), 0);
    }
}
