//! The columns of the built-in kinds, from `columns.json`: name, type, format, priority, description.
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::LazyLock};

static COLUMNS: LazyLock<BTreeMap<String, Vec<Value>>> = LazyLock::new(|| read(include_str!("columns.json")));

/// The column definitions of a kind; `""` stands for kinds without a printer. Empty for a kind that is not in the
/// table.
pub(crate) fn of(kind: &str) -> &'static [Value] {
    COLUMNS.get(kind).map(Vec::as_slice).unwrap_or_default()
}

fn read(text: &str) -> BTreeMap<String, Vec<Value>> {
    let table: BTreeMap<String, Value> = serde_json::from_str(text).expect("columns.json is an object");
    // Many kinds share the descriptions of name and age, written `$name` and `$age`.
    let described = |text: &Value| {
        let shared = text.as_str().filter(|t| t.starts_with('$')).and_then(|name| table.get(name));
        shared.unwrap_or(text).clone()
    };
    let definition = |column: &Value| {
        json!({
            "name": column[0], "type": column[1], "format": column[2], "priority": column[3],
            "description": described(&column[4]),
        })
    };
    let kinds = table.iter().filter_map(|(kind, columns)| Some((kind, columns.as_array()?)));
    kinds.map(|(kind, columns)| (kind.clone(), columns.iter().map(definition).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::table::cells;
    use jiff::Timestamp;

    #[test]
    fn every_row_fits_its_columns() {
        // Kubernetes 1.36 prints an age for which addresses have no column.
        let known = COLUMNS.iter().filter(|(kind, _)| !kind.is_empty() && *kind != "IPAddress");
        for (kind, columns) in known {
            let cells = cells::of(kind, &json!({}), Timestamp::UNIX_EPOCH).expect("a printer for each entry");
            assert_eq!(cells.len(), columns.len(), "{kind}");
        }
    }
}
