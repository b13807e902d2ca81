//! Reads the fixtures for the tests that need them.
//!
//! Invariant: sorted by name, so that what is made of them does not depend on the file system.

use std::fs;
use std::path::Path;

/// File names (without `.json`) and contents of one folder of fixtures, sorted.
pub fn fixtures(folder: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder);
    let mut found: Vec<_> = fs::read_dir(path)
        .expect("the fixtures folder exists")
        .map(|entry| {
            let path = entry.expect("the folder can be listed").path();
            let name = path
                .file_stem()
                .expect("a file has a name")
                .to_string_lossy();
            (
                name.into_owned(),
                fs::read_to_string(&path).expect("a fixture is text"),
            )
        })
        .collect();
    found.sort();
    found
}

/// The TypeScript name of the body a school fixture holds: `link_sheet`, `problem-lines`.
#[allow(
    dead_code,
    reason = "only some of the tests that share this file need it"
)]
pub fn school_type(name: &str) -> String {
    let name = name.strip_suffix("_lines").unwrap_or(name);
    let mut words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.by_ref().collect()
}
