//! Nodes of a tree, each with an id of its own: the parser and the macros make them.
use super::ast::{Call, Expr, Kind};

/// Makes nodes with ids of their own.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    next: usize,
}

impl Nodes {
    /// The number of nodes made.
    pub(super) fn count(&self) -> usize {
        self.next
    }

    pub(super) fn node(&mut self, at: usize, kind: Kind) -> Expr {
        self.next += 1;
        Expr { id: self.next - 1, at, kind }
    }

    pub(super) fn call(&mut self, at: usize, function: &str, args: Vec<Expr>) -> Expr {
        self.node(at, Kind::Call(Call { function: function.to_owned(), target: None, args }))
    }

    /// A copy with ids of its own.
    pub(super) fn copy(&mut self, expr: &Expr) -> Expr {
        let mut copy = expr.clone();
        self.renumber(&mut copy);
        copy
    }

    fn renumber(&mut self, expr: &mut Expr) {
        expr.id = self.next;
        self.next += 1;
        match &mut expr.kind {
            Kind::Literal(_) | Kind::Ident(_) => {}
            Kind::Select(operand, _) | Kind::Has(operand, _) => self.renumber(operand),
            Kind::Call(call) => {
                call.target.iter_mut().for_each(|target| self.renumber(target));
                call.args.iter_mut().for_each(|arg| self.renumber(arg));
            }
            Kind::List(items) => items.iter_mut().for_each(|item| self.renumber(&mut item.value)),
            Kind::Map(entries) => entries.iter_mut().for_each(|entry| {
                self.renumber(&mut entry.key);
                self.renumber(&mut entry.value);
            }),
            Kind::Message(_, fields) => fields.iter_mut().for_each(|field| self.renumber(&mut field.value)),
            Kind::Fold(fold) => {
                for part in [&mut fold.range, &mut fold.init, &mut fold.condition, &mut fold.step, &mut fold.result] {
                    self.renumber(part);
                }
            }
        }
    }
}
