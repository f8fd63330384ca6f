//! CEL expressions mean the same on both servers: generated ones are compiled and evaluated by both.
//!
//! First each rule is sent as a definition that is not stored: both servers must take it, or refuse it in the same
//! words. Then the rules that both take are put into one definition, and an object must fail the same ones, in the same
//! words.
//! `EXPRESSIONS=2000 cargo test -p tests --test expressions` searches longer, another `EXPRESSIONS_SEED` elsewhere.
use apiserver::Registry;
use conformance::{Case, InProcess, Tokens};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tests::{differential::Real, real_server::RealServer};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/// Rules that are sent in one case, and are put into one definition.
const BATCH: usize = 40;

/// A type that expressions are generated of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Double,
    Text,
    Ints,
    Texts,
    Map,
    Duration,
    Timestamp,
    Optional,
}

const KINDS: [Kind; 10] = [
    Kind::Bool,
    Kind::Int,
    Kind::Double,
    Kind::Text,
    Kind::Ints,
    Kind::Texts,
    Kind::Map,
    Kind::Duration,
    Kind::Timestamp,
    Kind::Optional,
];

/// Forms of expressions by type: `b`, `i`, `d`, `t`, `l`, `s`, `m`, `u`, `w`, `o` in braces stand for parts of a type.
const FORMS: [(Kind, &[&str]); 10] = [
    (
        Kind::Bool,
        &[
            "true",
            "false",
            "!{b}",
            "({b} && {b})",
            "({b} || {b})",
            "{i} == {i}",
            "{i} < {i}",
            "{d} >= {d}",
            "{t} == {t}",
            "{t} < {t}",
            "{i} in {l}",
            "{t} in {s}",
            "{l} == {l}",
            "{m} == {m}",
            "{t}.contains({t})",
            "{t}.startsWith({t})",
            "{l}.all(x, x > {i})",
            "{l}.exists(x, x == {i})",
            "{l}.exists_one(x, x > 1)",
            "{l}.all(i, v, i < v)",
            "'a' in {m}",
            "{u} < {u}",
            "{w} > {w}",
            "{o}.hasValue()",
            "{o} == {o}",
            "{l}.isSorted()",
            "sets.contains({l}, {l})",
            "sets.intersects({l}, {l})",
            "isQuantity({t})",
            "isIP({t})",
            "isURL({t})",
            "isSemver({t})",
            "has({m}.a)",
            "type({i}) == int",
            "dyn({i}) == {d}",
            "({b} ? {b} : {b})",
            "{t}.matches('^[a-c]\\\\w*$')",
            "{i} < {d}",
            "dyn({t}) == {i}",
            "cidr('10.0.0.0/8').containsIP('10.1.2.3')",
            "{i} != {i}",
        ],
    ),
    (
        Kind::Int,
        &[
            "0",
            "1",
            "2",
            "-1",
            "7",
            "9223372036854775807",
            "self",
            "({i} + {i})",
            "({i} - {i})",
            "({i} * {i})",
            "({i} / {i})",
            "({i} % {i})",
            "-({i})",
            "{t}.size()",
            "size({l})",
            "{l}.size()",
            "{m}.size()",
            "{l}[0]",
            "{m}['a']",
            "{m}.b",
            "{l}.sum()",
            "{l}.max()",
            "{l}.min()",
            "{l}.indexOf({i})",
            "{t}.indexOf({t})",
            "{t}.lastIndexOf({t})",
            "int({d})",
            "int('12')",
            "{u}.getMinutes()",
            "{w}.getHours()",
            "{w}.getDayOfYear()",
            "({b} ? {i} : {i})",
            "{o}.orValue({i})",
            "{o}.value()",
            "{m}.?a.orValue({i})",
            "{l}[?1].orValue({i})",
            "{l}.first().orValue(9)",
            "int(dyn({i}))",
        ],
    ),
    (
        Kind::Double,
        &[
            "0.5",
            "1.0",
            "-2.25",
            "1e3",
            "({d} + {d})",
            "({d} * {d})",
            "({d} / {d})",
            "double({i})",
            "double('1.5')",
            "-({d})",
        ],
    ),
    (
        Kind::Text,
        &[
            "'abc'",
            "''",
            "'é1'",
            "'b'",
            "'10Mi'",
            "'1.2.3'",
            "'http://a/b'",
            "({t} + {t})",
            "string({i})",
            "string({b})",
            "{t}.charAt(0)",
            "{t}.charAt({i})",
            "{t}.substring(1)",
            "{t}.substring(0, {i})",
            "{t}.upperAscii()",
            "{t}.trim()",
            "{t}.replace('b', 'x')",
            "{s}[0]",
            "({b} ? {t} : {t})",
            "string({d})",
            "string({u})",
            "'abc123'.find('[0-9]+')",
            "strings.quote({t})",
            "url('https://h:1/p').getHostname()",
        ],
    ),
    (
        Kind::Ints,
        &[
            "[1, 2, 3]",
            "[3, 1, 1]",
            "[{i}, {i}]",
            "({l} + {l})",
            "{l}.map(x, x + 1)",
            "{l}.filter(x, x > 1)",
            "{l}.map(x, x > 0, x * 2)",
            "{l}.transformList(i, v, i + v)",
            "{l}.slice(0, {i})",
            "{l}.reverse()",
            "{l}.distinct()",
            "{l}.sort()",
            "lists.range(3)",
            "[[1], {l}].flatten()",
            "{l}.sortBy(x, -x)",
            "[?{o}, {i}]",
        ],
    ),
    (Kind::Texts, &["['a', 'b']", "[{t}]", "{t}.split('b')", "{m}.map(k, k)", "'a1b2'.findAll('[0-9]')"]),
    (
        Kind::Map,
        &[
            "{{'a': 1, 'b': 2}}",
            "{{'a': {i}}}",
            "{{'c': {i}, {t}: {i}}}",
            "{m}.transformMap(k, v, v + 1)",
            "{{?'a': {o}}}",
        ],
    ),
    (Kind::Duration, &["duration('1h')", "duration('-90s')", "({u} + {u})", "({w} - {w})"]),
    (Kind::Timestamp, &["timestamp('2020-01-02T03:04:05Z')", "timestamp({i})", "({w} + {u})", "({w} - {u})"]),
    (
        Kind::Optional,
        &[
            "optional.of({i})",
            "optional.none()",
            "{m}.?a",
            "{l}[?0]",
            "{o}.or({o})",
            "{o}.optMap(x, x + 1)",
            "optional.ofNonZeroValue({i})",
        ],
    ),
];

/// A generator of numbers, so that a seed repeats a search.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }

    fn expression(&mut self, kind: Kind, depth: usize) -> String {
        let (_, forms) = FORMS[KINDS.iter().position(|known| *known == kind).unwrap_or_default()];
        let form = loop {
            let form = forms[self.below(forms.len())];
            if depth > 0 || !form.replace("{{", "").contains('{') {
                break form;
            }
        };
        let mut out = String::new();
        let mut rest = form;
        while let Some(c) = rest.chars().next() {
            match rest.as_bytes() {
                [b'{', b'{', ..] | [b'}', b'}', ..] => {
                    out.push(c);
                    rest = &rest[2..];
                }
                [b'{', part, b'}', ..] => {
                    out.push_str(&self.part(char::from(*part), depth));
                    rest = &rest[3..];
                }
                _ => {
                    out.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        out
    }

    /// Part of a form; now and then of another type.
    fn part(&mut self, letter: char, depth: usize) -> String {
        let wanted = KINDS["bidtlsmuwo".find(letter).unwrap_or_default()];
        let kind = if self.below(40) == 0 { KINDS[self.below(KINDS.len())] } else { wanted };
        self.expression(kind, depth.saturating_sub(1))
    }
}

fn number(variable: &str, default: u64) -> u64 {
    let parse = |text: String| text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number"));
    std::env::var(variable).map_or(default, parse)
}

/// A definition with one property for each rule.
fn definition(rules: &[&String]) -> Value {
    let property = |rule: &&String| json!({"type": "integer", "x-kubernetes-validations": [{"rule": rule}]});
    let properties: Map<String, Value> =
        rules.iter().enumerate().map(|(at, rule)| (format!("p{at:02}"), property(rule))).collect();
    let spec = json!({"type": "object", "properties": properties});
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}});
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.{ns}.example.com"},
        "spec": {"group": "{ns}.example.com", "scope": "Namespaced",
            "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}]}})
}

/// Sends each rule as a definition of its own that is not stored.
fn compiling(rules: &[String]) -> Value {
    let step = |rule: &String| {
        json!({"do": {"method": "POST", "path": DEFINITIONS, "query": {"dryRun": "All"}, "body": definition(&[rule])},
            "only": ["/details/causes"]})
    };
    json!({"about": "rules", "steps": rules.iter().map(step).collect::<Vec<_>>()})
}

/// Defines all rules at once, and creates an object.
fn evaluating(rules: &[&String]) -> Value {
    let things = "/apis/{ns}.example.com/v1/namespaces/{ns}/things";
    let spec: Map<String, Value> = (0..rules.len()).map(|at| (format!("p{at:02}"), 1.into())).collect();
    let object = json!({"apiVersion": "{ns}.example.com/v1", "kind": "Thing", "metadata": {"name": "x"}, "spec": spec});
    json!({"about": "rules", "steps": [
        {"do": {"method": "POST", "path": DEFINITIONS, "body": definition(rules)}, "only": ["/message"]},
        {"do": {"path": format!("{DEFINITIONS}/things.{{ns}}.example.com")},
            "until": {"/body/status/conditions/1/status": "True"}, "only": ["/kind"]},
        {"do": {"path": things}, "until": {"/status": 200}, "only": ["/kind"]},
        {"do": {"method": "POST", "path": things, "body": object}, "only": ["/details/causes"],
            "sorted": {"/details/causes": "/field"}},
        {"do": {"method": "DELETE", "path": format!("{DEFINITIONS}/things.{{ns}}.example.com")}, "only": ["/kind"]},
    ]})
}

/// The answers of both servers: the real one's first.
async fn both(real: &mut Real, registry: &Arc<Registry>, script: &Value, namespace: &str) -> [Vec<Value>; 2] {
    let case = Case::parse("expressions/generated", &script.to_string()).expect("it is a case");
    let tokens = Tokens::default();
    let theirs = conformance::play(real, &tokens, &case, namespace).await.expect("the real server answers");
    let ours = conformance::play(&mut InProcess::new(registry), &tokens, &case, namespace).await;
    [theirs, ours.expect("it answers")]
}

fn causes(answer: &Value) -> &Value {
    &answer["body"]["/details/causes"]
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn generated_rules_mean_the_same_on_both() {
    let mut numbers = Numbers(number("EXPRESSIONS_SEED", 1));
    let count = usize::try_from(number("EXPRESSIONS", 400)).expect("a number of rules");
    let (mut real, registry) = (Real::new(RealServer::shared()), Arc::new(Registry::builtin()));
    let (mut different, mut compiled, mut failed) = (Vec::new(), 0, 0);
    for batch in 0..count.div_ceil(BATCH) {
        let rules: Vec<String> = (0..BATCH).map(|_| numbers.expression(Kind::Bool, 3)).collect();
        let [theirs, ours] = both(&mut real, &registry, &compiling(&rules), &format!("cel-{batch}-c")).await;
        let mut good: Vec<&String> = Vec::new();
        for ((rule, theirs), ours) in rules.iter().zip(&theirs).zip(&ours) {
            // What a rule costs is not estimated here.
            if causes(theirs).to_string().contains("cost") {
                continue;
            }
            if theirs != ours {
                different.push(format!("{rule}\n  real: {theirs}\n  here: {ours}"));
            } else if theirs["status"] == 201 {
                good.push(rule);
            }
        }
        let [theirs, ours] = both(&mut real, &registry, &evaluating(&good), &format!("cel-{batch}-e")).await;
        compiled += good.len();
        failed += causes(&theirs[3]).as_array().map_or(0, Vec::len);
        if theirs != ours {
            different.extend(differing(&good, causes(&theirs[3]), causes(&ours[3])));
        }
    }
    println!("{count} rules, {compiled} compile, {failed} fail, {} differ", different.len());
    assert!(compiled > count / 4 && failed > compiled / 10, "the rules say nothing");
    let shown = &different[..different.len().min(20)];
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), shown.join("\n"));
}

/// An error inside cel-go itself, which estimates what a failed call on a list cost: there is no meaning to compare.
const INTERNAL: &str = "internal error: interface conversion: *types.Err";

/// The rules whose causes differ.
fn differing(rules: &[&String], theirs: &Value, ours: &Value) -> Vec<String> {
    let of = |causes: &Value, at: usize| -> Value {
        let field = format!("spec.p{at:02}");
        causes.as_array().into_iter().flatten().filter(|cause| cause["field"] == field.as_str()).cloned().collect()
    };
    let pairs = rules.iter().enumerate().map(|(at, rule)| (rule, of(theirs, at), of(ours, at)));
    let differing = pairs.filter(|(_, theirs, ours)| theirs != ours && !theirs.to_string().contains(INTERNAL));
    differing.map(|(rule, theirs, ours)| format!("{rule}\n  real: {theirs}\n  here: {ours}")).collect()
}
