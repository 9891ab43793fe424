//! Bytes of snapshots: little-endian numbers and counted sequences, nothing else.
//!
//! A snapshot is read only by the build that wrote it, so the form has no versions and
//! no field names; whatever does not fit is thrown away and rebuilt from the log.

/// Appends numbers to a buffer.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

/// Why bytes are no snapshot of this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end too early.
    #[error("the snapshot ends too early")]
    Short,
    /// Bytes are left over at the end.
    #[error("the snapshot goes on after its end")]
    Long,
    /// A number stands where it cannot.
    #[error("the snapshot holds a value out of range")]
    Range,
}

impl Writer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Appends four bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Appends eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Appends eight bytes.
    pub fn i64(&mut self, value: i64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Appends sixteen bytes.
    pub fn u128(&mut self, value: u128) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Appends the exact bits of a float.
    pub fn f64(&mut self, value: f64) {
        self.u64(value.to_bits());
    }

    /// Appends the length of the sequence that follows.
    pub fn len(&mut self, length: usize) {
        self.u64(length as u64);
    }

    /// Appends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads what [`Writer`] wrote. Never panics, never allocates on a length's word alone.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Takes the next `N` bytes.
    ///
    /// # Errors
    /// [`CodecError::Short`] if fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (head, rest) = self.bytes.split_first_chunk::<N>().ok_or(CodecError::Short)?;
        self.bytes = rest;
        Ok(*head)
    }

    /// Takes one byte.
    ///
    /// # Errors
    /// [`CodecError::Short`] if none is left.
    pub fn u8(&mut self) -> Result<u8, CodecError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Takes four bytes.
    ///
    /// # Errors
    /// [`CodecError::Short`] if fewer are left.
    pub fn u32(&mut self) -> Result<u32, CodecError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Takes eight bytes.
    ///
    /// # Errors
    /// [`CodecError::Short`] if fewer are left.
    pub fn u64(&mut self) -> Result<u64, CodecError> {
        self.array().map(u64::from_le_bytes)
    }

    /// Takes eight bytes.
    ///
    /// # Errors
    /// [`CodecError::Short`] if fewer are left.
    pub fn i64(&mut self) -> Result<i64, CodecError> {
        self.array().map(i64::from_le_bytes)
    }

    /// Takes sixteen bytes.
    ///
    /// # Errors
    /// [`CodecError::Short`] if fewer are left.
    pub fn u128(&mut self) -> Result<u128, CodecError> {
        self.array().map(u128::from_le_bytes)
    }

    /// Takes the exact bits of a float.
    ///
    /// # Errors
    /// [`CodecError::Short`] if fewer are left.
    pub fn f64(&mut self) -> Result<f64, CodecError> {
        self.u64().map(f64::from_bits)
    }

    /// Takes the length of a sequence whose elements take at least `element_bytes` each.
    ///
    /// # Errors
    /// [`CodecError::Short`] if that many elements cannot be left.
    pub fn len(&mut self, element_bytes: usize) -> Result<usize, CodecError> {
        let length = usize::try_from(self.u64()?).map_err(|_| CodecError::Range)?;
        let least = length.checked_mul(element_bytes).ok_or(CodecError::Range)?;
        if least > self.bytes.len() { Err(CodecError::Short) } else { Ok(length) }
    }

    /// What is left to read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Says that everything was read.
    ///
    /// # Errors
    /// [`CodecError::Long`] if bytes are left.
    pub fn end(self) -> Result<(), CodecError> {
        if self.bytes.is_empty() { Ok(()) } else { Err(CodecError::Long) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_takes_what_a_writer_put() {
        let mut writer = Writer::new();
        writer.u8(7);
        writer.u32(1 << 30);
        writer.f64(0.1);
        writer.len(2);
        writer.raw(&[1, 2]);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.u8(), Ok(7));
        assert_eq!(reader.u32(), Ok(1 << 30));
        assert_eq!(reader.f64(), Ok(0.1));
        assert_eq!(reader.len(1), Ok(2));
        assert_eq!(reader.array::<2>(), Ok([1, 2]));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn a_false_length_is_refused_before_memory_is_taken() {
        let mut writer = Writer::new();
        writer.u64(u64::MAX);
        let bytes = writer.into_bytes();
        assert_eq!(Reader::new(&bytes).len(8), Err(CodecError::Range));
        assert_eq!(Reader::new(&bytes).len(1), Err(CodecError::Short));
    }
}
