//! Pages of real runs, made once by the command itself or by a failing test.
use crate::library;
use clap::Parser;
use scenarios::cli::{Command, Outcome};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// A page that the suite opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The smallest run of the known race of the existing gateway, beside the run that holds.
    Explained,
    /// A run that fails because the cache of an API server is behind.
    Stale,
    /// A campaign with several causes.
    Campaign,
    /// A campaign that held.
    Held,
    /// A run of more than ten thousand steps.
    Long,
    /// Protocols compared.
    Comparison,
    /// Mutants, and whether they were caught.
    Mutants,
    /// An exhaustive search, with its frontier.
    Frontier,
    /// A failed test of the library's user.
    Library,
}

impl Page {
    /// The command that makes the page, and the exit code that it must have.
    const fn command(self) -> (&'static [&'static str], u8) {
        match self {
            Page::Explained => {
                (&["explain", "pair:shipped-lease:direct:-:-:random:221519258569793", "--for", "60s"], 2)
            }
            Page::Stale => (&["explain", "pair:cached-list:direct:-:-:random:3", "--for", "60s"], 2),
            Page::Campaign => {
                (&["run", "pair", "burst", "holder-crash", "--protocol", "shipped-lease", "--runs", "60"], 2)
            }
            Page::Held => (&["run", "pair", "burst", "--runs", "5"], 0),
            Page::Comparison => (&["compare", "shipped-lease", "fenced-lease", "none", "--runs", "4", "--no-sweep"], 0),
            Page::Mutants => (&["mutants", "no-mark", "--seeds", "1"], 0),
            Page::Frontier => (&["exhaust", "pair", "--preemptions", "0"], 0),
            Page::Library => (&[], 0),
            Page::Long => (&["run", "stuck-and-cold", "--protocol", "shipped-lease", "--runs", "1", "--no-shrink"], 2),
        }
    }

    /// The page's file.
    pub(crate) fn file(self) -> &'static Path {
        static FILES: [OnceLock<PathBuf>; 9] = [const { OnceLock::new() }; 9];
        FILES[self as usize].get_or_init(|| self.make())
    }

    fn make(self) -> PathBuf {
        if self == Page::Library {
            return library::failed();
        }
        let folder = place(&format!("{self:?}"));
        let (arguments, expected) = self.command();
        let of_one = arguments[0] == "explain";
        let file = folder.join(match arguments[0] {
            "explain" => "page.html",
            "compare" => "comparison.html",
            _ => "report.html",
        });
        let mut command = vec!["lockstep".into()];
        command.extend(arguments.iter().map(PathBuf::from));
        if of_one {
            command.extend(["--html".into(), file.clone(), "--output".into(), folder.join("smallest.replay")]);
        } else {
            command.extend(["--report".into(), folder]);
        }
        execute(command, expected);
        file
    }
}

fn execute(command: Vec<PathBuf>, expected: u8) {
    let shown = format!("{command:?}");
    let Outcome(code) = Command::try_parse_from(command).expect("a command").execute().expect("it runs");
    assert_eq!(code, expected, "{shown}");
}

/// An empty folder.
fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages").join(name);
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).expect("a folder");
    place
}

/// A file with this text.
pub(crate) fn written(name: &str, text: &str) -> PathBuf {
    let file = place(name).join(name);
    fs::write(&file, text).expect("a file");
    file
}

/// The run of the first page in the format of another program.
pub(crate) fn exported(format: &str) -> PathBuf {
    let file = place(format).join("run");
    let run = Page::Explained.command().0[1];
    let command = ["lockstep", "export", run, "--as", format, "--to"].map(PathBuf::from);
    execute(command.into_iter().chain([file.clone()]).collect(), 0);
    file
}
