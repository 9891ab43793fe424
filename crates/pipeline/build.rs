//! Names the build by what it derives: a hash of the deriving crates' sources and of the
//! versions they are built with. Changing a message of the command line is not another
//! build; changing a baseline is.

use std::path::{Path, PathBuf};

/// The crates whose code decides what is derived.
const DERIVING: [&str; 11] = [
    "model", "event", "text", "media", "link", "wave", "rule", "decision", "review", "action",
    "pipeline",
];

fn main() -> Result<(), std::io::Error> {
    let crates = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let crates = crates.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut files = Vec::new();
    for name in DERIVING {
        collect(&crates.join(name).join("src"), &mut files)?;
    }
    collect(&crates.join("link/model"), &mut files)?;
    files.push(crates.join("../Cargo.lock"));
    files.sort();
    let mut hash = Fnv::default();
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        // The path's last part is enough to tell a renamed file, and is the same anywhere.
        hash.add(file.file_name().unwrap_or_default().as_encoded_bytes());
        if file.exists() {
            hash.add(&std::fs::read(&file)?);
        }
    }
    println!("cargo::rustc-env=SEAWALL_BUILD={:016x}", hash.0);
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), std::io::Error> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "rs" || end == "toml") {
            files.push(path);
        }
    }
    Ok(())
}

/// FNV-1a, 64 bits: tells builds apart, protects nothing.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
