//! The arguments of the process that decodes a picture. The server gives them.

use crate::media::Look;

/// `seawall decode-media`.
#[derive(Debug, clap::Args)]
pub struct DecodeMedia {
    /// How the thumbnail is to look.
    #[arg(long, value_parser = look, default_value = "blurred")]
    pub look: Look,
    /// Pixels of the longer side of the thumbnail.
    #[arg(long, default_value_t = 160)]
    pub side: u32,
    /// Bytes read at most.
    #[arg(long, default_value_t = 100 << 20)]
    pub bytes_max: u64,
    /// Pixels of a side of the picture.
    #[arg(long, default_value_t = 16_384)]
    pub side_max: u32,
    /// Pixels of the picture.
    #[arg(long, default_value_t = 64 << 20)]
    pub pixels_max: u64,
    /// MiB of memory.
    #[arg(long, default_value_t = 512)]
    pub memory_mib: u64,
    /// Seconds of processor time.
    #[arg(long, default_value_t = 5)]
    pub cpu_seconds: u64,
    /// Decode nothing: try what the process must not be able to do, and name what it could.
    #[arg(long)]
    pub attempt: bool,
}

fn look(text: &str) -> Result<Look, String> {
    Look::from_name(text).ok_or_else(|| "use blurred or grey".to_owned())
}
