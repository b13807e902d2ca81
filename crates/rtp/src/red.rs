//! Redundant audio (RFC 2198): a packet that carries earlier ones with it.
//!
//! Invariant: what does not fit the format is left out by [`fits`] or not written; nothing is cut.

/// Bytes of the header of an earlier block: its type, how much older it is, its length.
const BLOCK_HEADER_LEN: usize = 4;
/// Bytes of the header of the packet's own block.
const LAST_HEADER_LEN: usize = 1;
/// Longest earlier block, in bytes: its length has 10 bits.
pub const MAX_BLOCK_BYTES: usize = (1 << 10) - 1;
/// Most ticks by which an earlier block is older: the offset has 14 bits.
pub const MAX_OFFSET: u32 = (1 << 14) - 1;

/// An earlier packet's payload, and how many ticks it is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// Ticks before the packet's own timestamp.
    pub offset: u32,
    /// The payload.
    pub payload: &'a [u8],
}

impl Block<'_> {
    /// Whether the format has room for it.
    #[must_use]
    pub const fn fits(&self) -> bool {
        self.offset > 0 && self.offset <= MAX_OFFSET && self.payload.len() <= MAX_BLOCK_BYTES
    }
}

/// Writes a payload with earlier blocks, oldest first, all of `payload_type`, into `buf` from `at`
/// on; where it ends, or `None` when `buf` is too short or a block does not fit the format.
pub fn write(
    buf: &mut [u8],
    at: usize,
    payload_type: u8,
    earlier: &[Block<'_>],
    payload: &[u8],
) -> Option<usize> {
    let mut end = at;
    let mut put = |bytes: &[u8]| {
        buf.get_mut(end..end + bytes.len())?.copy_from_slice(bytes);
        end += bytes.len();
        Some(end)
    };
    for block in earlier {
        if !block.fits() {
            return None;
        }
        let follows = u32::from(0x80 | payload_type) << 24;
        let header = follows | block.offset << 10 | block.payload.len() as u32;
        put(&header.to_be_bytes())?;
    }
    put(&[payload_type])?;
    for block in earlier {
        put(block.payload)?;
    }
    put(payload)
}

/// Bytes that [`write()`] needs for blocks of these lengths in all.
#[must_use]
pub const fn written_len(blocks: usize, bytes: usize) -> usize {
    blocks * BLOCK_HEADER_LEN + LAST_HEADER_LEN + bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Block<'static> = Block {
        offset: 1_920,
        payload: b"old",
    };
    const NEWER: Block<'static> = Block {
        offset: 960,
        payload: b"newer",
    };

    #[test]
    fn blocks_stand_oldest_first_behind_their_headers() {
        let written = |earlier: &[Block<'_>]| {
            let mut buf = [0xee; 40];
            let end = write(&mut buf, 2, 111, earlier, b"now").expect("room enough");
            let bytes = earlier
                .iter()
                .map(|block| block.payload.len())
                .sum::<usize>();
            assert_eq!(end, 2 + written_len(earlier.len(), bytes + 3));
            assert!(buf[..2].iter().chain(&buf[end..]).all(|byte| *byte == 0xee));
            buf[2..end].to_vec()
        };
        assert_eq!(written(&[]), b"\x6fnow");
        // 960 << 10 | 5.
        assert_eq!(written(&[NEWER]), b"\xef\x0f\x00\x05\x6fnewernow");
        let two = b"\xef\x1e\x00\x03\xef\x0f\x00\x05\x6foldnewernow";
        assert_eq!(written(&[OLD, NEWER]), two);
    }

    #[test]
    fn what_the_format_has_no_room_for_is_not_written() {
        let long = [0; MAX_BLOCK_BYTES + 1];
        let block = |offset, len| Block {
            offset,
            payload: &long[..len],
        };
        for (block, fits) in [
            (block(1, 0), true),
            (block(MAX_OFFSET, MAX_BLOCK_BYTES), true),
            (block(MAX_OFFSET + 1, 1), false),
            (block(0, 1), false),
            (block(1, MAX_BLOCK_BYTES + 1), false),
        ] {
            assert_eq!(block.fits(), fits, "{}", block.offset);
            let written = write(&mut [0; 1_500], 0, 111, &[block], b"now");
            assert_eq!(written.is_some(), fits);
        }
    }

    #[test]
    fn a_short_buffer_takes_nothing_beyond_its_end() {
        let needed = written_len(1, 8);
        for len in 0..=needed {
            let written = write(&mut vec![0; len], 0, 111, &[NEWER], b"now");
            assert_eq!(written, (len == needed).then_some(needed));
        }
    }
}
