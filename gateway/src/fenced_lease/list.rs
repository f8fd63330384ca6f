//! The answer to a LIST, one page or several joined.
use serde::Deserialize;

/// One page of a collection, or all of them.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) metadata: ListMeta,
    pub(super) items: Vec<T>,
}

/// metav1.ListMeta, as far as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListMeta {
    pub(super) resource_version: String,
    r#continue: Option<String>,
}

impl ListMeta {
    /// The token of the next page; `None` on the last page.
    pub(super) fn next_page(&self) -> Option<&str> {
        self.r#continue.as_deref().filter(|token| !token.is_empty())
    }
}

impl<T> List<T> {
    /// Adds the next page.
    pub(super) fn extend(&mut self, page: Self) {
        self.items.extend(page.items);
        self.metadata = page.metadata;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(token: &str, item: u32) -> List<u32> {
        let metadata = json!({"resourceVersion": "7", "continue": token});
        serde_json::from_value(json!({"metadata": metadata, "items": [item]})).expect("a page")
    }

    #[test]
    fn pages_are_joined_until_the_last() {
        let mut list = page("a", 1);
        assert_eq!(list.metadata.next_page(), Some("a"));
        list.extend(page("", 2));
        assert_eq!((list.metadata.next_page(), list.items), (None, vec![1, 2]));
    }
}
