//! The page of a failure: one offline HTML file with the shrunk run as a table, a column for each replica, beside the
//! nearest run that holds. Readable without script; light, dark and on paper.
use super::{
    explore::Failure,
    shrink::{Departures, Shrunk},
    story::{Step, StepKind},
    written::Written,
};
use std::{
    env,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

/// Directory that pages are written to.
const PAGES: &str = "LOCKSTEP_PAGES";

/// Largest number of objects in a table: a page with a thousand would be slow to open.
const OBJECTS: usize = 300;

/// Contents of a page.
pub(super) struct Page<'a> {
    /// Name of the test.
    pub(super) name: &'a str,
    /// Command that repeats the run.
    pub(super) replay: &'a str,
    /// The failure, made smaller.
    pub(super) shrunk: &'a Shrunk,
    /// Number of departures of the run that was found.
    pub(super) found: usize,
    /// The nearest run that holds, if taking out one departure gives one.
    pub(super) neighbour: Option<&'a Neighbour>,
}

/// A run that holds, one departure away from the failure.
pub(super) struct Neighbour {
    /// The choice that is not departed from.
    pub(super) without: usize,
    /// Its story.
    pub(super) story: Vec<Step>,
}

impl Page<'_> {
    /// Writes the page into `LOCKSTEP_PAGES`, or into `lockstep/` of cargo's target directory, and returns its path.
    pub(super) fn write(&self) -> io::Result<PathBuf> {
        let directory = match env::var_os(PAGES) {
            Some(directory) => PathBuf::from(directory),
            None => target(&env::current_exe()?).join("lockstep"),
        };
        fs::create_dir_all(&directory)?;
        let path = directory.join(format!("{}.html", self.name.replace("::", ".").replace(['/', ' '], "-")));
        fs::write(&path, self.html())?;
        Ok(path)
    }

    fn html(&self) -> String {
        let failure = &self.shrunk.failure;
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{check}: {name}</title>\n\
             <style>\n{style}</style>\n</head>\n<body>\n<main>\n<span class=\"badge\">VIOLATED</span>\n\
             <h1>{sentence}</h1>\n<p>The test <b>{name}</b> violates the check <b>{check}</b>, {at:.3} s into the \
             run.</p>\n\
             <p>Repeat it: <code>{replay}</code></p>\n",
            name = escaped(self.name),
            check = escaped(&failure.check),
            sentence = escaped(&capital(&failure.sentence)),
            style = include_str!("page.css"),
            at = failure.at.as_secs_f64(),
            replay = escaped(self.replay),
        );
        self.departures(&mut html);
        let _ = write!(html, "<h2>The run that fails</h2>\n{}", self.failing());
        if let Some(neighbour) = self.neighbour {
            let _ = write!(html, "<h2>The nearest run that holds</h2>\n{}", holding(failure, neighbour));
        }
        let _ = write!(
            html,
            "</main>\n<footer>Faults in the whole run: {}. Seed {}. Times are simulated; a real cluster has \
             others.</footer>\n</body>\n</html>\n",
            escaped(&failure.delivered.to_string()),
            failure.seed
        );
        html
    }

    /// What had to happen: the departures of the shrunk run.
    fn departures(&self, html: &mut String) {
        let Shrunk { failure, departures, .. } = self.shrunk;
        html.push_str("<h2>What had to happen</h2>\n");
        if departures.is_empty() {
            html.push_str("<p>Nothing: the run in order and without faults fails already.</p>\n");
            return;
        }
        let _ = write!(
            html,
            "<p>{} of {} departures from \"in order, no fault\" are left after shrinking:</p>\n<ul>\n",
            departures.len(),
            self.found
        );
        for (at, choice) in failure.choices.iter().enumerate().filter(|(_, choice)| choice.picked > 0) {
            let needed = self.neighbour.is_some_and(|neighbour| neighbour.without == at);
            let _ = writeln!(
                html,
                "<li>choice {at}, {}: <b>{}</b>{}</li>",
                escaped(choice.label.text()),
                escaped(&choice.meaning.to_string()),
                if needed { " (the nearest run that holds is without it)" } else { "" }
            );
        }
        html.push_str("</ul>\n");
    }

    fn failing(&self) -> String {
        let failure = &self.shrunk.failure;
        let until = failure.story.iter().take_while(|step| step.at <= failure.at).count();
        let mut table = Table::new(&failure.story[..until]);
        table.rows(&failure.story[..until], None);
        table.last("violated", &format!("{}: {}", failure.check, failure.sentence));
        table.end()
    }
}

/// The run that holds, from the first step that differs.
fn holding(failure: &Failure, neighbour: &Neighbour) -> String {
    let same = failure.story.iter().zip(&neighbour.story).take_while(|(one, other)| one == other).count();
    let mut table = Table::new(&neighbour.story);
    let shown = neighbour.story.len().min(same + failure.story.len().saturating_sub(same).max(12));
    table.rows(&neighbour.story[..shown], Some(same));
    format!(
        "<p>It is the same for {same} steps; from the first step in green it differs, because choice {} is not \
         departed from.</p>\n{}",
        neighbour.without,
        table.end()
    )
}

/// A table of steps, with a column for each lane.
struct Table {
    lanes: Vec<String>,
    html: String,
    /// Number of objects so far.
    objects: usize,
}

impl Table {
    fn new(steps: &[Step]) -> Self {
        let mut lanes: Vec<String> = steps.iter().map(|step| step.lane.clone()).collect();
        lanes.sort();
        lanes.dedup();
        let mut html = "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">s</th>".to_owned();
        for lane in &lanes {
            let _ = write!(html, "<th scope=\"col\">{}</th>", escaped(lane));
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        Self { lanes, html, objects: 0 }
    }

    /// Adds a row for each step; those from `other` on are marked.
    fn rows(&mut self, steps: &[Step], other: Option<usize>) {
        for (number, step) in steps.iter().enumerate() {
            let row = if other == Some(number) { " class=\"other\"" } else { "" };
            let _ = write!(self.html, "<tr{row}><td>{:.6}</td>", step.at.as_secs_f64());
            let mine = self.lanes.iter().position(|lane| *lane == step.lane).unwrap_or_default();
            let after = self.lanes.len().saturating_sub(mine + 1);
            self.html.push_str(&"<td></td>".repeat(mine));
            self.step(step);
            let _ = writeln!(self.html, "{}</tr>", "<td></td>".repeat(after));
        }
    }

    fn step(&mut self, step: &Step) {
        let text = step.text.strip_prefix(step.lane.as_str()).unwrap_or(&step.text).trim_start();
        let _ = write!(self.html, "<td class=\"{}\">{}", class(step.kind), escaped(text));
        if let Some(written) = &step.written {
            self.written(written);
        }
        self.html.push_str("</td>");
    }

    /// Adds what a write changed, and the object, folded.
    fn written(&mut self, written: &Written) {
        if !written.changes.is_empty() {
            self.html.push_str("<ul>");
            for change in &written.changes {
                let _ = write!(self.html, "<li>{}</li>", escaped(change));
            }
            self.html.push_str("</ul>");
        }
        self.objects += 1;
        if self.objects <= OBJECTS {
            let object = escaped(&written.text());
            let _ = write!(self.html, "<details><summary>the object</summary><pre>{object}</pre></details>");
        }
    }

    /// Adds a row over all columns.
    fn last(&mut self, class: &str, text: &str) {
        let columns = self.lanes.len() + 1;
        let _ = writeln!(self.html, "<tr class=\"{class}\"><td colspan=\"{columns}\">{}</td></tr>", escaped(text));
    }

    fn end(self) -> String {
        self.html + "</tbody>\n</table></div>\n"
    }
}

const fn class(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Request => "request",
        StepKind::Write => "write",
        StepKind::Watch => "watch",
        StepKind::Fault => "fault",
        StepKind::Process => "process",
    }
}

/// Cargo's target directory: the nearest ancestor of the test's binary with a `CACHEDIR.TAG`.
fn target(binary: &Path) -> PathBuf {
    let tagged = binary.ancestors().find(|ancestor| ancestor.join("CACHEDIR.TAG").is_file());
    tagged.map_or_else(|| PathBuf::from("target"), Path::to_owned)
}

/// Finds the nearest run that holds: the failure without one of its departures, the last one first.
pub(super) fn neighbour(
    departures: &Departures,
    mut story_if_held: impl FnMut(&Departures) -> Option<Vec<Step>>,
) -> Option<Neighbour> {
    departures.each_without().rev().find_map(|(without, rest)| {
        let story = story_if_held(&rest)?;
        Some(Neighbour { without, story })
    })
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
