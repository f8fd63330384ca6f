//! The functions of Kubernetes 1.36's environment and their signatures (k8s.io/apiserver/pkg/cel/environment/base.go).
//!
//! A line names a function and its overloads. `T.(…)` is a call on a value, `(…)` a plain call; `A`, `B` stand for any
//! type. Whatever is not here does not exist there, either: `math.greatest`, `cel.bind`, `base64.encode`.
use super::types::Type;
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

/// The standard library, without the comparisons.
const STANDARD: &str = "
_?_:_ | (bool, A, A) -> A
_&&_ | (bool, bool) -> bool
_||_ | (bool, bool) -> bool
!_ | (bool) -> bool
@not_strictly_false | (bool) -> bool
_==_ | (A, A) -> bool
_!=_ | (A, A) -> bool
_+_ | (bytes, bytes) -> bytes; (double, double) -> double; (duration, duration) -> duration
_+_ | (duration, timestamp) -> timestamp; (timestamp, duration) -> timestamp; (int, int) -> int
_+_ | (list(A), list(A)) -> list(A); (string, string) -> string; (uint, uint) -> uint
_/_ | (double, double) -> double; (int, int) -> int; (uint, uint) -> uint
_%_ | (int, int) -> int; (uint, uint) -> uint
_*_ | (double, double) -> double; (int, int) -> int; (uint, uint) -> uint
-_ | (double) -> double; (int) -> int
_-_ | (double, double) -> double; (duration, duration) -> duration; (int, int) -> int
_-_ | (timestamp, duration) -> timestamp; (timestamp, timestamp) -> duration; (uint, uint) -> uint
_[_] | (list(A), int) -> A; (map(A, B), A) -> B; (optional(list(A)), int) -> optional(A)
_[_] | (optional(map(A, B)), A) -> optional(B)
@in | (A, list(A)) -> bool; (A, map(A, B)) -> bool
size | (bytes) -> int; bytes.() -> int; (list(A)) -> int; list(A).() -> int; (map(A, B)) -> int
size | map(A, B).() -> int; (string) -> int; string.() -> int
type | (A) -> type(A)
bool | (bool) -> bool; (string) -> bool
bytes | (bytes) -> bytes; (string) -> bytes
double | (double) -> double; (int) -> double; (string) -> double; (uint) -> double
duration | (duration) -> duration; (int) -> duration; (string) -> duration
dyn | (A) -> dyn
int | (int) -> int; (double) -> int; (duration) -> int; (string) -> int; (timestamp) -> int; (uint) -> int
string | (string) -> string; (bool) -> string; (bytes) -> string; (double) -> string; (duration) -> string
string | (int) -> string; (timestamp) -> string; (uint) -> string; (ip) -> string; (cidr) -> string
timestamp | (timestamp) -> timestamp; (int) -> timestamp; (string) -> timestamp
uint | (uint) -> uint; (double) -> uint; (int) -> uint; (string) -> uint
contains | string.(string) -> bool
endsWith | string.(string) -> bool
startsWith | string.(string) -> bool
matches | (string, string) -> bool; string.(string) -> bool
getFullYear | timestamp.() -> int; timestamp.(string) -> int
getMonth | timestamp.() -> int; timestamp.(string) -> int
getDayOfYear | timestamp.() -> int; timestamp.(string) -> int
getDayOfMonth | timestamp.() -> int; timestamp.(string) -> int
getDate | timestamp.() -> int; timestamp.(string) -> int
getDayOfWeek | timestamp.() -> int; timestamp.(string) -> int
getHours | timestamp.() -> int; timestamp.(string) -> int; duration.() -> int
getMinutes | timestamp.() -> int; timestamp.(string) -> int; duration.() -> int
getSeconds | timestamp.() -> int; timestamp.(string) -> int; duration.() -> int
getMilliseconds | timestamp.() -> int; timestamp.(string) -> int; duration.() -> int
";

/// Extensions of cel-go: strings (version 2), lists (version 3), sets, optional types, comprehensions of two variables.
const EXTENSIONS: &str = "
charAt | string.(int) -> string
indexOf | string.(string) -> int; string.(string, int) -> int; list(A).(A) -> int
lastIndexOf | string.(string) -> int; string.(string, int) -> int; list(A).(A) -> int
lowerAscii | string.() -> string
upperAscii | string.() -> string
replace | string.(string, string) -> string; string.(string, string, int) -> string
split | string.(string) -> list(string); string.(string, int) -> list(string)
substring | string.(int) -> string; string.(int, int) -> string
trim | string.() -> string
format | string.(list(dyn)) -> string
strings.quote | (string) -> string
join | list(string).() -> string; list(string).(string) -> string
slice | list(A).(int, int) -> list(A)
flatten | list(list(A)).() -> list(A); list(dyn).(int) -> list(dyn)
lists.range | (int) -> list(int)
reverse | list(A).() -> list(A)
distinct | list(A).() -> list(A)
sets.contains | (list(A), list(A)) -> bool
sets.equivalent | (list(A), list(A)) -> bool
sets.intersects | (list(A), list(A)) -> bool
optional.of | (A) -> optional(A)
optional.ofNonZeroValue | (A) -> optional(A)
optional.none | () -> optional(A)
optional.unwrap | (list(optional(A))) -> list(A)
unwrapOpt | list(optional(A)).() -> list(A)
value | optional(A).() -> A
hasValue | optional(A).() -> bool
or | optional(A).(optional(A)) -> optional(A)
orValue | optional(A).(A) -> A
first | list(A).() -> optional(A)
last | list(A).() -> optional(A)
_?._ | (dyn, string) -> optional(A)
_[?_] | (list(A), int) -> optional(A); (optional(list(A)), int) -> optional(A); (map(A, B), A) -> optional(B)
_[?_] | (optional(map(A, B)), A) -> optional(B)
cel.@mapInsert | (map(A, B), A, B) -> map(A, B); (map(A, B), map(A, B)) -> map(A, B)
";

/// Libraries of Kubernetes (k8s.io/apiserver/pkg/cel/library).
const KUBERNETES: &str = "
url | (string) -> url
isURL | (string) -> bool
getScheme | url.() -> string
getHost | url.() -> string
getHostname | url.() -> string
getPort | url.() -> string
getEscapedPath | url.() -> string
getQuery | url.() -> map(string, list(string))
find | string.(string) -> string
findAll | string.(string) -> list(string); string.(string, int) -> list(string)
quantity | (string) -> quantity
isQuantity | (string) -> bool
sign | (quantity) -> int
isGreaterThan | quantity.(quantity) -> bool; semver.(semver) -> bool
isLessThan | quantity.(quantity) -> bool; semver.(semver) -> bool
compareTo | quantity.(quantity) -> int; semver.(semver) -> int
asApproximateFloat | quantity.() -> double
asInteger | quantity.() -> int
isInteger | quantity.() -> bool
add | quantity.(quantity) -> quantity; quantity.(int) -> quantity
sub | quantity.(quantity) -> quantity; quantity.(int) -> quantity
ip | (string) -> ip; cidr.() -> ip
isIP | (string) -> bool
ip.isCanonical | (string) -> bool
family | ip.() -> int
isUnspecified | ip.() -> bool
isLoopback | ip.() -> bool
isLinkLocalMulticast | ip.() -> bool
isLinkLocalUnicast | ip.() -> bool
isGlobalUnicast | ip.() -> bool
cidr | (string) -> cidr
isCIDR | (string) -> bool
containsIP | cidr.(string) -> bool; cidr.(ip) -> bool
containsCIDR | cidr.(string) -> bool; cidr.(cidr) -> bool
prefixLength | cidr.() -> int
masked | cidr.() -> cidr
format.named | (string) -> optional(namedformat)
validate | namedformat.(string) -> optional(list(string))
semver | (string) -> semver; (string, bool) -> semver
jsonpatch.escapeKey | (string) -> string
isSemver | (string) -> bool; (string, bool) -> bool
major | semver.() -> int
minor | semver.() -> int
patch | semver.() -> int
path | authorizer.(string) -> pathcheck
group | authorizer.(string) -> groupcheck
serviceAccount | authorizer.(string, string) -> authorizer
resource | groupcheck.(string) -> resourcecheck
subresource | resourcecheck.(string) -> resourcecheck
namespace | resourcecheck.(string) -> resourcecheck
name | resourcecheck.(string) -> resourcecheck
fieldSelector | resourcecheck.(string) -> resourcecheck
labelSelector | resourcecheck.(string) -> resourcecheck
check | pathcheck.(string) -> decision; resourcecheck.(string) -> decision
errored | decision.() -> bool
error | decision.() -> string
allowed | decision.() -> bool
reason | decision.() -> string
";

/// Formats with a function of their own, `format.NAME()`.
pub(crate) const FORMATS: [&str; 13] = [
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
];
/// Types that can be compared, in the order of cel-go.
const COMPARABLE: [&str; 8] = ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"];
const SUMMABLE: [&str; 4] = ["int", "uint", "double", "duration"];

/// Names of the opaque types here, and their names in Kubernetes.
const OPAQUE: [(&str, &str); 11] = [
    ("url", "kubernetes.URL"),
    ("quantity", "kubernetes.Quantity"),
    ("ip", "net.IP"),
    ("cidr", "net.CIDR"),
    ("namedformat", "kubernetes.NamedFormat"),
    ("semver", "kubernetes.Semver"),
    ("authorizer", "kubernetes.authorization.Authorizer"),
    ("pathcheck", "kubernetes.authorization.PathCheck"),
    ("groupcheck", "kubernetes.authorization.GroupCheck"),
    ("resourcecheck", "kubernetes.authorization.ResourceCheck"),
    ("decision", "kubernetes.authorization.Decision"),
];

/// One signature of a function; the first type of a call on a value is the value's.
#[derive(Debug, Clone)]
pub(super) struct Overload {
    pub(super) member: bool,
    pub(super) args: Vec<Type>,
    pub(super) result: Type,
    /// The number of its parameters.
    pub(super) params: u32,
}

static FUNCTIONS: LazyLock<BTreeMap<String, Vec<Overload>>> = LazyLock::new(|| {
    let mut functions: BTreeMap<String, Vec<Overload>> = BTreeMap::new();
    let lines = STANDARD.lines().chain(EXTENSIONS.lines()).chain(KUBERNETES.lines()).map(str::to_owned);
    let formats = FORMATS.iter().map(|name| format!("format.{name} | () -> namedformat"));
    for line in lines.chain(formats).chain(templates()).filter(|line| !line.is_empty()) {
        let (name, overloads) = line.split_once(" | ").unwrap_or((&line, ""));
        let overloads = overloads.split("; ").map(Overload::parse);
        functions.entry(name.to_owned()).or_default().extend(overloads);
    }
    functions
});

/// The names of all functions.
#[cfg(test)]
pub(super) static FUNCTION_NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: Vec<String> = FUNCTIONS.keys().cloned().collect();
    names.sort();
    names
});

/// Functions with one overload per comparable type.
fn templates() -> Vec<String> {
    let each = |types: &[&str], overload: &dyn Fn(&str) -> String| {
        types.iter().map(|name| overload(name)).collect::<Vec<_>>().join("; ")
    };
    let mut lines = Vec::new();
    for relation in ["_<_", "_<=_", "_>_", "_>=_"] {
        let same = each(&COMPARABLE, &|name| format!("({name}, {name}) -> bool"));
        lines.push(format!(
            "{relation} | {same}; (int, double) -> bool; (int, uint) -> bool; (uint, double) -> bool; \
             (uint, int) -> bool; (double, int) -> bool; (double, uint) -> bool"
        ));
    }
    let sorted = each(&COMPARABLE, &|name| format!("list({name}).() -> bool"));
    lines.push(format!("isSorted | {sorted}"));
    for name in ["min", "max"] {
        lines.push(format!("{name} | {}", each(&COMPARABLE, &|name| format!("list({name}).() -> {name}"))));
    }
    lines.push(format!("sum | {}", each(&SUMMABLE, &|name| format!("list({name}).() -> {name}"))));
    lines.push(format!("sort | {}", each(&COMPARABLE, &|name| format!("list({name}).() -> list({name})"))));
    let by_keys = each(&COMPARABLE, &|name| format!("list(A).(list({name})) -> list(A)"));
    lines.push(format!("@sortByAssociatedKeys | {by_keys}"));
    lines
}

impl Overload {
    fn parse(text: &str) -> Self {
        let (call, result) = text.split_once(" -> ").unwrap_or((text, "dyn"));
        // The parentheses of the arguments are the last ones that are opened at the top level.
        let open = call.char_indices().scan(0, |depth, (at, c)| {
            match c {
                '(' => *depth += 1,
                ')' => *depth -= 1,
                _ => {}
            }
            Some((at, c, *depth))
        });
        let open = open.filter(|(_, c, depth)| *c == '(' && *depth == 1).last().map_or(0, |(at, ..)| at);
        let (target, args) = (call[..open].trim_end_matches('.'), &call[open + 1..call.len() - 1]);
        let mut types: Vec<Type> = Vec::new();
        if !target.is_empty() {
            types.push(parse(target));
        }
        types.extend(split(args).into_iter().map(parse));
        Self { member: !target.is_empty(), args: types, result: parse(result), params: 2 }
    }
}

/// Splits at the commas of the top level.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

fn parse(text: &str) -> Type {
    if let Some((name, rest)) = text.split_once('(') {
        let mut inner = split(rest.strip_suffix(')').unwrap_or(rest)).into_iter().map(|part| Arc::new(parse(part)));
        let mut next = || inner.next().unwrap_or_else(|| Arc::new(Type::Dyn));
        return match name {
            "list" => Type::List(next()),
            "map" => Type::Map(next(), next()),
            "optional" => Type::Optional(next()),
            _ => Type::Type(next()),
        };
    }
    match text {
        "timestamp" => Type::Timestamp,
        "duration" => Type::Duration,
        "A" => Type::Param(0),
        "B" => Type::Param(1),
        other => scalar(other).unwrap_or_else(|| opaque(other)),
    }
}

/// A type that signatures and expressions call by the same name.
fn scalar(name: &str) -> Option<Type> {
    Some(match name {
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        _ => return None,
    })
}

/// A type of a library, by its name here; `dyn` for any other name.
pub(crate) fn opaque(name: &str) -> Type {
    OPAQUE.iter().find(|(short, _)| *short == name).map_or(Type::Dyn, |(_, full)| Type::Opaque(full))
}

/// The overloads of a function.
pub(super) fn overloads(function: &str) -> Option<&'static [Overload]> {
    FUNCTIONS.get(function).map(Vec::as_slice)
}

/// The type that an identifier names.
pub(super) fn named(name: &str) -> Option<Type> {
    let any = || Arc::new(Type::Dyn);
    if let Some(scalar) = scalar(name) {
        return Some(scalar);
    }
    let found = match name {
        "google.protobuf.Timestamp" => Type::Timestamp,
        "google.protobuf.Duration" => Type::Duration,
        "list" => Type::List(Arc::new(Type::Param(u32::MAX))),
        "map" => Type::Map(Arc::new(Type::Param(u32::MAX)), Arc::new(Type::Param(u32::MAX - 1))),
        "null_type" => Type::Null,
        "type" => Type::Type(any()),
        "dyn" => Type::Dyn,
        "optional_type" => Type::Optional(any()),
        other => Type::Opaque(OPAQUE.iter().find(|(_, full)| *full == other)?.1),
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_read() {
        let slice = &overloads("slice").expect("it is known")[0];
        assert!(slice.member);
        assert_eq!(slice.args, [Type::list(Type::Param(0)), Type::Int, Type::Int]);
        let none = &overloads("optional.none").expect("it is known")[0];
        assert!(!none.member && none.args.is_empty());
        assert_eq!(none.result, Type::optional(Type::Param(0)));
        let query = &overloads("getQuery").expect("it is known")[0];
        assert_eq!(query.result.to_string(), "map(string, list(string))");
        assert_eq!(overloads("_<_").map(<[_]>::len), Some(14));
        assert!(overloads("math.greatest").is_none());
    }
}
