//! Puts the built web client into the binary, compressed; without one, a page that says how to
//! build it, so that `cargo build` needs no Node.js.

use std::path::{Path, PathBuf};
use std::{env, fs};

const BUILT_CLIENT: &str = "../../web-client/dist";
const PAGE_MISSING: &str = "page-missing";

fn main() {
    println!("cargo::rerun-if-changed={BUILT_CLIENT}");
    println!("cargo::rerun-if-changed={PAGE_MISSING}");
    let built = Path::new(BUILT_CLIENT).join("index.html").exists();
    let folder = fs::canonicalize(if built { BUILT_CLIENT } else { PAGE_MISSING })
        .expect("the folder of the page is there");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo names the folder"));
    let label = folder.to_string_lossy();
    let assets = memory_serve::assets_to_code(&label, &folder, &out, true, |_| ());
    let code = format!("&[(\"default\", {assets})]");
    fs::write(out.join("memory_serve_assets.rs"), code).expect("the folder can be written");
}
