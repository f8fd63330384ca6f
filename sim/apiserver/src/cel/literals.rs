//! Checks of constants after the types are known: durations, timestamps, patterns, formats (cel-go, cel/validator.go).
use super::{
    ast::{Call, Expr, Kind, Literal},
    functions::format,
    issue::Issue,
    time::Time,
    types::Type,
};
use crate::base::{golang::duration, pattern::Pattern};

/// The errors in the constants of a checked expression.
pub(super) fn check(expr: &Expr, types: &[Type]) -> Vec<Issue> {
    let mut issues = Vec::new();
    walk(expr, &mut |expr| {
        if let Kind::Call(call) = &expr.kind {
            one(expr, call, types, &mut issues);
        }
    });
    same_types(expr, types, &mut issues);
    issues
}

/// The items of a list, the keys and the values of a map must have one type each, unless they are for `format`.
fn same_types(expr: &Expr, types: &[Type], issues: &mut Vec<Issue>) {
    let mut exempt = Vec::new();
    walk(expr, &mut |expr| {
        if let Kind::Call(Call { function, .. }) = &expr.kind
            && function == "format"
        {
            walk(expr, &mut |below| exempt.push(below.id));
        }
    });
    let kind = |expr: &Expr, optional: bool| {
        let of = &types[expr.id];
        if optional { of.unwrapped().0 } else { of.clone() }
    };
    walk(expr, &mut |expr| {
        let parts: [Vec<(&Expr, Type)>; 2] = match &expr.kind {
            _ if exempt.contains(&expr.id) => return,
            Kind::List(items) => {
                [items.iter().map(|item| (&item.value, kind(&item.value, item.optional))).collect(), Vec::new()]
            }
            Kind::Map(entries) => [
                entries.iter().map(|entry| (&entry.key, kind(&entry.key, false))).collect(),
                entries.iter().map(|entry| (&entry.value, kind(&entry.value, entry.optional))).collect(),
            ],
            _ => return,
        };
        for part in parts {
            let Some((_, first)) = part.first() else { continue };
            if let Some((other, found)) = part.iter().find(|(_, found)| found != first) {
                issues.push(Issue::new(other.at, format!("expected type '{first}' but found '{found}'")));
            }
        }
    });
}

fn one(expr: &Expr, call: &Call, types: &[Type], issues: &mut Vec<Issue>) {
    let text = |expr: Option<&Expr>| match expr.map(|expr| &expr.kind) {
        Some(Kind::Literal(Literal::String(text))) => Some(text.clone()),
        _ => None,
    };
    // Only the first argument is looked at, also where that is not the pattern.
    if let (Some(arg), Some(Kind::Literal(literal))) = (call.args.first(), call.args.first().map(|arg| &arg.kind)) {
        let is_valid = match (call.function.as_str(), literal) {
            ("duration", Literal::String(text)) => duration::parse(text).is_some(),
            ("duration", _) => false,
            ("timestamp", Literal::String(text)) => Time::parse(text).is_some(),
            ("timestamp", Literal::Int(seconds)) => Time::of_seconds(*seconds).is_some(),
            ("matches", Literal::String(text)) => Pattern::new(text).is_ok(),
            _ => true,
        };
        if !is_valid {
            issues.push(Issue::new(arg.at, format!("invalid {} argument", call.function)));
        }
    }
    let (Some(format), Some(Kind::List(items))) =
        (text(call.target.as_deref()), call.args.first().map(|arg| &arg.kind))
    else {
        return;
    };
    if call.function == "format" {
        let kinds: Vec<Type> = items.iter().map(|item| types[item.value.id].clone()).collect();
        if let Some((index, why)) = format::check(&format, &kinds) {
            let at = index.and_then(|index| items.get(index)).map_or(expr.at, |item| item.value.at);
            issues.push(Issue::new(at, why));
        }
    }
}

/// Visits every node of an expression.
pub(super) fn walk(expr: &Expr, visit: &mut impl FnMut(&Expr)) {
    visit(expr);
    match &expr.kind {
        Kind::Literal(_) | Kind::Ident(_) => {}
        Kind::Select(operand, _) | Kind::Has(operand, _) => walk(operand, visit),
        Kind::Call(call) => {
            call.target.iter().for_each(|target| walk(target, visit));
            call.args.iter().for_each(|arg| walk(arg, visit));
        }
        Kind::List(items) => items.iter().for_each(|item| walk(&item.value, visit)),
        Kind::Map(entries) => entries.iter().for_each(|entry| {
            walk(&entry.key, visit);
            walk(&entry.value, visit);
        }),
        Kind::Message(_, fields) => fields.iter().for_each(|field| walk(&field.value, visit)),
        Kind::Fold(fold) => {
            for part in [&fold.range, &fold.init, &fold.condition, &fold.step, &fold.result] {
                walk(part, visit);
            }
        }
    }
}
