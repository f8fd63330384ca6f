//! Expressions that others use by name, as the variables of admission policies
//! (k8s.io/apiserver/pkg/admission/plugin/cel/composition.go).
use super::{
    Program,
    value::{Outcome, Value, fault},
};
use std::cell::RefCell;

/// Named expressions over the same variables as those that use them. Each is evaluated at its first use, and can use
/// those before it.
pub(crate) struct Named<'a> {
    programs: &'a [(String, Program)],
    known: RefCell<Vec<Option<Outcome<'a>>>>,
}

impl<'a> Named<'a> {
    pub(crate) fn new(programs: &'a [(String, Program)]) -> Self {
        Self { programs, known: RefCell::new(vec![None; programs.len()]) }
    }

    /// The value of an expression; None for an unknown name. Of a repeated name the last one counts.
    pub(super) fn value(&self, name: &str, globals: &[Option<Value<'a>>]) -> Option<Outcome<'a>> {
        let at = self.programs.iter().rposition(|(known, _)| known == name)?;
        if let Some(known) = &self.known.borrow()[at] {
            return Some(known.clone());
        }
        // One that uses itself finds this.
        self.known.borrow_mut()[at] = Some(fault(format!("no such key: {name}")));
        let found = self.programs[at].1.evaluate_with(globals, self);
        self.known.borrow_mut()[at] = Some(found.clone());
        Some(found)
    }
}
