//! The sections of a page that commands write: between `<!-- generated: NAME … -->` and `<!-- end -->`.
use anyhow::{Context, bail};
use std::{fs, path::Path};

const END: &str = "<!-- end -->";

/// Replaces what is between the marks of a section.
///
/// # Errors
/// If the text does not have the section.
pub fn with_section(text: &str, name: &str, content: &str) -> anyhow::Result<String> {
    let begins = format!("<!-- generated: {name}");
    let Some(start) = text.find(&begins) else { bail!("there is no section `{begins} … -->`") };
    let inside = start + text[start..].find('\n').context("the section is not finished")? + 1;
    let end = inside + text[inside..].find(END).with_context(|| format!("the section {name} has no `{END}`"))?;
    Ok(format!("{}{}\n{}", &text[..inside], content.trim_end(), &text[end..]))
}

/// Writes a section into a page, or nothing if that has it already.
///
/// # Errors
/// If the page cannot be read or written, or does not have the section.
pub fn write_section(page: &Path, name: &str, content: &str) -> anyhow::Result<()> {
    let text = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    let new = with_section(&text, name, content).with_context(|| page.display().to_string())?;
    if new != text {
        fs::write(page, new).with_context(|| format!("cannot write {}", page.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_changes() {
        let page =
            "# A\n<!-- generated: b by c -->\nold\nold\n<!-- end -->\ntext\n<!-- generated: d -->\n<!-- end -->\n";
        let new = with_section(page, "b", "new\n").expect("a section");
        assert_eq!(new, page.replace("old\nold\n", "new\n"));
        assert_eq!(with_section(&new, "b", "new").expect("a section"), new);
        assert!(with_section(page, "e", "").is_err());
    }
}
