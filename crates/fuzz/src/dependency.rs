//! A dependency descriptor, as a forwarder reads it: a structure, then a frame of it.

use homeroom_rtp::dependency::{DependencyDescriptor, MAX_SPATIAL, MAX_TEMPORAL, renumber};

/// A descriptor names a layer that can be, alone or after the structure before it; what is coded is
/// of layers that can be.
pub fn dependency(data: &[u8]) {
    let Some((&len, rest)) = data.split_first() else {
        return;
    };
    let (first, second) = rest.split_at(usize::from(len).min(rest.len()));
    let known = DependencyDescriptor::parse(first, None).ok();
    let structure = known.and_then(|known| known.structure);
    let read = DependencyDescriptor::parse(second, structure.as_ref()).ok();
    // Another number is all that a slot gives it.
    let mut renumbered = second.to_vec();
    renumber(&mut renumbered, 0x2aaa);
    let again = DependencyDescriptor::parse(&renumbered, structure.as_ref()).ok();
    let expected = read.map(|read| DependencyDescriptor {
        frame_number: 0x2aaa,
        ..read
    });
    assert_eq!(again, expected);
    for read in [known, read].into_iter().flatten() {
        assert!(usize::from(read.role.layer.spatial) < MAX_SPATIAL);
        assert!(usize::from(read.role.layer.temporal) < MAX_TEMPORAL);
        assert_eq!(read.role.needed_by >> MAX_SPATIAL, 0);
        let structure = read.structure.or(structure);
        if let (Some(structure), Some(active)) = (structure, read.active_targets) {
            assert_eq!(structure.spatial_layers(active) >> MAX_SPATIAL, 0);
        }
    }
}
