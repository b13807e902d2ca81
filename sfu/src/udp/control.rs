//! Control messages: what is said to the kernel, and by it, beside a message's bytes.
//!
//! Two are used, each the only one of its message: the length of the datagrams to cut a run into
//! (`UDP_SEGMENT`, sent), and of those that were joined to what arrived (`UDP_GRO`, received). C has
//! macros for a list of such messages; for a single one the kernel's layout as a struct says the
//! same without `unsafe`.
//!
//! Invariant: a value is read only from a message of the very level, type and length expected.

use std::mem;

/// A `cmsghdr` as the kernel lays it out, with its only value after it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Control<T> {
    len: usize,
    level: libc::c_int,
    kind: libc::c_int,
    value: T,
}

// The value begins where CMSG_DATA would look for it, and the whole is as long as CMSG_SPACE says.
const _: () = {
    let header = mem::size_of::<libc::cmsghdr>();
    assert!(mem::offset_of!(Control<u16>, level) == mem::offset_of!(libc::cmsghdr, cmsg_level));
    assert!(mem::offset_of!(Control<u16>, kind) == mem::offset_of!(libc::cmsghdr, cmsg_type));
    assert!(mem::offset_of!(Control<u16>, value) == header);
    assert!(mem::offset_of!(Control<libc::c_int>, value) == header);
    assert!(mem::align_of::<Control<u16>>() >= mem::align_of::<libc::cmsghdr>());
    assert!(mem::size_of::<Control<u16>>() == header + mem::size_of::<usize>());
    assert!(mem::size_of::<Control<libc::c_int>>() == header + mem::size_of::<usize>());
};

impl<T> Control<T> {
    const VALUE_END: usize = mem::offset_of!(Self, value) + mem::size_of::<T>();
}

impl Control<u16> {
    /// Cuts a run into datagrams of `segment_bytes`.
    pub const fn segment(segment_bytes: u16) -> Self {
        Self {
            len: Self::VALUE_END,
            level: libc::SOL_UDP,
            kind: libc::UDP_SEGMENT,
            value: segment_bytes,
        }
    }
}

impl Control<libc::c_int> {
    /// Of no kind, for the kernel to fill.
    pub const EMPTY: Self = Self {
        len: 0,
        level: 0,
        kind: 0,
        value: 0,
    };

    /// The length in bytes of the datagrams that were joined, if `written` bytes of this, which
    /// the kernel wrote, say so.
    pub fn joined(&self, written: usize) -> Option<usize> {
        let is_joined = written >= Self::VALUE_END
            && self.len == Self::VALUE_END
            && self.level == libc::SOL_UDP
            && self.kind == libc::UDP_GRO;
        let segment_bytes = usize::try_from(self.value).ok()?;
        (is_joined && segment_bytes > 0).then_some(segment_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOINED: Control<libc::c_int> = Control {
        len: Control::<libc::c_int>::VALUE_END,
        level: libc::SOL_UDP,
        kind: libc::UDP_GRO,
        value: 1_200,
    };

    #[test]
    fn only_the_expected_message_is_believed() {
        let whole = mem::size_of_val(&JOINED);
        let check = |control: Control<libc::c_int>, written, expected| {
            assert_eq!(control.joined(written), expected, "{control:?} {written}");
        };
        check(JOINED, whole, Some(1_200));
        check(JOINED, JOINED.len, Some(1_200));
        check(JOINED, JOINED.len - 1, None);
        check(JOINED, 0, None);
        check(Control { len: 18, ..JOINED }, whole, None);
        let level = libc::SOL_SOCKET;
        check(Control { level, ..JOINED }, whole, None);
        let kind = libc::UDP_SEGMENT;
        check(Control { kind, ..JOINED }, whole, None);
        check(Control { value: 0, ..JOINED }, whole, None);
        check(
            Control {
                value: -1,
                ..JOINED
            },
            whole,
            None,
        );
        check(Control::<libc::c_int>::EMPTY, whole, None);
    }
}
