//! A VP9 payload, as a forwarder reads and rewrites it.

use homeroom_rtp::vp9::{PictureId, Vp9Descriptor, rewrite};

/// The descriptor lies inside the payload, and rewriting changes nothing but the two ids.
pub fn vp9(data: &[u8]) {
    let Ok(before) = Vp9Descriptor::parse(data) else {
        return;
    };
    assert!(before.header_len <= data.len());
    let (picture_id, tl0) = (0x2aaa, 0x55);
    let mut rewritten = data.to_vec();
    rewrite(&mut rewritten, &before, picture_id, tl0);
    let expected = Vp9Descriptor {
        picture_id: before.picture_id.map(|id| PictureId {
            value: picture_id & ((1 << id.bits) - 1),
            ..id
        }),
        tl0_pic_idx: before.tl0_pic_idx.map(|_| tl0),
        ..before
    };
    assert_eq!(Vp9Descriptor::parse(&rewritten), Ok(expected));
    assert_eq!(rewritten[before.header_len..], data[before.header_len..]);
}
