use lamplight::catalog::{self, Source};
use std::path::PathBuf;

#[test]
fn the_built_in_catalog_loads_without_fault() {
    let faults = catalog::built_in().err().unwrap_or_default();
    let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
