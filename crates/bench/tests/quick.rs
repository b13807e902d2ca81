//! The quick form of the one row that needs no sockets: the rows' way from measuring to reporting.
//!
//! Invariant: figures are not judged; timings never gate a test.

use homeroom_bench::report::{json, table};

#[test]
fn the_row_in_memory_is_measured_and_reported() {
    let rows = homeroom_bench::in_memory::rows(true);
    let [row] = &rows[..] else {
        panic!("one line");
    };
    assert_eq!(row.row, 4);
    assert!(row.valid, "{:?}", row.problems);
    assert!(row.ours > 0.0 && row.baseline > 0.0);
    assert!(table(&rows).contains("AEAD seal alone"));
    assert!(json(&rows).expect("finite").contains("\"valid\":true"));
}
