//! The only two places where this crate touches bytes by position.
//!
//! Invariant: [`Reader`] answers `None` past the end and never panics; [`Writer`] panics past the
//! end, because the buffer and its size are ours.

/// Reads big-endian fields from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u24(&mut self) -> Option<u32> {
        self.array()
            .map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }
}

/// Appends big-endian fields to a caller's buffer.
#[derive(Debug)]
pub(crate) struct Writer<'b> {
    buf: &'b mut [u8],
    len: usize,
}

impl<'b> Writer<'b> {
    pub fn new(buf: &'b mut [u8]) -> Self {
        Self { buf, len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        assert!(
            end <= self.buf.len(),
            "the caller's buffer holds what it asked to write"
        );
        self.buf[self.len..end].copy_from_slice(bytes);
        self.len = end;
    }

    pub fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    pub fn u24(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes()[1..]);
    }

    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// Overwrites two bytes that were written before their value was known.
    pub fn patch_u16(&mut self, at: usize, value: u16) {
        debug_assert!(at + 2 <= self.len, "only written bytes are patched");
        self.buf[at..at + 2].copy_from_slice(&value.to_be_bytes());
    }

    /// Sets bits of a byte that was written before they were known.
    pub fn set_bits(&mut self, at: usize, bits: u8) {
        debug_assert!(at < self.len, "only written bytes are patched");
        self.buf[at] |= bits;
    }

    /// Appends zeros until the length is a multiple of four, as RTP and RTCP count in words.
    pub fn align_to_word(&mut self) {
        let missing = self.len.next_multiple_of(4) - self.len;
        self.bytes(&[0; 3][..missing]);
    }
}
