//! `seawall backup` and `seawall restore`.

use super::args::{Backup, Global, Restore};
use super::{Ended, show};

pub(super) fn backup(global: &Global, given: &Backup) -> anyhow::Result<Ended> {
    let mut progress = |name: &str| eprintln!("copying {name}");
    let manifest = seawall_store::backup(&global.dir, &given.to, &mut progress)?;
    say!(
        "backed up {} ({} bytes) to {}",
        show::counted(manifest.files.len() as u64, "file", "files"),
        show::count(manifest.bytes()),
        given.to.display()
    )?;
    say!("it holds the folder key: keep it as safe as the folder itself")?;
    Ok(Ended::Fine)
}

pub(super) fn restore(global: &Global, given: &Restore) -> anyhow::Result<Ended> {
    let mut progress = |name: &str| eprintln!("checking {name}");
    let manifest = seawall_store::restore(&given.from, &global.dir, &mut progress)?;
    say!(
        "restored {} to {}",
        show::counted(manifest.files.len() as u64, "file", "files"),
        global.dir.display()
    )?;
    say!(
        "next: {} replay --dir {}",
        show::program(),
        show::quoted(&global.dir.display().to_string())
    )?;
    Ok(Ended::Fine)
}
