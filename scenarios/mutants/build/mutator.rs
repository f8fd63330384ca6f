//! Walks through the sources and makes every operator a choice: `if active(17) { a - b } else { a + b }`.
//!
//! The mutated side of a choice has the operands as they were, so that the copy grows with the depth of expressions and
//! not with their number. Where a choice is not possible (a chain of `let`s, a constant function), there is no mutant.
use super::{
    constants::Constants,
    names::{self, Places, shown, text},
    operators, values,
};
use std::{collections::BTreeSet, error::Error};
use syn::{
    Arm, Attribute, BinOp, Block, Expr, ExprBinary, ExprMatch, ExprRepeat, ImplItemFn, Item, ItemConst, ItemFn,
    ItemImpl, ItemStatic, Pat, Signature, Stmt, TraitItemFn, Type, UnOp, parse_str,
    visit_mut::{self, VisitMut},
};

/// Mutants that do not compile, as cargo-mutants would find out by compiling them: times that are multiplied by times,
/// and the like. The comment in the copy at the place of the compiler's error is the line to add. One of them compiles:
/// a LIST that asks for its first page again and again fills the memory before its run ends.
const UNVIABLE: &str = include_str!("unviable.txt");

/// One change of one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mutant {
    pub(crate) file: String,
    pub(crate) function: String,
    pub(crate) change: String,
}

impl Mutant {
    fn name(&self) -> String {
        format!("{}::{}: {}", self.file, self.function, self.change)
    }
}

/// The walk, with the mutants so far.
pub(crate) struct Mutator {
    constants: Constants,
    defaults: BTreeSet<String>,
    /// By number.
    pub(crate) mutants: Vec<Mutant>,
    unviable: Vec<Mutant>,
    names: Places,
    file: String,
    scope: Vec<String>,
}

fn expression(code: &str) -> Expr {
    parse_str(code).unwrap_or_else(|error| panic!("a mutant that does not parse ({error}): {code}"))
}

/// Whether a chain of `&&` has a `let`, so that it is not an expression by itself.
fn has_let(chain: &Expr) -> bool {
    match chain {
        Expr::Let(_) => true,
        Expr::Binary(ExprBinary { left, op: BinOp::And(_), right, .. }) => has_let(left) || has_let(right),
        _ => false,
    }
}

impl Mutator {
    pub(crate) fn new(constants: Constants, defaults: BTreeSet<String>) -> Self {
        Self {
            constants,
            defaults,
            mutants: Vec::new(),
            unviable: Vec::new(),
            names: Places::default(),
            file: String::new(),
            scope: Vec::new(),
        }
    }

    /// Begins a file.
    pub(crate) fn begin(&mut self, file: &str) {
        self.file = file.to_owned();
        self.scope.clear();
    }

    /// What was left out; an error if the list of unviable mutants has a name that no place has.
    pub(crate) fn finish(&mut self) -> Result<Vec<Mutant>, Box<dyn Error>> {
        let found: BTreeSet<String> = self.unviable.iter().map(Mutant::name).collect();
        match UNVIABLE.lines().find(|name| !found.contains(*name)) {
            Some(gone) => Err(format!("build/unviable.txt has {gone:?}, which no place has: remove it").into()),
            None => Ok(std::mem::take(&mut self.unviable)),
        }
    }

    /// The code with the name of each mutant before its choice, one choice per line: a compiler's error names it.
    pub(crate) fn with_names(&self, code: &str) -> String {
        let mut parts = code.split("crate :: choice :: ");
        let mut named = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let number = part.split(['(', 'u']).find_map(|word| word.trim().parse::<usize>().ok());
            let name = number.and_then(|number| self.mutants.get(number)).map(Mutant::name).unwrap_or_default();
            named += &format!("\n/* {} */ crate :: choice :: {part}", name.replace("*/", "* /"));
        }
        named
    }

    fn function(&self) -> String {
        if self.scope.is_empty() { "(file)".to_owned() } else { self.scope.join("::") }
    }

    fn mutant(&mut self, change: String) -> Mutant {
        let mutant = Mutant { file: self.file.clone(), function: self.function(), change };
        self.distinct(mutant)
    }

    /// The same change of the same function once more gets a number.
    fn distinct(&mut self, mut mutant: Mutant) -> Mutant {
        if let Some(place) = self.names.distinct(mutant.name()) {
            mutant.change += &place;
        }
        mutant
    }

    /// The number of a new mutant; `None` if it does not compile.
    fn number(&mut self, change: String) -> Option<u16> {
        let mutant = self.mutant(change);
        self.numbered(mutant)
    }

    fn numbered(&mut self, mutant: Mutant) -> Option<u16> {
        if UNVIABLE.lines().any(|name| name == mutant.name()) {
            self.unviable.push(mutant);
            return None;
        }
        self.mutants.push(mutant);
        u16::try_from(self.mutants.len() - 1).ok()
    }

    fn left_out(&mut self, why: &str) {
        let mutant = self.mutant(why.to_owned());
        self.unviable.push(mutant);
    }

    fn binary(&mut self, plain: &ExprBinary, now: &Expr) -> Option<String> {
        let with: Vec<&str> = operators::replacements(&plain.op).to_vec();
        if has_let(&Expr::Binary(plain.clone())) {
            self.left_out(&format!("`{}`: a chain with a `let`", shown(&text(&plain.op))));
            return None;
        }
        let (left, op, right) = (text(&plain.left), text(&plain.op), text(&plain.right));
        let mut choice = String::new();
        for with in with {
            let change = format!("`{}` for `{op}` in `{}`", with, shown(&text(plain)));
            if let Some(number) = self.number(change) {
                choice += &format!("if crate::choice::active({number}u16) {{ {left} {with} {right} }} else ");
            }
        }
        (!choice.is_empty()).then(|| format!("({choice} {{ {} }})", text(now)))
    }

    fn negation(&mut self, plain: &Expr, now: &Expr) -> Option<String> {
        let number = self.number(format!("`!` left out in `{}`", shown(&text(plain))))?;
        Some(format!("crate::choice::flipped({number}u16, {})", text(now)))
    }

    /// The constant of this name: this file's own, or the one that it imports.
    fn constant(&mut self, name: &str) -> Option<String> {
        let of_name = self.constants.get(name)?;
        let at = of_name.iter().position(|constant| constant.file == self.file).unwrap_or(0);
        let numbers = match of_name[at].numbers {
            Some(numbers) => numbers,
            None => {
                let file = of_name[at].file.clone();
                let numbers = ["half as large", "twice as large"].map(|change| {
                    let (file, function, change) = (file.clone(), name.to_owned(), change.to_owned());
                    self.numbered(Mutant { file, function, change })
                });
                self.constants.get_mut(name)?[at].numbers = Some(numbers);
                numbers
            }
        };
        let [half, twice] = numbers.map(|number| number.map_or("u16::MAX".to_owned(), |number| format!("{number}u16")));
        Some(format!("crate::choice::scaled({half}, {twice}, {name})"))
    }

    fn fields(&mut self, plain: &syn::ExprStruct, now: &Expr) -> Option<String> {
        plain.rest.as_ref()?;
        let mut choice = String::new();
        for at in 0..plain.fields.len() {
            let mut without = plain.clone();
            let fields = plain.fields.iter().enumerate().filter(|(index, _)| *index != at);
            without.fields = fields.map(|(_, field)| field.clone()).collect();
            // A comma between the last field and `..`.
            if !without.fields.is_empty() && !without.fields.trailing_punct() {
                without.fields.push_punct(Default::default());
            }
            let member = text(&plain.fields[at].member);
            if let Some(number) = self.number(format!("the field `{member}` of `{}` left out", text(&plain.path))) {
                choice += &format!("if crate::choice::active({number}u16) {{ {} }} else ", text(&without));
            }
        }
        (!choice.is_empty()).then(|| format!("({choice} {{ {} }})", text(now)))
    }

    /// Guards of an arm that delete it, or make its own guard true or false.
    fn arm(&mut self, plain: &Arm, now: &mut Arm, deletable: bool) {
        let pattern = shown(&text(&plain.pat));
        let guard = now.guard.as_ref().map(|(_, guard)| format!("({})", text(guard)));
        let (mut before, mut condition) = (Vec::new(), guard.clone());
        if deletable && let Some(number) = self.number(format!("the arm `{pattern}` left out")) {
            before.push(format!("!crate::choice::active({number}u16)"));
        }
        if let (Some((_, plain)), Some(guard)) = (&plain.guard, guard) {
            let plain = shown(&text(plain));
            if let Some(number) = self.number(format!("the guard `{plain}` of `{pattern}` always true")) {
                condition = Some(format!("(crate::choice::active({number}u16) || {guard})"));
            }
            if let Some(number) = self.number(format!("the guard `{plain}` of `{pattern}` always false")) {
                before.push(format!("!crate::choice::active({number}u16)"));
            }
        }
        before.extend(condition);
        if !before.is_empty() {
            now.guard = Some((Default::default(), Box::new(expression(&before.join(" && ")))));
        }
    }

    fn body(&mut self, name: &str, signature: &Signature, block: &mut Block, attributes: &[Attribute]) {
        if attributes.iter().any(|attribute| attribute.path().is_ident("test")) {
            return;
        }
        self.scope.push(name.to_owned());
        if signature.constness.is_some() {
            self.left_out("the body of a constant function");
        } else {
            let empty = block.stmts.is_empty();
            visit_mut::visit_block_mut(self, block);
            let values = values::of_return(&signature.output, &self.defaults);
            if values.is_empty() {
                self.left_out("the body: no value of its type is known");
            }
            let mut first = Vec::new();
            for value in values.iter().filter(|_| !empty) {
                if let Some(number) = self.number(format!("the body replaced by `{value}`")) {
                    let code = format!("if crate::choice::active({number}u16) {{ return {value}; }}");
                    first.push(parse_str::<Stmt>(&code).unwrap_or_else(|error| panic!("{code}: {error}")));
                }
            }
            block.stmts.splice(0..0, first);
        }
        self.scope.pop();
    }
}

impl VisitMut for Mutator {
    fn visit_item_mut(&mut self, item: &mut Item) {
        visit_mut::visit_item_mut(self, item);
    }

    fn visit_item_impl_mut(&mut self, block: &mut ItemImpl) {
        self.scope.push(names::of_type(block));
        visit_mut::visit_item_impl_mut(self, block);
        self.scope.pop();
    }

    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        let ItemFn { attrs, sig, block, .. } = item;
        self.body(&sig.ident.to_string(), sig, block, attrs);
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut ImplItemFn) {
        let ImplItemFn { attrs, sig, block, .. } = item;
        self.body(&sig.ident.to_string(), sig, block, attrs);
    }

    fn visit_trait_item_fn_mut(&mut self, item: &mut TraitItemFn) {
        if let TraitItemFn { attrs, sig, default: Some(block), .. } = item {
            self.body(&sig.ident.to_string(), sig, block, attrs);
        }
    }

    fn visit_expr_mut(&mut self, code: &mut Expr) {
        let plain = code.clone();
        visit_mut::visit_expr_mut(self, code);
        let choice = match &plain {
            Expr::Binary(binary) => self.binary(binary, code),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => self.negation(&plain, code),
            Expr::Struct(literal) => self.fields(literal, code),
            Expr::Path(path) => path.path.get_ident().and_then(|name| self.constant(&name.to_string())),
            _ => None,
        };
        if let Some(choice) = choice {
            *code = expression(&choice);
        }
    }

    fn visit_expr_match_mut(&mut self, code: &mut ExprMatch) {
        let plain = code.clone();
        visit_mut::visit_expr_match_mut(self, code);
        let catches_all = |arm: &Arm| {
            let any = match &arm.pat {
                Pat::Wild(_) => true,
                Pat::Ident(name) => name.subpat.is_none() && name.ident.to_string().starts_with(char::is_lowercase),
                _ => false,
            };
            any && arm.guard.is_none()
        };
        let exhaustive_without = plain.arms.iter().any(catches_all);
        for (plain, now) in plain.arms.iter().zip(&mut code.arms) {
            self.arm(plain, now, exhaustive_without && !catches_all(plain));
        }
    }

    // What is not evaluated in a run: types, patterns, constants, lengths of arrays, attributes.
    fn visit_type_mut(&mut self, _: &mut Type) {}

    fn visit_pat_mut(&mut self, _: &mut Pat) {}

    fn visit_item_const_mut(&mut self, _: &mut ItemConst) {}

    fn visit_impl_item_const_mut(&mut self, _: &mut syn::ImplItemConst) {}

    fn visit_item_static_mut(&mut self, _: &mut ItemStatic) {}

    fn visit_generic_argument_mut(&mut self, _: &mut syn::GenericArgument) {}

    fn visit_attribute_mut(&mut self, _: &mut Attribute) {}

    fn visit_expr_repeat_mut(&mut self, code: &mut ExprRepeat) {
        self.visit_expr_mut(&mut code.expr);
    }
}
