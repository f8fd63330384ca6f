//! Walks through the sources and puts a counter on every branch, without a change of what the code does.
//!
//! A branch is a function, an arm, each side of an `if` and of a `let … else`, both results of a `?`, both results of
//! an operand of `&&` and `||`, a guard that refuses, the body of a loop, and a closure: what `map_or` and
//! `unwrap_or_else` call is a branch too. What a macro gets, `matches!` for example, is not looked into.
use super::{
    lines::{ATTRIBUTE, MARKS},
    names::{self, Places, neat, text},
};
use syn::{
    Arm, Attribute, BinOp, Block, Expr, ExprBlock, ExprIf, GenericArgument, ImplItemConst, ImplItemFn, ItemConst,
    ItemFn, ItemImpl, ItemStatic, Local, Pat, Signature, Stmt, TraitItemFn, Type, parse_quote, parse_str,
    visit_mut::{self, VisitMut},
};

/// One branch; its line is known only once all are numbered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Branch {
    /// Path of the file.
    pub(crate) file: String,
    pub(crate) function: String,
    pub(crate) what: String,
}

/// The walk, with the branches so far, by number.
#[derive(Default)]
pub(crate) struct Tracer {
    pub(crate) branches: Vec<Branch>,
    places: Places,
    file: String,
    scope: Vec<String>,
}

/// A call of the counters with these numbers, without further arguments.
fn counter(name: &str, numbers: &[u16]) -> String {
    let numbers: Vec<String> = numbers.iter().map(|number| format!("{number}u16")).collect();
    format!("crate::{MARKS}::{name}({})", numbers.join(", "))
}

fn passed(number: u16) -> Stmt {
    parse_str(&format!("{};", counter("at", &[number]))).expect("a call is a statement")
}

/// `code` as an argument of a counter.
fn counted(code: &mut Expr, name: &str, numbers: &[u16]) {
    let mut call: syn::ExprCall = parse_str(&counter(name, numbers)).expect("a call is an expression");
    call.args.push(std::mem::replace(code, Expr::Verbatim(Default::default())));
    *code = Expr::Call(call);
}

/// Puts a counter before `code`, in its own block if it is one.
fn before(code: &mut Expr, number: u16) {
    if let Expr::Block(ExprBlock { block, label: None, .. }) = code {
        block.stmts.insert(0, passed(number));
        return;
    }
    let plain = std::mem::replace(code, Expr::Verbatim(Default::default()));
    let block = Block { brace_token: Default::default(), stmts: vec![passed(number), Stmt::Expr(plain, None)] };
    *code = Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block });
}

/// The attribute that says in which line these branches begin.
fn mark(numbers: &[u16]) -> Attribute {
    let name = syn::Ident::new(ATTRIBUTE, proc_macro2::Span::call_site());
    parse_quote!(#[#name(#(#numbers),*)])
}

fn is_chain(code: &Expr) -> bool {
    match code {
        Expr::Binary(binary) => matches!(binary.op, BinOp::And(_) | BinOp::Or(_)),
        Expr::Paren(inner) => is_chain(&inner.expr),
        _ => false,
    }
}

impl Tracer {
    /// Begins a file.
    pub(crate) fn begin(&mut self, file: &str) {
        self.file = file.to_owned();
        self.scope.clear();
    }

    fn branch(&mut self, what: String) -> u16 {
        let mut branch = Branch { file: self.file.clone(), function: self.scope.join("::"), what };
        if let Some(place) = self.places.distinct(format!("{branch:?}")) {
            branch.what += &place;
        }
        self.branches.push(branch);
        u16::try_from(self.branches.len() - 1).expect("far fewer branches than 65,536")
    }

    fn body(&mut self, name: &str, signature: &Signature, block: &mut Block) {
        // A constant function cannot count.
        if signature.constness.is_some() {
            return;
        }
        self.scope.push(name.to_owned());
        let called = self.branch("the function".to_owned());
        self.visit_block_mut(block);
        block.stmts.insert(0, passed(called));
        self.scope.pop();
    }

    fn arm(&mut self, arm: &mut Arm) {
        let pattern = neat(&text(&arm.pat));
        let guard = arm.guard.as_ref().map(|(_, guard)| neat(&text(guard)));
        let guarded = guard.as_ref().map_or_else(|| pattern.clone(), |guard| format!("{pattern} if {guard}"));
        let taken = self.branch(format!("the arm `{guarded}`"));
        if let (Some((_, code)), Some(guard)) = (&mut arm.guard, guard) {
            if is_chain(code) {
                self.operand(code);
            } else {
                let refused = self.branch(format!("the guard `{guard}` of `{pattern}`: false"));
                self.visit_expr_mut(code);
                counted(code, "unless", &[refused]);
            }
        }
        self.visit_expr_mut(&mut arm.body);
        before(&mut arm.body, taken);
        arm.attrs.insert(0, mark(&[taken]));
    }

    fn either(&mut self, code: &mut ExprIf) {
        let condition = neat(&text(&code.cond));
        let taken = self.branch(format!("`if {condition}`: then"));
        let chained = matches!(&code.else_branch, Some((_, other)) if matches!(**other, Expr::If(_)));
        let refused = (!chained).then(|| self.branch(format!("`if {condition}`: else")));
        let implicit = code.else_branch.is_none();
        self.visit_expr_mut(&mut code.cond);
        self.visit_block_mut(&mut code.then_branch);
        code.then_branch.stmts.insert(0, passed(taken));
        if let Some((_, other)) = &mut code.else_branch {
            self.visit_expr_mut(other);
        }
        if let Some(refused) = refused {
            let nothing = || Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block: parse_quote!({}) });
            let (_, other) = code.else_branch.get_or_insert_with(|| (Default::default(), Box::new(nothing())));
            before(other, refused);
        }
        let begins: Vec<u16> = std::iter::once(taken).chain(refused.filter(|_| implicit)).collect();
        code.attrs.insert(0, mark(&begins));
    }

    /// An operand of `&&` or `||`. A `let` in a chain has no value of its own.
    fn operand(&mut self, code: &mut Expr) {
        match code {
            Expr::Let(_) => self.visit_expr_mut(code),
            Expr::Paren(inner) if is_chain(&inner.expr) => self.operand(&mut inner.expr),
            Expr::Binary(binary) if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) => {
                self.operand(&mut binary.left);
                self.operand(&mut binary.right);
            }
            _ => {
                let plain = neat(&text(code));
                let both = ["true", "false"].map(|value| self.branch(format!("the operand `{plain}`: {value}")));
                self.visit_expr_mut(code);
                counted(code, "operand", &both);
            }
        }
    }

    /// A `let … else`: the number of the side that continues.
    fn let_else(&mut self, local: &mut Local) -> Option<u16> {
        let pattern = neat(&text(&local.pat));
        let init = local.init.as_mut()?;
        let (_, other) = init.diverge.as_mut()?;
        let [bound, refused] = ["bound", "else"].map(|side| self.branch(format!("`let {pattern}`: {side}")));
        self.visit_expr_mut(&mut init.expr);
        self.visit_expr_mut(other);
        before(other, refused);
        local.attrs.insert(0, mark(&[bound, refused]));
        Some(bound)
    }

    fn looped(&mut self, what: &str, body: &mut Block, attributes: &mut Vec<Attribute>) {
        let entered = self.branch(format!("the body of `{}`", neat(what)));
        self.visit_block_mut(body);
        body.stmts.insert(0, passed(entered));
        attributes.insert(0, mark(&[entered]));
    }
}

impl VisitMut for Tracer {
    fn visit_item_impl_mut(&mut self, block: &mut ItemImpl) {
        self.scope.push(names::of_type(block));
        visit_mut::visit_item_impl_mut(self, block);
        self.scope.pop();
    }

    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        self.body(&item.sig.ident.to_string(), &item.sig, &mut item.block);
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut ImplItemFn) {
        self.body(&item.sig.ident.to_string(), &item.sig, &mut item.block);
    }

    fn visit_trait_item_fn_mut(&mut self, item: &mut TraitItemFn) {
        if let Some(block) = &mut item.default {
            self.body(&item.sig.ident.to_string(), &item.sig, block);
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        let plain = std::mem::take(&mut block.stmts);
        for mut stmt in plain {
            let bound = match &mut stmt {
                Stmt::Local(local) if local.init.as_ref().is_some_and(|init| init.diverge.is_some()) => {
                    self.let_else(local)
                }
                _ => {
                    self.visit_stmt_mut(&mut stmt);
                    None
                }
            };
            block.stmts.push(stmt);
            block.stmts.extend(bound.map(passed));
        }
    }

    fn visit_expr_mut(&mut self, code: &mut Expr) {
        if is_chain(code) {
            return self.operand(code);
        }
        let plain = text(code);
        match code {
            Expr::If(code) => self.either(code),
            Expr::Match(code) => {
                self.visit_expr_mut(&mut code.expr);
                code.arms.iter_mut().for_each(|arm| self.arm(arm));
            }
            Expr::Try(code) => {
                let both = ["value", "early return"].map(|side| self.branch(format!("`{}`: {side}", neat(&plain))));
                self.visit_expr_mut(&mut code.expr);
                counted(&mut code.expr, "tried", &both);
            }
            Expr::Closure(code) => {
                let inputs: Vec<String> = code.inputs.iter().map(text).collect();
                let called = format!("|{}| {}", inputs.join(", "), text(&code.body));
                let called = self.branch(format!("the closure `{}`", neat(&called)));
                self.visit_expr_mut(&mut code.body);
                before(&mut code.body, called);
            }
            Expr::While(code) => {
                let head = format!("while {}", text(&code.cond));
                self.visit_expr_mut(&mut code.cond);
                self.looped(&head, &mut code.body, &mut code.attrs);
            }
            Expr::ForLoop(code) => {
                let head = format!("for {} in {}", text(&code.pat), text(&code.expr));
                self.visit_expr_mut(&mut code.expr);
                self.looped(&head, &mut code.body, &mut code.attrs);
            }
            Expr::Repeat(code) => self.visit_expr_mut(&mut code.expr),
            _ => visit_mut::visit_expr_mut(self, code),
        }
    }

    // What is not evaluated in a run: types, patterns, constants, attributes.
    fn visit_type_mut(&mut self, _: &mut Type) {}

    fn visit_pat_mut(&mut self, _: &mut Pat) {}

    fn visit_item_const_mut(&mut self, _: &mut ItemConst) {}

    fn visit_impl_item_const_mut(&mut self, _: &mut ImplItemConst) {}

    fn visit_item_static_mut(&mut self, _: &mut ItemStatic) {}

    fn visit_generic_argument_mut(&mut self, _: &mut GenericArgument) {}

    fn visit_attribute_mut(&mut self, _: &mut Attribute) {}
}
