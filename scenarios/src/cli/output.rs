//! Writes a finished report: to standard output, and to the report folder.
use super::{
    folder::Folder,
    options::{Format, ReportOptions},
    outcome::Outcome,
    paint, print, width,
};
use reports::report::RunReport;
use std::{fs::File, io::Write};

/// Writes the report where it was asked for. The exit code is the report's, whether it could be written or not.
pub(super) fn write(report: &RunReport, options: &ReportOptions, folder: &Folder) -> Outcome {
    // First the files: standard output may be a pipe that its reader leaves.
    folder.write_report(report);
    let text = match options.format {
        Format::Pretty => paint::for_output(reports::text::render_within(report, options.detail(), width::of_output())),
        Format::Json => reports::json::render(report),
        Format::Junit => reports::junit::render(report),
        Format::Github => reports::github::render(report),
        Format::Sarif => reports::sarif::render(report),
    };
    if let Err(error) = print::line(text.trim_end()) {
        print::note(&format!("{error:#}"));
    }
    if options.format == Format::Github {
        add_to_summary(report);
    }
    Outcome(reports::exit_code(report))
}

/// Adds the report to the page of the workflow's run, in GitHub Actions.
fn add_to_summary(report: &RunReport) {
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) else { return };
    let opened = File::options().append(true).create(true).open(&file);
    if let Err(error) = opened.and_then(|mut file| file.write_all(reports::github::summary(report).as_bytes())) {
        print::note(&format!("cannot write {}: {error}", file.display()));
    }
}
