//! Writes a report to standard output and to files.
use super::{
    options::{Format, ReportOptions},
    outcome::Outcome,
    print,
};
use anyhow::Context;
use reports::{report::RunReport, text::Detail};

/// Writes the report where it was asked for.
///
/// # Errors
/// If standard output or a file cannot be written.
pub(super) fn write(report: &RunReport, options: &ReportOptions) -> anyhow::Result<Outcome> {
    let text = match options.format {
        Format::Pretty => reports::text::render(report, options.detail()),
        Format::Json => reports::json::render(report),
        Format::Junit => reports::junit::render(report),
        Format::Github => reports::github::render(report),
    };
    print::line(text.trim_end())?;
    if let Some(directory) = &options.report {
        std::fs::create_dir_all(directory).with_context(|| format!("cannot create {}", directory.display()))?;
        let files = [
            ("report.json", reports::json::render(report)),
            ("report.xml", reports::junit::render(report)),
            ("report.html", reports::html::render(report)),
            ("report.txt", reports::text::render(report, Detail::Full)),
        ];
        for (name, text) in files {
            let path = directory.join(name);
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(Outcome(reports::exit_code(report)))
}
