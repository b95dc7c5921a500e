//! Lists what `cargo heal init` writes into another repository, so that the program carries it wherever it is moved.
//! Reads folders and writes one file of `include_bytes!` lines; generates no other code.

use std::fs;
use std::path::{Path, PathBuf};

/// What is taken from this package's folder, by its path there and in the other repository's `xtask/`.
const PACKAGE: [&str; 8] =
    ["Cargo.toml", "build.rs", "ctrf/Cargo.toml", "ctrf/src", "demo", "redact/Cargo.toml", "redact/src", "src"];

/// What is taken from the repository's root. Whatever a team has removed from its copy is left out there.
const ROOT: [&str; 8] = [
    ".cargo/config.toml",
    ".github/actions/heal",
    ".github/agents/tests-healer.agent.md",
    ".github/workflows/gate.yml",
    ".github/workflows/heal-on-label.yml",
    ".github/workflows/test-against-pantheon.yml",
    ".github/workflows/test-against-tugboat.yml",
    "Cargo.lock",
];

fn main() {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = package.parent().expect("the package lies in a repository").to_owned();
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for name in PACKAGE {
        collect(&package.join(name), &format!("xtask/{name}"), &mut found);
    }
    for name in ROOT {
        collect(&root.join(name), name, &mut found);
    }
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        // In a copy they lie beside the package: those at the root are that repository's own.
        let beside = package.join(name);
        let path = if beside.exists() { beside } else { root.join(name) };
        collect(&path, &format!("xtask/{name}"), &mut found);
    }
    found.sort();
    let mut code = String::from("&[\n");
    for (name, path) in &found {
        code += &format!("    ({name:?}, include_bytes!({:?})),\n", path.display().to_string());
    }
    code += "]\n";
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("embedded.rs"), code).expect("cargo's own folder can be written");
    println!("cargo::rerun-if-changed=build.rs");
}

fn collect(path: &Path, name: &str, found: &mut Vec<(String, PathBuf)>) {
    // A path that does not exist would make cargo run this every time.
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    println!("cargo::rerun-if-changed={}", path.display());
    if metadata.is_file() {
        return found.push((name.to_owned(), path.to_owned()));
    }
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        let file = entry.file_name();
        let file = file.to_string_lossy();
        let by_hand = file.starts_with('.') || file.ends_with('~') || file == "node_modules";
        if !by_hand && !entry.path().is_symlink() {
            collect(&entry.path(), &format!("{name}/{file}"), found);
        }
    }
}
