//! Writes SVG: the shapes that a timeline needs, in whole pixels, so that the same timeline gives the same bytes.
//!
//! Colours are classes. The page's style sheet defines them for light, dark and paper.
use std::fmt::{Display, Write};

/// A drawing that is being made.
pub(super) struct Svg {
    body: String,
    width: i32,
    height: i32,
}

impl Svg {
    pub(super) const fn new(width: i32, height: i32) -> Self {
        Self { body: String::new(), width, height }
    }

    pub(super) fn line(&mut self, class: &str, from: (i32, i32), to: (i32, i32)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!(r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#));
    }

    pub(super) fn rect(&mut self, class: &str, (x, y): (i32, i32), (width, height): (i32, i32), title: &str) {
        let title = Titled(title);
        self.put(format_args!(
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" rx="3">{title}</rect>"#
        ));
    }

    pub(super) fn circle(&mut self, class: &str, (cx, cy): (i32, i32), r: i32, title: &str) {
        let title = Titled(title);
        self.put(format_args!(r#"<circle class="{class}" cx="{cx}" cy="{cy}" r="{r}">{title}</circle>"#));
    }

    /// A cross: a fault, or the end of an object.
    pub(super) fn cross(&mut self, class: &str, (x, y): (i32, i32), r: i32, title: &str) {
        let title = Titled(title);
        let (left, right, top, bottom) = (x - r, x + r, y - r, y + r);
        self.put(format_args!(
            r#"<path class="{class}" d="M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}">{title}</path>"#
        ));
    }

    /// Text at its baseline; `class` determines its anchor.
    pub(super) fn text(&mut self, class: &str, (x, y): (i32, i32), text: &str) {
        let text = Escaped(text);
        self.put(format_args!(r#"<text class="{class}" x="{x}" y="{y}">{text}</text>"#));
    }

    /// Text that is cut to `width`; where it cannot show four characters it is left out.
    pub(super) fn fitted(&mut self, class: &str, at: (i32, i32), text: &str, width: i32) {
        const LETTER: i32 = 6;
        let room = usize::try_from(width / LETTER).unwrap_or(0);
        if text.chars().count() <= room {
            self.text(class, at, text);
        } else if room >= 4 {
            let cut: String = text.chars().take(room - 1).collect();
            self.text(class, at, &format!("{}…", cut.trim_end()));
        }
    }

    /// The whole element; `label` describes it to screen readers.
    pub(super) fn finish(self, label: &str) -> String {
        let Self { body, width, height } = self;
        let label = Escaped(label);
        format!(
            concat!(
                r#"<svg class="lanes" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" "#,
                r#"width="{width}" height="{height}" role="img" aria-label="{label}">"#,
                "\n{body}</svg>"
            ),
            width = width,
            height = height,
            label = label,
            body = body
        )
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.body, "{element}");
    }
}

struct Titled<'a>(&'a str);

impl Display for Titled<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "<title>{}</title>", Escaped(self.0)) }
    }
}

struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}
