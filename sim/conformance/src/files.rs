//! Files of a corpus: in a folder, or in the archive that a release build contains.
//!
//! The archive has a path that no folder has, [`BUILT_IN`], so that all else works with paths.
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Path of the corpus that this build contains.
const BUILT_IN: &str = "(built in)";

#[cfg(embedded)]
static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/corpus.z"));
#[cfg(not(embedded))]
static ARCHIVE: &[u8] = &[];

/// The corpus that this build contains; debug builds have none.
pub fn built_in() -> Option<&'static Path> {
    (!ARCHIVE.is_empty()).then(|| Path::new(BUILT_IN))
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    match path.strip_prefix(BUILT_IN) {
        Ok(name) => archive().get(name).cloned().ok_or_else(|| io::ErrorKind::NotFound.into()),
        Err(_) => fs::read_to_string(path),
    }
}

/// What is directly in a folder, by name.
pub(crate) fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let Ok(below) = folder.strip_prefix(BUILT_IN) else {
        let found: io::Result<Vec<PathBuf>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
        return found.map(|mut found| {
            found.sort();
            found
        });
    };
    let inside = archive().keys().filter_map(|name| name.strip_prefix(below).ok()?.iter().next());
    let mut found: Vec<PathBuf> = inside.map(|name| folder.join(name)).collect();
    found.dedup();
    Ok(found)
}

/// Whether there is such a file.
pub(crate) fn exists(path: &Path) -> bool {
    match path.strip_prefix(BUILT_IN) {
        Ok(name) => archive().contains_key(name),
        Err(_) => path.exists(),
    }
}

fn archive() -> &'static BTreeMap<PathBuf, String> {
    static FILES: OnceLock<BTreeMap<PathBuf, String>> = OnceLock::new();
    FILES.get_or_init(|| {
        let packed = miniz_oxide::inflate::decompress_to_vec(ARCHIVE).unwrap_or_default();
        unpack(&packed).unwrap_or_default()
    })
}

/// The files of an archive, as the build script packs them; None for other bytes.
fn unpack(mut archive: &[u8]) -> Option<BTreeMap<PathBuf, String>> {
    fn until_zero<'a>(archive: &mut &'a [u8]) -> Option<&'a str> {
        let end = archive.iter().position(|byte| *byte == 0)?;
        let (text, rest) = archive.split_at(end);
        *archive = &rest[1..];
        std::str::from_utf8(text).ok()
    }
    let mut files = BTreeMap::new();
    while !archive.is_empty() {
        let name = until_zero(&mut archive)?;
        let length: usize = until_zero(&mut archive)?.parse().ok()?;
        let (content, rest) = archive.split_at_checked(length)?;
        files.insert(PathBuf::from(name), String::from_utf8(content.to_vec()).ok()?);
        archive = rest;
    }
    Some(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_unpacked() {
        let files = unpack(b"a/b.json\x003\0{}\nc\x000\0").expect("an archive");
        let names: Vec<(&Path, &str)> = files.iter().map(|(name, text)| (name.as_path(), text.as_str())).collect();
        assert_eq!(names, [(Path::new("a/b.json"), "{}\n"), (Path::new("c"), "")]);
        assert_eq!(unpack(b"a/b.json\x009\0{}"), None);
    }

    #[test]
    fn the_built_in_corpus_is_the_one_of_the_clone() {
        let Some(built_in) = built_in() else { return };
        let clone = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance");
        for group in entries(&clone.join("cases")).expect("the clone has cases") {
            let below = group.strip_prefix(&clone).expect("below it");
            let names = |found: Vec<PathBuf>| {
                found.iter().filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect::<Vec<_>>()
            };
            let here = names(entries(&group).expect("a folder"));
            assert_eq!(names(entries(&built_in.join(below)).expect("built in")), here, "{}", group.display());
        }
    }
}
