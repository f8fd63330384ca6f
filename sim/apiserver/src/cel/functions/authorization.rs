//! The functions of the authorizer (k8s.io/apiserver/pkg/cel/library/authz.go). Selectors do not matter here: no role
//! depends on them.
use super::{
    super::{
        authorizer::{Check, Stage},
        value::{Outcome, Value, fault, no_overload},
    },
    native::Native,
};
use crate::base::names::NameRule;
use std::rc::Rc;

pub(super) fn find(name: &str) -> Option<Native> {
    Some(match name {
        "path" => |args| step(args, Stage::Authorizer, Stage::Path, path),
        "group" => |args| step(args, Stage::Authorizer, Stage::Group, |check, text| put(&mut check.group, text)),
        "serviceAccount" => account,
        "resource" => |args| step(args, Stage::Group, Stage::Resource, resource),
        "subresource" => |args| refine(args, |check, text| put(&mut check.subresource, text)),
        "namespace" => |args| refine(args, |check, text| put(&mut check.namespace, text)),
        "name" => |args| refine(args, |check, text| put(&mut check.name, text)),
        "fieldSelector" | "labelSelector" => |args| refine(args, |_, _| Ok(())),
        "check" => check,
        "errored" => |args| decided(args, |_| Value::Bool(false)),
        "error" => |args| decided(args, |_| Value::text("")),
        "allowed" => |args| decided(args, |answer| Value::Bool(answer.allowed)),
        "reason" => |args| decided(args, |answer| Value::text(answer.reason.clone())),
        _ => return None,
    })
}

type Set = fn(&mut Check, &str) -> Result<(), &'static str>;

fn put(member: &mut String, text: &str) -> Result<(), &'static str> {
    text.clone_into(member);
    Ok(())
}

fn path(check: &mut Check, text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() { Err("path must not be empty") } else { put(&mut check.path, text) }
}

fn resource(check: &mut Check, text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() { Err("resource must not be empty") } else { put(&mut check.resource, text) }
}

/// Takes a question from one stage to another.
fn step<'a>(args: &[Value<'a>], from: Stage, to: Stage, set: Set) -> Outcome<'a> {
    let [Value::Asking(asking), Value::String(text)] = args else { return no_overload() };
    if asking.stage != from {
        return no_overload();
    }
    let mut next = (**asking).clone();
    next.stage = to;
    match set(&mut next.check, text) {
        Ok(()) => Ok(Value::Asking(Rc::new(next))),
        Err(why) => fault(why),
    }
}

/// Adds to a question about a resource.
fn refine<'a>(args: &[Value<'a>], set: Set) -> Outcome<'a> {
    step(args, Stage::Resource, Stage::Resource, set)
}

fn account<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Asking(asking), Value::String(namespace), Value::String(name)] = args else { return no_overload() };
    if asking.stage != Stage::Authorizer {
        return no_overload();
    }
    if !NameRule::Subdomain.check(name).is_empty() {
        return fault("Invalid service account name");
    }
    if !NameRule::Label.check(namespace).is_empty() {
        return fault("Invalid service account namespace");
    }
    let mut next = (**asking).clone();
    next.check.account = Some((namespace.to_string(), name.to_string()));
    Ok(Value::Asking(Rc::new(next)))
}

fn check<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Asking(asking), Value::String(verb)] = args else { return no_overload() };
    match asking.stage {
        Stage::Path | Stage::Resource => Ok(Value::Decision(Rc::new((asking.ask)(&asking.check, verb)))),
        Stage::Authorizer | Stage::Group => no_overload(),
    }
}

fn decided<'a>(args: &[Value<'a>], read: fn(&super::super::authorizer::Answer) -> Value<'a>) -> Outcome<'a> {
    let [Value::Decision(answer)] = args else { return no_overload() };
    Ok(read(answer))
}
