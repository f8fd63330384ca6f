//! `docs/security.md` names a test for every threat; they are looked up here.
use std::path::Path;

#[test]
fn every_threat_names_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/security.md")).expect("the page");
    let (_, threats) = page.split_once("## Threats").expect("the table of threats");
    let (threats, _) = threats.split_once("\n## ").expect("a section after it");
    let rows: Vec<_> = threats.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| threat")).collect();
    assert!(rows.len() > 20, "the table of threats is gone");
    for row in rows {
        let named: Vec<_> =
            row.split('`').filter_map(|text| text.strip_prefix("gateway/")?.split_once(".rs:")).collect();
        assert!(!named.is_empty(), "no test is named: {row}");
        for (file, test) in named {
            let path = root.join("gateway").join(format!("{file}.rs"));
            let source = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let function = source.find(&format!("fn {test}(")).unwrap_or_else(|| panic!("{file}.rs has no {test}"));
            let before = &source[..function];
            let attribute = before.rfind("#[").map_or("", |start| &before[start..]);
            assert!(attribute.contains("test"), "{test} in {file}.rs is not a test");
        }
    }
}
