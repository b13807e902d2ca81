//! Replays every seed, every beginning of it and every single-byte change of it.
//!
//! Invariant: seeds are small, so that this stays a matter of seconds.

use std::fs;
use std::path::{Path, PathBuf};

use homeroom_fuzz::{TARGETS, Target};

/// Seeds are there to be varied: larger ones make fuzzing slow.
const MAX_SEED_BYTES: usize = 32 * 1024;
/// Beyond so many bytes a seed is varied at evenly spread places only.
const MAX_VARIED_PLACES: usize = 200;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target)
}

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder(target)).expect("each target has a folder of seeds");
    let mut seeds: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .map(|path| {
            (
                path.display().to_string(),
                fs::read(&path).expect("a readable seed"),
            )
        })
        .collect();
    seeds.sort();
    seeds
}

fn replay(name: &str, target: Target) {
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    for (path, seed) in seeds {
        assert!(
            seed.len() <= MAX_SEED_BYTES,
            "{path} is too large for a seed"
        );
        eprintln!("{path}");
        target(&seed);
        vary(&seed, target);
    }
}

fn vary(seed: &[u8], target: Target) {
    for at in (0..seed.len()).step_by(seed.len() / MAX_VARIED_PLACES + 1) {
        target(&seed[..at]);
        for change in [0x01, 0x80, 0xff] {
            let mut varied = seed.to_vec();
            varied[at] ^= change;
            target(&varied);
        }
    }
}

#[test]
fn seeds_and_their_neighbours_keep_every_property() {
    for (name, target) in TARGETS {
        replay(name, target);
    }
}

#[test]
fn every_folder_of_seeds_has_a_target() {
    let folders = fs::read_dir(folder("")).expect("the folder of seeds");
    for entry in folders {
        let name = entry
            .expect("a readable folder")
            .file_name()
            .into_string()
            .expect("a plain name");
        assert!(
            TARGETS.iter().any(|(target, _)| *target == name),
            "{name} is no target"
        );
    }
}
