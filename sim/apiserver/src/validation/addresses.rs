//! Addresses of services, and the ranges that they are taken from
//! (k8s.io/kubernetes/pkg/apis/networking/validation, ValidateIPAddress and ValidateServiceCIDR).
use super::check::{self, list, text};
use crate::base::{addresses, field_error::FieldError, names::NameRule};
use serde_json::{Value, json};

const RANGES: &str = "spec.cidrs";
const IMMUTABLE: &str = "field is immutable";

/// Validates the object that an address belongs to, which stays.
pub(super) fn validate_address(address: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    if let Some(old) = old {
        return check::immutable(address, old, "/spec/parentRef", errors);
    }
    let Some(parent) = address.pointer("/spec/parentRef") else {
        return errors.push(FieldError::required("spec.parentRef", ""));
    };
    let members = [
        ("group", NameRule::Subdomain, false),
        ("resource", NameRule::PathSegment, true),
        ("name", NameRule::PathSegment, true),
        ("namespace", NameRule::PathSegment, false),
    ];
    for (member, rule, required) in members {
        let (found, path) = (text(parent, &format!("/{member}")), format!("spec.parentRef.{member}"));
        match found.is_empty() {
            true if required => errors.push(FieldError::required(path, "")),
            true => {}
            false => check::name(found, rule, &path, errors),
        }
    }
}

/// Validates the ranges: one for each family at most. They stay, but a second one can be added.
pub(super) fn validate_ranges(object: &Value, old: Option<&Value>, errors: &mut Vec<FieldError>) {
    let ranges = list(object, "/spec/cidrs");
    let Some(before) = old.map(|old| list(old, "/spec/cidrs")) else { return new_ranges(ranges, errors) };
    let is_added = (before.len(), ranges.len()) == (1, 2);
    if before.len() != ranges.len() && !is_added {
        return errors.push(FieldError::invalid(RANGES, &ranges.into(), IMMUTABLE));
    }
    let changed = ranges.iter().zip(before).enumerate().filter(|(_, (new, old))| new != old);
    errors.extend(changed.map(|(i, (new, _))| FieldError::invalid(format!("{RANGES}[{i}]"), new, IMMUTABLE)));
    if is_added {
        new_ranges(ranges, errors);
    }
}

fn new_ranges(ranges: &[Value], errors: &mut Vec<FieldError>) {
    if ranges.is_empty() {
        return errors.push(FieldError::required(RANGES, "at least one CIDR required"));
    }
    if ranges.len() > 2 {
        // The spec as the server has it inside.
        let spec = json!({"CIDRs": ranges});
        return errors.push(FieldError::invalid(RANGES, &spec, "may only hold up to 2 values"));
    }
    let mut families = Vec::new();
    for (i, range) in ranges.iter().enumerate() {
        match addresses::check_range(range.as_str().unwrap_or_default()) {
            Ok(address) => families.push(address.is_ipv6()),
            Err(why) => errors.push(FieldError::invalid(format!("{RANGES}[{i}]"), range, why)),
        }
    }
    if let [one, other] = families[..]
        && one == other
    {
        let why = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
        errors.push(FieldError::invalid(RANGES, &ranges.into(), why));
    }
}
