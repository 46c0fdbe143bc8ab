//! Device profiles: files that prove themselves.

use lamplight::catalog;

#[test]
fn every_shipped_profile_reads_its_own_samples_as_it_says() {
    let book = catalog::built_in_devices().unwrap_or_else(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", faults.join("\n"))
    });
    assert!(book.profiles().len() >= 24, "only {} profiles", book.profiles().len());
}
